import { signedHeaders } from './signature.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../lib/log.ts';
import type { QueueClaim, Queue } from '../queue/queue.ts';
import { Signal } from '../lib/signal.ts';
import { deliveryById, disableEndpoint, recordAttempt } from '../store/deliveries.ts';
import type { Delivery, DeliveryOutcome } from '../store/deliveries.ts';
import { RefusedAddressError, resolveCallback } from './guard.ts';
import type { CallbackPolicy } from './guard.ts';
import { nextStep } from './schedule.ts';
import { send } from './send.ts';

const AT_ONCE = 16;
const IDLE_LOOK_MS = 1000;
const ERROR_PAUSE_MS = 2000;

/** Sends callbacks, and sends them again over hours where the receiver does not take them. */
export class Deliverer {
	readonly #signal = new Signal();
	readonly #running = new Set<Promise<void>>();
	#stopping = false;
	#loop: Promise<void> | undefined;

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly policy: CallbackPolicy,
		/** Standard Webhooks secrets; the first is the newest. */
		private readonly secrets: readonly string[],
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
	}

	async #work(): Promise<void> {
		while (!this.#stopping) {
			try {
				const free = AT_ONCE - this.#running.size;
				const tickets = free > 0 ? await this.queue.nextCallbacks(free) : [];
				for (const { claim, deliveryId } of tickets) {
					const run = this.#deliver(claim, deliveryId)
						.catch((error: unknown) => {
							this.log.error({ err: error, delivery: deliveryId }, 'A callback was not recorded');
						})
						.finally(() => {
							this.#running.delete(run);
							this.#signal.notify();
						});
					this.#running.add(run);
				}
				if (tickets.length === 0) await this.#signal.wait(IDLE_LOOK_MS);
			} catch (error) {
				this.log.error({ err: error }, 'Callbacks could not be taken from the queue');
				await this.#signal.wait(ERROR_PAUSE_MS);
			}
		}
	}

	async #deliver(claim: QueueClaim, deliveryId: string): Promise<void> {
		const delivery = await deliveryById(this.database, deliveryId);
		if (delivery?.status !== 'pending') {
			await this.queue.complete(this.database, claim);
			return;
		}
		const outcome = await this.#attempt(delivery);
		await this.#record(claim, delivery, outcome);
	}

	async #attempt(delivery: Delivery): Promise<DeliveryOutcome> {
		try {
			const target = await resolveCallback(delivery.url, this.policy);
			const headers = signedHeaders(
				this.secrets,
				`msg_${delivery.id.replaceAll('-', '')}`,
				Math.floor(Date.now() / 1000),
				delivery.body,
			);
			return await send(target, delivery.body, headers);
		} catch (error) {
			const refused = error instanceof RefusedAddressError;
			return { error: (error as Error).message, ...(refused ? { refused } : {}) };
		}
	}

	async #record(claim: QueueClaim, delivery: Delivery, outcome: DeliveryOutcome): Promise<void> {
		const verdict = nextStep(outcome, delivery.attempts + 1, Math.random());
		const attempt = { at: new Date().toISOString(), ...outcome };
		await this.database.transaction(async (tx) => {
			// A claim that was lost while the receiver took its time: the other attempt records itself.
			if (!(await this.queue.complete(tx, claim))) return;
			if (verdict.kind === 'retry') {
				const nextAt = new Date(Date.now() + verdict.afterSeconds * 1000);
				await recordAttempt(tx, delivery.id, attempt, 'pending', nextAt);
				await this.queue.enqueueCallback(tx, { deliveryId: delivery.id }, verdict.afterSeconds);
				return;
			}
			const status = verdict.kind === 'delivered' ? 'delivered' : 'failed';
			await recordAttempt(tx, delivery.id, attempt, status, undefined);
			if (verdict.kind === 'disable') await disableEndpoint(tx, delivery.url);
		});
		this.log.info(
			{ delivery: delivery.id, video: delivery.video_id, verdict: verdict.kind, ...outcome },
			'Callback attempted',
		);
	}
}
