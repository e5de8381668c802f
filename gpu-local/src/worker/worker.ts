import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { CallbackContext } from '../callbacks/bodies.ts';
import type { Database } from '../db/database.ts';
import type { Engine } from '../engines/engine.ts';
import type { Log } from '../lib/log.ts';
import { Queue } from '../queue/queue.ts';
import type { Claim } from '../queue/queue.ts';
import { removeRunner, REPORT_EVERY_MS, reportRunner } from '../store/workers.ts';
import { claimVideo, heldClaims } from '../store/videos.ts';
import { Attempts } from './runAttempt.ts';
import type { AttemptOptions } from './runAttempt.ts';
import { Doorbell } from '../lib/signal.ts';
import { Endings } from './settle.ts';
import { Ended } from './attempt.ts';
import type { Run } from './attempt.ts';

export interface DispatcherOptions extends AttemptOptions {
	/** How long a finished video is kept. */
	keepSeconds: number;
}

/** Looks for work at least so often; news of it comes sooner. */
const IDLE_LOOK_MS = 1000;
const CANCEL_LOOK_MS = 500;
const ERROR_PAUSE_MS = 2000;

/** Takes jobs from the queue and runs them on one engine, as many at once as the engine has slots. */
export class Dispatcher {
	readonly id = randomUUID();
	readonly #runs = new Map<string, Run>();
	readonly #bell = new Doorbell();
	readonly #timers: NodeJS.Timeout[] = [];
	#stopping = false;
	#loop: Promise<void> | undefined;
	readonly #attempts: Attempts;

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly engine: Engine,
		artifacts: ArtifactStore,
		callbacks: CallbackContext,
		options: DispatcherOptions,
		private readonly log: Log,
	) {
		const { keepSeconds } = options;
		const endings = new Endings(database, queue, artifacts, callbacks, keepSeconds, log);
		this.#attempts = new Attempts(database, queue, engine, artifacts, endings, options, log);
	}

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
		run.done = this.#attempts
			.carryOut(run)
			.catch((error: unknown) => {
				// The row and the queue still say "at work"; the heartbeat has ended, so the queue retries.
				this.log.error({ err: error, video: video.id }, 'The end of a job could not be stored');
			})
			.finally(() => {
				this.#runs.delete(video.id);
				this.#bell.ring();
			});
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
