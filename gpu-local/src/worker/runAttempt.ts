import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database } from '../db/database.ts';
import type { Engine, Progress } from '../engines/engine.ts';
import type { Log } from '../lib/log.ts';
import type { Queue } from '../queue/queue.ts';
import { saveProgress } from '../store/videos.ts';
import type { Endings } from './settle.ts';
import { failureOf, toVideoError } from './failure.ts';
import { percentOf } from './progress.ts';
import { progressWriter } from './progressWriter.ts';
import { Ended } from './attempt.ts';
import type { Run } from './attempt.ts';
import { runJob } from './makeVideo.ts';
import type { Made } from './makeVideo.ts';

const TOUCH_EVERY_MS = 3000;

export interface AttemptOptions {
	/** Folder for files that are being made. */
	workFolder: string;
	/** How long one job may run. */
	jobSeconds: number;
	maxAttempts: number;
}

/** Carries a run out, with heartbeat and time limit, and brings it to its right end. */
export class Attempts {
	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly engine: Engine,
		private readonly artifacts: ArtifactStore,
		private readonly endings: Endings,
		private readonly options: AttemptOptions,
		private readonly log: Log,
	) {}

	async carryOut(run: Run): Promise<void> {
		const { video, controller } = run;
		if (video.attempts > this.options.maxAttempts) {
			await this.endings.fail(run, {
				code: 'worker_lost',
				message: `The job was started ${this.options.maxAttempts} times, and each time the process that ran it was lost.`,
				remedy: 'Look into the log of the machine; it may lack memory for this job.',
			});
			return;
		}
		this.log.info({ video: video.id, attempt: video.attempts }, 'Job started');
		const timers = [
			setInterval(() => void this.#touch(run), TOUCH_EVERY_MS),
			setTimeout(() => controller.abort(new Ended('timeout')), this.options.jobSeconds * 1000),
		];
		const writer = progressWriter((progress) => this.#save(run, progress));
		try {
			const made = await this.#make(run, writer.report);
			await writer.end();
			await this.endings.complete(run, made);
		} catch (error) {
			await writer.end();
			await this.#handle(run, error);
		} finally {
			for (const timer of timers) clearTimeout(timer);
		}
	}

	#make({ video, fence, controller }: Run, progress: (progress: Progress) => void): Promise<Made> {
		return runJob(video, fence, {
			engine: this.engine,
			artifacts: this.artifacts,
			workFolder: this.options.workFolder,
			signal: controller.signal,
			progress,
			log: (level, message, detail) => this.log[level]({ video: video.id, ...detail }, message),
		});
	}

	async #save(run: Run, progress: Progress): Promise<void> {
		try {
			await saveProgress(this.database, run.fence, progress, percentOf(progress));
		} catch (error) {
			this.log.warn({ err: error }, 'Progress was not stored');
		}
	}

	async #touch(run: Run): Promise<void> {
		try {
			if (!(await this.queue.touch(run.claim))) run.controller.abort(new Ended('lost'));
		} catch (error) {
			this.log.warn({ err: error, video: run.video.id }, 'The heartbeat was not stored');
		}
	}

	async #handle(run: Run, error: unknown): Promise<void> {
		const ended = run.controller.signal.reason as unknown;
		if (run.controller.signal.aborted && ended instanceof Ended) {
			if (ended.why === 'shutdown') return await this.endings.giveBack(run, true);
			if (ended.why === 'timeout') {
				return await this.endings.fail(run, {
					code: 'timeout',
					message: `The job ran for longer than the ${this.options.jobSeconds} seconds that one job may take here.`,
					remedy: 'Ask for a smaller or shorter video, or raise --job-seconds.',
				});
			}
			this.log.info({ video: run.video.id, why: ended.why }, 'Job stopped');
			return;
		}
		const failure = failureOf(error);
		if (failure.retryable && run.video.attempts < this.options.maxAttempts) {
			this.log.warn({ err: error, video: run.video.id }, 'The run failed; the job is tried again');
			return await this.endings.giveBack(run, false);
		}
		this.log.warn({ err: error, video: run.video.id, code: failure.code }, 'Job failed');
		await this.endings.fail(run, toVideoError(failure));
	}
}
