import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ArtifactStore } from '../artifacts/store.ts';
import { enqueueCallbackFor } from '../callbacks/enqueue.ts';
import type { CallbackContext } from '../callbacks/bodies.ts';
import type { Database } from '../db/database.ts';
import { EngineError } from '../engines/engine.ts';
import type { Engine, Progress } from '../engines/engine.ts';
import type { Log } from '../log.ts';
import { Queue } from '../queue/queue.ts';
import type { Claim } from '../queue/queue.ts';
import { removeRunner, REPORT_EVERY_MS, reportRunner } from '../store/runners.ts';
import type { VideoError, VideoRow } from '../store/video.ts';
import {
	claimVideo,
	completeVideo,
	failVideo,
	heldClaims,
	releaseVideo,
	saveProgress,
} from '../store/videos.ts';
import { Doorbell } from './doorbell.ts';
import { percentOf } from './progress.ts';
import { runJob } from './runJob.ts';
import type { Made } from './runJob.ts';

export interface DispatcherOptions {
	workFolder: string;
	jobSeconds: number;
	maxAttempts: number;
	/** How long a finished video is kept. */
	keepSeconds: number;
}

/** Looks for work at least so often; news of it comes sooner. */
const IDLE_LOOK_MS = 1000;
const CANCEL_LOOK_MS = 500;
const TOUCH_EVERY_MS = 3000;
const PROGRESS_EVERY_MS = 250;
const ERROR_PAUSE_MS = 2000;

/** Why a run is ended from outside. */
class Ended extends Error {
	constructor(readonly why: 'cancelled' | 'shutdown' | 'timeout' | 'lost') {
		super(why);
	}
}

interface Run {
	video: VideoRow;
	claim: Claim;
	fence: string;
	controller: AbortController;
	done: Promise<void>;
}

/**
 * Takes jobs from the queue and runs them on one engine, as many at once as the engine has slots.
 *
 * A run holds two things: the queue entry, kept by a heartbeat, and a fence in the job's row. Only who
 * holds both can finish the job, in one transaction, so that a run that was believed dead and comes
 * back cannot make a second result.
 */
