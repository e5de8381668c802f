import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database } from '../db/database.ts';
import type { Engine } from '../engines/engine.ts';
import type { Log } from '../lib/log.ts';
import { Queue } from '../queue/queue.ts';
import type { QueueClaim } from '../queue/queue.ts';
import { removeWorker, REPORT_EVERY_MS, reportWorker } from '../store/workers.ts';
import { abandonedVideos, forgetForEngine, heldLeases, leaseVideo } from '../store/leases.ts';
import { AttemptRunner } from './runAttempt.ts';
import type { AttemptOptions } from './runAttempt.ts';
import { Signal } from '../lib/signal.ts';
import { Posters } from './posters.ts';
import { mayGoOn } from './shutdown.ts';
import { Settlement } from './settle.ts';
import { AttemptStopped } from './attempt.ts';
import type { Attempt } from './attempt.ts';

export interface WorkerOptions extends AttemptOptions {
	/** How long a finished video is kept. */
	keepSeconds: number;
	/** The program that makes posters. */
	ffmpeg: string;
}

const CANCEL_LOOK_MS = 500;
const ERROR_PAUSE_MS = 2000;
const STOP_LOOK_MS = 100;
/** Where ending it at once did not work. */
const ABANDON_LOOK_MS = 10_000;
const ABANDON_AT_ONCE = 20;
const NOT_ABANDONED = 'A job that ended here could not be ended on the video server yet';

/** Takes jobs from the queue and runs them on one engine, as many at once as the engine has slots. */
export class VideoWorker {
	readonly id = randomUUID();
	readonly #running = new Map<string, Attempt>();
	readonly #signal = new Signal();
	readonly #timers: NodeJS.Timeout[] = [];
	#stopping = false;
	#loop: Promise<void> | undefined;
	readonly #attempts: AttemptRunner;
	readonly #posters: Posters;

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly engine: Engine,
		artifacts: ArtifactStore,
		options: WorkerOptions,
		private readonly log: Log,
	) {
		const { keepSeconds, ffmpeg } = options;
		this.#posters = new Posters(database, artifacts, ffmpeg, log);
		const settlement = new Settlement(database, queue, artifacts, keepSeconds, log);
		this.#attempts = new AttemptRunner(
			database,
			queue,
			engine,
			artifacts,
			settlement,
			this.#posters,
			options,
			log,
		);
	}

	async start(): Promise<void> {
		await this.#report();
		this.#every(REPORT_EVERY_MS, () => this.#report());
		this.#every(CANCEL_LOOK_MS, () => this.#endCancelled());
		this.#every(ABANDON_LOOK_MS, () => this.#abandonEnded());
		// What was cancelled while this process was away.
		this.#abandonSoon();
		this.#loop = this.#work();
	}

	/** There may be work. */
	wake(): void {
		this.#signal.notify();
	}

	/** Ends an attempt of this process at once. */
	cancel(videoId: string): void {
		this.#running.get(videoId)?.controller.abort(new AttemptStopped('cancelled'));
	}

	/** Takes nothing new; jobs that will end in time may, the others go back into the queue at once. */
	async stop(graceMs: number): Promise<void> {
		this.#stopping = true;
		this.#signal.notify();
		await this.#loop;
		const attempts = [...this.#running.values()];
		const stoppedMs = performance.now();
		const endSlow = (): void => {
			const nowMs = performance.now();
			for (const { controller, startedMs, percent } of attempts) {
				const ran = { ranMs: nowMs - startedMs, percent };
				if (controller.signal.aborted || mayGoOn(ran, nowMs - stoppedMs, graceMs)) continue;
				controller.abort(new AttemptStopped('shutdown'));
			}
		};
		endSlow();
		const timer = setInterval(endSlow, STOP_LOOK_MS);
		await Promise.all(attempts.map(({ done }) => done));
		clearInterval(timer);
		await this.#posters.stop();
		for (const each of this.#timers) clearInterval(each);
		await removeWorker(this.database, this.id).catch(() => undefined);
	}

	async #work(): Promise<void> {
		while (!this.#stopping) {
			try {
				if (this.#slotsHeld() < this.engine.slots) {
					const queueClaim = await this.queue.nextVideo(await this.#queues(), this.#warmQueues());
					if (queueClaim) {
						await this.#begin(queueClaim);
						continue;
					}
				}
				// News of work comes sooner.
				await this.#signal.wait(this.database.lookEveryMs);
			} catch (error) {
				this.log.error({ err: error }, 'Work could not be taken from the queue');
				await this.#signal.wait(ERROR_PAUSE_MS);
			}
		}
	}

	#slotsHeld(): number {
		return [...this.#running.values()].filter(({ holdsSlot }) => holdsSlot).length;
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

	async #begin(queueClaim: QueueClaim): Promise<void> {
		const lease = randomUUID();
		const video = await leaseVideo(this.database, queueClaim.id, lease, `${hostname()}/${this.id}`);
		if (!video) {
			// Cancelled or removed while it waited.
			await this.database.batch(await this.queue.complete(queueClaim));
			return;
		}
		const attempt: Attempt = {
			video,
			queueClaim,
			lease,
			controller: new AbortController(),
			startedMs: performance.now(),
			percent: 0,
			holdsSlot: true,
			done: Promise.resolve(),
		};
		// An attempt whose heartbeat was late, and which may still write its file: this one has the job now.
		this.#running.get(video.id)?.controller.abort(new AttemptStopped('lost'));
		this.#running.set(video.id, attempt);
		attempt.done = this.#attempts
			.run(attempt, () => {
				attempt.holdsSlot = false;
				this.#signal.notify();
			})
			.catch((error: unknown) => {
				// The row and the queue still say "at work"; the heartbeat has ended, so the queue retries.
				this.log.error({ err: error, video: video.id }, 'The end of a job could not be stored');
			})
			.finally(() => {
				if (this.#running.get(video.id) === attempt) this.#running.delete(video.id);
				this.#signal.notify();
				this.#abandonSoon();
			});
	}

	#abandonSoon(): void {
		this.#abandonEnded().catch((error: unknown) => this.log.warn({ err: error }, NOT_ABANDONED));
	}

	/** Cancelled through another server, or taken over by another machine. */
	async #endCancelled(): Promise<void> {
		const attempts = [...this.#running.values()].filter(
			({ controller }) => !controller.signal.aborted,
		);
		if (attempts.length === 0) return;
		const held = await heldLeases(
			this.database,
			attempts.map(({ lease }) => lease),
		);
		for (const { lease, controller } of attempts) {
			if (!held.has(lease)) controller.abort(new AttemptStopped('cancelled'));
		}
	}

	/** Jobs that ended here and may still go on elsewhere. What cannot be ended now stays for the next look. */
	async #abandonEnded(): Promise<void> {
		const { abandon } = this.engine;
		if (!abandon) return;
		for (const { id, memory } of await abandonedVideos(
			this.database,
			this.engine.name,
			ABANDON_AT_ONCE,
		)) {
			await abandon(memory);
			await forgetForEngine(this.database, id);
			this.log.info({ video: id }, 'A job that ended here was ended on the video server');
		}
	}

	async #report(): Promise<void> {
		await reportWorker(this.database, {
			id: this.id,
			host: hostname(),
			engine: this.engine.name,
			slots: this.engine.slots,
			fallback_model: this.engine.fallbackModel ?? null,
			models: await this.engine.models(),
			devices: [...(this.engine.devices?.() ?? [])],
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
