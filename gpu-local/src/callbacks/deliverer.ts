import type { Database } from '../db/database.ts';
import { Batcher } from '../lib/batcher.ts';
import type { Log } from '../lib/log.ts';
import { Signal } from '../lib/signal.ts';
import { disableEndpoint, recordAttempts, takeDeliveries } from '../store/deliveries.ts';
import type { AttemptRecord, Delivery, DeliveryOutcome } from '../store/deliveries.ts';
import type { VideoRow } from '../store/video.ts';
import { videosByIds } from '../store/videos.ts';
import type { CallbackBody } from './body.ts';
import { RefusedAddressError, resolveCallback } from './guard.ts';
import type { CallbackPolicy } from './guard.ts';
import { nextStep } from './schedule.ts';
import { Sender, TIMEOUT_SECONDS } from './send.ts';
import { signedHeaders } from './signature.ts';

/** Callbacks under way in this process. */
const AT_ONCE = 256;
/** To one receiver: one that hangs holds up nobody else. */
const AT_ONCE_A_RECEIVER = 32;
/** For one key, which may name many receivers. */
const AT_ONCE_AN_OWNER = 128;
/** After so long an attempt is lost with its process. */
const LEASE_SECONDS = 4 * TIMEOUT_SECONDS;
const ERROR_PAUSE_MS = 2000;

export interface DelivererOptions {
	policy: CallbackPolicy;
	/** Standard Webhooks secrets; the first is the newest. */
	secrets: readonly string[];
	body: CallbackBody;
}

interface Finished {
	record: AttemptRecord;
	/** The receiver is gone. */
	disable: Delivery | undefined;
}

/** Sends callbacks, and sends them again over hours where the receiver does not take them. */
export class Deliverer {
	readonly #signal = new Signal();
	readonly #running = new Set<Promise<void>>();
	readonly #receivers = new Tally();
	readonly #owners = new Tally();
	readonly #sender = new Sender();
	/** When callbacks are to be repeated, by the clock of this process. */
	readonly #repeats = new Set<number>();
	readonly #records = new Batcher<Finished>((finished) => this.#store(finished));
	#stopping = false;
	#loop: Promise<void> | undefined;

	constructor(
		private readonly database: Database,
		private readonly options: DelivererOptions,
		private readonly log: Log,
	) {}

	start(): void {
		this.#loop = this.#work();
	}

	/** There may be something to send. */
	wake(): void {
		this.#signal.notify();
	}

	async stop(): Promise<void> {
		this.#stopping = true;
		this.#signal.notify();
		await this.#loop;
		await Promise.all(this.#running);
		this.#sender.close();
	}

	async #work(): Promise<void> {
		while (!this.#stopping) {
			try {
				const lookedMs = Date.now();
				const taken = await this.#take();
				for (const { delivery, body } of taken) this.#start(delivery, body);
				if (taken.length === 0) await this.#signal.wait(this.#idleMs(lookedMs));
			} catch (error) {
				this.log.error({ err: error }, 'Callbacks could not be taken from the queue');
				await this.#signal.wait(ERROR_PAUSE_MS);
			}
		}
	}

	/** Until the next look: sooner where a callback of this process is to be repeated. */
	#idleMs(lookedMs: number): number {
		for (const dueMs of this.#repeats) if (dueMs <= lookedMs) this.#repeats.delete(dueMs);
		return Math.min(this.database.lookEveryMs, ...[...this.#repeats].map((due) => due - lookedMs));
	}

	/** What is due, with the bytes to send: those of the attempt before, or made now. */
	async #take(): Promise<Array<{ delivery: Delivery; body: string }>> {
		const atMost = AT_ONCE - this.#running.size;
		if (atMost <= 0) return [];
		const deliveries = await takeDeliveries(this.database, {
			atMost,
			atMostAReceiver: AT_ONCE_A_RECEIVER,
			busyReceivers: this.#receivers.from(AT_ONCE_A_RECEIVER),
			busyOwners: this.#owners.from(AT_ONCE_AN_OWNER),
			seconds: LEASE_SECONDS,
		});
		const unwritten = deliveries.filter(({ body }) => body === null);
		const videos = new Map<string, VideoRow>();
		if (unwritten.length > 0) {
			const ids = unwritten.map(({ video_id: id }) => id);
			for (const video of await videosByIds(this.database, ids)) videos.set(video.id, video);
		}
		return deliveries.flatMap((delivery) => {
			if (delivery.body !== null) return [{ delivery, body: delivery.body }];
			const video = videos.get(delivery.video_id);
			// The job was deleted just now, and its delivery with it.
			if (!video) return [];
			return [{ delivery, body: JSON.stringify(this.options.body(video, delivery.id)) }];
		});
	}

	#start(delivery: Delivery, body: string): void {
		this.#receivers.add(delivery.receiver);
		this.#owners.add(delivery.owner);
		const run = this.#deliver(delivery, body)
			.catch((error: unknown) => {
				this.log.error({ err: error, delivery: delivery.id }, 'A callback was not recorded');
			})
			.finally(() => {
				this.#running.delete(run);
				this.#receivers.remove(delivery.receiver);
				this.#owners.remove(delivery.owner);
				this.#signal.notify();
			});
		this.#running.add(run);
	}

	async #deliver(delivery: Delivery, body: string): Promise<void> {
		const outcome = await this.#attempt(delivery, body);
		const step = nextStep(outcome, delivery.attempts + 1, Math.random());
		const retryAt =
			step.kind === 'retry' ? new Date(Date.now() + step.afterSeconds * 1000) : undefined;
		const ended = step.kind === 'delivered' ? 'delivered' : 'failed';
		await this.#records.add({
			record: {
				id: delivery.id,
				attempts: delivery.attempts,
				status: retryAt ? 'pending' : ended,
				body,
				attempt: { at: new Date().toISOString(), ...outcome },
				next_at: retryAt?.toISOString() ?? null,
			},
			disable: step.kind === 'disable' ? delivery : undefined,
		});
		if (retryAt) this.#repeats.add(retryAt.getTime());
		this.log.info(
			{ delivery: delivery.id, video: delivery.video_id, verdict: step.kind, ...outcome },
			'Callback attempted',
		);
	}

	async #attempt(delivery: Delivery, body: string): Promise<DeliveryOutcome> {
		try {
			const target = await resolveCallback(delivery.url, this.options.policy);
			const headers = signedHeaders(
				this.options.secrets,
				`msg_${delivery.id.replaceAll('-', '')}`,
				Math.floor(Date.now() / 1000),
				body,
			);
			return await this.#sender.post(target, body, headers);
		} catch (error) {
			const refused = error instanceof RefusedAddressError;
			return { error: (error as Error).message, ...(refused ? { refused } : {}) };
		}
	}

	/** Everything that ended while the last batch was being stored. */
	async #store(finished: Finished[]): Promise<void> {
		await this.database.batch([
			recordAttempts(finished.map(({ record }) => record)),
			...finished.flatMap(({ disable }) => (disable ? disableEndpoint(disable) : [])),
		]);
	}
}

/** How many of each are under way. */
class Tally {
	readonly #counts = new Map<string, number>();

	add(name: string): void {
		this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
	}

	remove(name: string): void {
		const left = (this.#counts.get(name) ?? 0) - 1;
		if (left > 0) this.#counts.set(name, left);
		else this.#counts.delete(name);
	}

	/** Those with at least so many. */
	from(count: number): string[] {
		return [...this.#counts].filter(([, counted]) => counted >= count).map(([name]) => name);
	}
}