export class Dispatcher {
	readonly id = randomUUID();
	readonly #runs = new Map<string, Run>();
	readonly #bell = new Doorbell();
	readonly #timers: NodeJS.Timeout[] = [];
	#stopping = false;
	#loop: Promise<void> | undefined;

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly engine: Engine,
		private readonly artifacts: ArtifactStore,
		private readonly callbacks: CallbackContext,
		private readonly options: DispatcherOptions,
		private readonly log: Log,
	) {}

	async start(): Promise<void> {
		await this.#report();
		this.#every(REPORT_EVERY_MS, () => this.#report());
		this.#every(CANCEL_LOOK_MS, () => this.#endCancelled());
		this.#loop = this.#work();
	}

	get running(): number {
		return this.#runs.size;
	}

	/** There may be work. */
	wake(): void {
		this.#bell.ring();
	}

	/** Ends a run of this process at once. */
	cancel(videoId: string): void {
		this.#runs.get(videoId)?.controller.abort(new Ended('cancelled'));
	}

	/** Takes nothing new, gives running jobs some time, then puts them back into the queue. */
	async stop(graceMs: number): Promise<void> {
		this.#stopping = true;
		this.#bell.ring();
		await this.#loop;
		const runs = [...this.#runs.values()];
		const timer = setTimeout(() => {
			for (const run of runs) run.controller.abort(new Ended('shutdown'));
		}, graceMs);
		await Promise.all(runs.map((run) => run.done));
		clearTimeout(timer);
		for (const each of this.#timers) clearInterval(each);
		await removeRunner(this.database, this.id).catch(() => undefined);
	}

	async #work(): Promise<void> {
		while (!this.#stopping) {
			try {
				if (this.#runs.size < this.engine.slots) {
					const claim = await this.queue.nextVideo(await this.#queues(), this.#warmQueues());
					if (claim) {
						await this.#begin(claim);
						continue;
					}
				}
				await this.#bell.wait(IDLE_LOOK_MS);
			} catch (error) {
				this.log.error({ err: error }, 'Work could not be taken from the queue');
				await this.#bell.wait(ERROR_PAUSE_MS);
			}
		}
	}

	async #queues(): Promise<string[]> {
		const names: string[] = [];
		for (const model of await this.engine.models()) {
			if (model.kind !== 'checkpoint' || model.available === false) continue;
			const name = Queue.videoQueue(model.id);
			await this.queue.ensureVideoQueue(name);
			names.push(name);
		}
		return names;
	}

	#warmQueues(): string[] {
		return (this.engine.warmModels?.() ?? []).map((id) => Queue.videoQueue(id));
	}

	async #begin(claim: Claim): Promise<void> {
		const fence = randomUUID();
		const video = await claimVideo(this.database, claim.id, fence, `${hostname()}/${this.id}`);
		if (!video) {
			// Cancelled or removed while it waited.
			await this.queue.complete(this.database, claim);
			return;
		}
		const run: Run = {
			video,
			claim,
			fence,
			controller: new AbortController(),
			done: Promise.resolve(),
		};
		this.#runs.set(video.id, run);
		run.done = this.#carryOut(run)
			.catch((error: unknown) => {
				// The row and the queue still say "at work"; the heartbeat has ended, so the queue retries.
				this.log.error({ err: error, video: video.id }, 'The end of a job could not be stored');
			})
			.finally(() => {
				this.#runs.delete(video.id);
				this.#bell.ring();
			});
	}

	async #carryOut(run: Run): Promise<void> {
		const { video, fence, controller } = run;
		if (video.attempts > this.options.maxAttempts) {
			await this.#fail(run, {
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
		const reporter = this.#reporter(fence);
		try {
			const made = await runJob(video, fence, {
				engine: this.engine,
				artifacts: this.artifacts,
				workFolder: this.options.workFolder,
				signal: controller.signal,
				progress: reporter.report,
				log: (level, message, detail) => this.log[level]({ video: video.id, ...detail }, message),
			});
			await reporter.end();
			await this.#complete(run, made);
		} catch (error) {
			await reporter.end();
			await this.#handle(run, error);
		} finally {
			for (const timer of timers) clearTimeout(timer);
		}
	}

	/** Writes progress to the job's row, rarely enough for a database. */
	#reporter(fence: string): { report(progress: Progress): void; end(): Promise<void> } {
		let latest: Progress | undefined;
		let timer: NodeJS.Timeout | undefined;
		let writing: Promise<void> = Promise.resolve();
		const write = () => {
			timer = undefined;
			if (!latest) return;
			const progress = latest;
			latest = undefined;
			writing = writing
				.then(() => saveProgress(this.database, fence, progress, percentOf(progress)))
				.catch((error: unknown) => this.log.warn({ err: error }, 'Progress was not stored'));
		};
		return {
			report: (progress) => {
				latest = progress;
				timer ??= setTimeout(write, PROGRESS_EVERY_MS);
			},
			end: async () => {
				clearTimeout(timer);
				await writing;
			},
		};
	}

	async #complete(run: Run, made: Made): Promise<void> {
		const expiresAt = new Date(Date.now() + this.options.keepSeconds * 1000);
		const stored = await this.database
			.transaction(async (tx) => {
				const row = await completeVideo(tx, run.fence, { ...made, expiresAt });
				if (!row) return undefined;
				await this.queue.complete(tx, run.claim);
				await enqueueCallbackFor(tx, this.queue, row, this.callbacks);
				return row;
			})
			.catch(async (error: unknown) => {
				await this.artifacts.remove(made.artifact.name);
				throw error;
			});
		if (stored) {
			this.log.info({ video: run.video.id, runMs: stored.run_ms }, 'Job completed');
			return;
		}
		// Somebody else took the job over or cancelled it: this result never was.
		await this.artifacts.remove(made.artifact.name);
		this.log.info({ video: run.video.id }, 'A result came too late and was thrown away');
	}

	async #handle(run: Run, error: unknown): Promise<void> {
		const ended = run.controller.signal.reason as unknown;
		if (run.controller.signal.aborted && ended instanceof Ended) {
			if (ended.why === 'shutdown') return await this.#giveBack(run, true);
			if (ended.why === 'timeout') {
				return await this.#fail(run, {
					code: 'timeout',
					message: `The job ran for longer than the ${this.options.jobSeconds} seconds that one job may take here.`,
					remedy: 'Ask for a smaller or shorter video, or raise --job-seconds.',
				});
			}
			this.log.info({ video: run.video.id, why: ended.why }, 'Job stopped');
			return;
		}
		const failure =
			error instanceof EngineError
				? error
				: new EngineError('worker_lost', 'The engine stopped with an error.', { cause: error });
		if (failure.retryable && run.video.attempts < this.options.maxAttempts) {
			this.log.warn({ err: error, video: run.video.id }, 'The run failed; the job is tried again');
			return await this.#giveBack(run, false);
		}
		this.log.warn({ err: error, video: run.video.id, code: failure.code }, 'Job failed');
		await this.#fail(run, toVideoError(failure));
	}

	async #giveBack(run: Run, refund: boolean): Promise<void> {
		await this.database.transaction(async (tx) => {
			if (await releaseVideo(tx, run.fence, refund)) await this.queue.giveBack(tx, run.claim);
		});
	}

	async #fail(run: Run, error: VideoError): Promise<void> {
		await this.database.transaction(async (tx) => {
			const row = await failVideo(tx, run.fence, error);
			if (!row) return;
			await this.queue.complete(tx, run.claim);
			await enqueueCallbackFor(tx, this.queue, row, this.callbacks);
		});
	}

	async #touch(run: Run): Promise<void> {
		try {
			if (!(await this.queue.touch(run.claim))) run.controller.abort(new Ended('lost'));
		} catch (error) {
			this.log.warn({ err: error, video: run.video.id }, 'The heartbeat was not stored');
		}
	}

	/** Cancelled through another server, or taken over by another machine. */
	async #endCancelled(): Promise<void> {
		const runs = [...this.#runs.values()].filter((run) => !run.controller.signal.aborted);
		if (runs.length === 0) return;
		const held = await heldClaims(
			this.database,
			runs.map(({ fence }) => fence),
		);
		for (const run of runs) {
			if (!held.has(run.fence)) run.controller.abort(new Ended('cancelled'));
		}
	}

	async #report(): Promise<void> {
		await reportRunner(this.database, {
			id: this.id,
			host: hostname(),
			engine: this.engine.name,
			slots: this.engine.slots,
			fallback_model: this.engine.fallbackModel ?? null,
			models: await this.engine.models(),
		});
	}

	#every(milliseconds: number, work: () => Promise<void>): void {
		let busy = false;
		this.#timers.push(
			setInterval(() => {
				if (busy) return;
				busy = true;
				work()
					.catch((error: unknown) => this.log.warn({ err: error }, 'A regular check failed'))
					.finally(() => (busy = false));
			}, milliseconds),
		);
	}
}

const toVideoError = (error: EngineError): VideoError => ({
	code: error.code,
	message: error.message,
	...(error.detail.field === undefined ? {} : { field: error.detail.field }),
	...(error.detail.remedy === undefined ? {} : { remedy: error.detail.remedy }),
});
