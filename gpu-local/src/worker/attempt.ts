import type { QueueClaim } from '../queue/queue.ts';
import type { VideoRow } from '../store/video.ts';

/**
 * One attempt at one job. It holds two things: the queue entry, kept by a heartbeat, and a lease in
 * the job's row. Only who holds both can finish the job, in one transaction, so that an attempt that was
 * taken for dead and comes back cannot make a second result.
 */
export interface Attempt {
	video: VideoRow;
	queueClaim: QueueClaim;
	lease: string;
	controller: AbortController;
	/** When it began, by the clock that only runs forward. */
	startedMs: number;
	/** 0 … 99, as last reported. */
	percent: number;
	/** Whether it counts against what the engine takes at once; it may end later than that. */
	holdsSlot: boolean;
	done: Promise<void>;
}

/** Why an attempt is ended from outside. */
export class AttemptStopped extends Error {
	constructor(readonly why: 'cancelled' | 'shutdown' | 'timeout' | 'lost') {
		super(why);
	}
}
