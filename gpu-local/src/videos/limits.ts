/** What one job, and all of them together, may ask of this machine. */
export interface Limits {
	/** Width × height. */
	maxPixels: number;
	maxFrames: number;
	/** Width × height × frames × steps. */
	maxWork: number;
	/** Jobs that wait. */
	maxQueued: number;
	/** Jobs of one key that wait. */
	maxQueuedPerKey: number;
	/** A job that runs for longer is stopped. */
	jobSeconds: number;
	/** Runs of one job before it fails with `worker_lost`. */
	maxAttempts: number;
	/** All files together. */
	quotaBytes: number;
	/** Room on the disk that is never used up. */
	minFreeBytes: number;
}

const GIB = 1024 ** 3;

export const DEFAULT_LIMITS: Limits = {
	maxPixels: 1920 * 1088,
	maxFrames: 2000,
	// 1080p, 241 frames, 50 steps: about the largest job that a model of today makes in one piece.
	maxWork: 1920 * 1088 * 241 * 50,
	maxQueued: 200,
	maxQueuedPerKey: 200,
	jobSeconds: 3600,
	maxAttempts: 3,
	quotaBytes: 50 * GIB,
	minFreeBytes: 1 * GIB,
};
