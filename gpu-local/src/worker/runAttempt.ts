import type { ArtifactStore } from '../artifacts/store.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailableError } from '../db/database.ts';
import type { Database } from '../db/database.ts';
import type { Engine, Progress } from '../engines/engine.ts';
import type { Log } from '../lib/log.ts';
import type { Queue } from '../queue/queue.ts';
import { noteLooseFile } from '../store/looseFiles.ts';
import { pictureOf } from '../store/pictures.ts';
import { rememberForEngine, saveProgress } from '../store/leases.ts';
import type { Posters } from './posters.ts';
import type { Settlement } from './settle.ts';
import { failureOf, toVideoError } from './failure.ts';
import { percentOf } from './progress.ts';
import { progressWriter } from './progressWriter.ts';
import { AttemptStopped } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { clearAttemptFolder, clearJobFolder, makeVideo } from './makeVideo.ts';
import type { MadeVideo, MakeVideoTools } from './makeVideo.ts';

const TOUCH_EVERY_MS = 3000;
const COMPLETE_PAUSE_MS = 2000;
const COMPLETE_PAUSES = 30;
/** A file that nobody knows after so long belongs to no attempt that still goes on. */
const LOOSE_FOR_MS = 48 * 3600 * 1000;

export interface AttemptOptions {
	/** Folder for files that are being made. */
	workFolder: string;
	/** How long one job may run. */
	jobSeconds: number;
	maxAttempts: number;
}

/** Carries an attempt out, with heartbeat and time limit, and brings it to its right end. */
export class AttemptRunner {
	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly engine: Engine,
		private readonly artifacts: ArtifactStore,
		private readonly settlement: Settlement,
		private readonly posters: Posters,
		private readonly options: AttemptOptions,
		private readonly log: Log,
	) {}

	/** @param slotFree called when the engine takes another job before this one has ended */
	async run(attempt: Attempt, slotFree: () => void): Promise<void> {
		const { video, controller } = attempt;
		if (video.attempts > this.options.maxAttempts) {
			await this.settlement.fail(attempt, {
				code: 'worker_lost',
				message: `The job was started ${this.options.maxAttempts} times, and each time the process that ran it was lost.`,
				remedy: 'Look into the log of the machine; it may lack memory for this job.',
			});
			return;
		}
		this.log.info({ video: video.id, attempt: video.attempts }, 'Job started');
		const timers = [
			setInterval(() => void this.#touch(attempt), TOUCH_EVERY_MS),
			setTimeout(
				() => controller.abort(new AttemptStopped('timeout')),
				this.options.jobSeconds * 1000,
			),
		];
		const writer = progressWriter((progress) => this.#save(attempt, progress));
		try {
			const made = await this.#make(attempt, {
				progress: (progress) => {
					attempt.percent = Math.max(attempt.percent, percentOf(progress));
					writer.report(progress);
				},
				slotFree,
			});
			await writer.end();
			await this.#complete(attempt, made);
			// The engine is free for the next job.
			const { artifact, file, poster } = made;
			const finished = { videoId: video.id, artifact, file, poster };
			this.posters.add(finished, () => this.#clear(attempt));
		} catch (error) {
			await writer.end();
			await this.#handle(attempt, error);
		} finally {
			for (const timer of timers) clearTimeout(timer);
		}
	}

	/** The video is there; a database that is away for a moment must not cost it. */
	async #complete(attempt: Attempt, made: MadeVideo): Promise<void> {
		for (let pauses = 0; ; pauses++) {
			try {
				return await this.settlement.complete(attempt, made);
			} catch (error) {
				if (!(error instanceof DatabaseUnavailableError) || pauses >= COMPLETE_PAUSES) throw error;
				this.log.warn({ err: error, video: attempt.video.id }, 'The video is not recorded yet');
				await sleep(COMPLETE_PAUSE_MS);
			}
		}
	}

	async #clear({ video, lease, controller }: Attempt): Promise<void> {
		const { workFolder } = this.options;
		const { why } = (controller.signal.reason ?? {}) as Partial<AttemptStopped>;
		// Who lost a job may have lost it to an attempt beside it.
		const cleared =
			why === 'lost'
				? clearAttemptFolder(workFolder, video.id, lease)
				: clearJobFolder(workFolder, video.id);
		await cleared.catch((error: unknown) => {
			this.log.warn({ err: error, video: video.id }, 'Files of a job that ended were left behind');
		});
	}

	#make(
		{ video, lease, controller }: Attempt,
		told: Pick<MakeVideoTools, 'progress' | 'slotFree'>,
	): Promise<MadeVideo> {
		return makeVideo(video, lease, {
			engine: this.engine,
			artifacts: this.artifacts,
			workFolder: this.options.workFolder,
			signal: controller.signal,
			...told,
			noteFile: async (name) =>
				await noteLooseFile(this.database, name, new Date(Date.now() + LOOSE_FOR_MS)),
			sleep: async (ms, signal) => await sleep(ms, undefined, { signal }),
			remember: async (memory) =>
				await rememberForEngine(this.database, lease, this.engine.name, memory),
			picture: async () => await pictureOf(this.database, video.id),
			log: (level, message, detail) => this.log[level]({ video: video.id, ...detail }, message),
		});
	}

	async #save(attempt: Attempt, progress: Progress): Promise<void> {
		try {
			await saveProgress(this.database, attempt.lease, progress, percentOf(progress));
		} catch (error) {
			this.log.warn({ err: error }, 'Progress was not stored');
		}
	}

	async #touch(attempt: Attempt): Promise<void> {
		try {
			if (!(await this.queue.touch(attempt.queueClaim)))
				attempt.controller.abort(new AttemptStopped('lost'));
		} catch (error) {
			this.log.warn({ err: error, video: attempt.video.id }, 'The heartbeat was not stored');
		}
	}

	async #handle(attempt: Attempt, error: unknown): Promise<void> {
		const ended = attempt.controller.signal.reason as unknown;
		if (attempt.controller.signal.aborted && ended instanceof AttemptStopped) {
			// What is finished already lies there for the next attempt.
			if (ended.why === 'shutdown') return await this.settlement.giveBack(attempt, true);
			await this.#clear(attempt);
			if (ended.why === 'timeout') {
				return await this.settlement.fail(attempt, {
					code: 'timeout',
					message: `The job ran for longer than the ${this.options.jobSeconds} seconds that one job may take here.`,
					remedy: 'Ask for a smaller or shorter video, or raise --job-seconds.',
				});
			}
			this.log.info({ video: attempt.video.id, why: ended.why }, 'Job stopped');
			return;
		}
		await this.#clear(attempt);
		const failure = failureOf(error);
		if (failure.retryable && attempt.video.attempts < this.options.maxAttempts) {
			this.log.warn(
				{ err: error, video: attempt.video.id },
				'The run failed; the job is tried again',
			);
			return await this.settlement.giveBack(attempt, false);
		}
		this.log.warn({ err: error, video: attempt.video.id, code: failure.code }, 'Job failed');
		await this.settlement.fail(attempt, toVideoError(failure));
	}
}
