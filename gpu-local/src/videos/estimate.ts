import type { Sql } from '../db/database.ts';
import type { WorkerRecord } from '../store/workers.ts';
import { paceOf } from '../store/statistics.ts';
import type { Pace } from '../store/statistics.ts';
import { cached } from '../lib/cached.ts';
import type { OpenJobs } from './openJobs.ts';
import type { VideoRow } from '../store/video.ts';

const PACE_FRESH_MS = 5000;

/**
 * Estimates for one server; the pace of a model changes slowly, so it is not asked for at every
 * question about a job.
 */
export class Estimator {
	readonly #paces = new Map<string, () => Promise<Pace>>();

	constructor(
		private readonly sql: Sql,
		private readonly openJobs: OpenJobs,
	) {}

	#paceOf(queue: string): Promise<Pace> {
		let pace = this.#paces.get(queue);
		if (!pace) {
			pace = cached(() => paceOf(this.sql, queue), PACE_FRESH_MS);
			this.#paces.set(queue, pace);
		}
		return pace();
	}

	/** Seconds that a job of so much work would run, by the last runs; undefined before the first. */
	async runSeconds(queue: string, work: number): Promise<number | undefined> {
		const { secondsAUnit } = await this.#paceOf(queue);
		return secondsAUnit === undefined ? undefined : positive(secondsAUnit * work);
	}

	/**
	 * Seconds until an open job is done: from its own pace once it shows, before that from the median pace
	 * of the model's last runs and the work that stands before it. Undefined while nothing is known.
	 */
	async etaSeconds(
		video: VideoRow,
		workers: WorkerRecord[],
		nowMs: number,
	): Promise<number | undefined> {
		if (video.status === 'running') {
			const ranSeconds = (nowMs - (video.started_at?.getTime() ?? nowMs)) / 1000;
			if (video.progress >= TELLING_PERCENT) {
				return positive((ranSeconds * (100 - video.progress)) / video.progress);
			}
			const { secondsAUnit } = await this.#paceOf(video.queue);
			return secondsAUnit === undefined
				? undefined
				: positive(secondsAUnit * video.work - ranSeconds);
		}
		if (video.status !== 'queued') return undefined;
		const { secondsAUnit } = await this.#paceOf(video.queue);
		if (secondsAUnit === undefined) return undefined;
		const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
		const ahead = await this.openJobs.workAhead(video);
		return positive(secondsAUnit * (ahead / Math.max(1, slots) + video.work));
	}
}

/** Below this a run's own pace says too little. */
const TELLING_PERCENT = 10;

/** Whole seconds, at least one: a job that should be done is still not. */
const positive = (seconds: number): number => Math.max(1, Math.ceil(seconds));
