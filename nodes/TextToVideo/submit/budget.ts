/**
 * What the runs of a node may cost together, over loops, calls side by side, an agent's turns and sub-workflows of one
 * execution: jobs and money are reserved before anything is sent. What other processes hold is not seen; what slept or
 * was retried is known from the ledger.
 */
import type { IExecuteSingleFunctions, IRunExecutionData } from 'n8n-workflow';
import { ledgerKey, type Ledger } from '../../../jobs/ledger';
import { keepNewest } from '../../../jobs/recentAnswers';
import {
	heldBy,
	release,
	reserve,
	type Limits,
	type Refusal,
	type Reservation,
	type Reservations,
} from '../../../jobs/reservations';

interface Held {
	reservations: Reservations;
	/** Places whose submit has no outcome yet. */
	inFlight: Set<string>;
}

/** By execution and node, kept for the executions that were here last. */
const executions = new Map<string, Held>();
const MOST_EXECUTIONS = 1_000;

export class RunBudget {
	/** The place of each item, as it was reserved. */
	private readonly places: ReadonlyMap<number, string>;

	/** @param videos that each item orders, by the numbers of the items that would be submitted */
	constructor(
		private readonly held: Reservations,
		executionId: string,
		runIndex: number,
		private readonly videos: ReadonlyMap<number, number>,
		private readonly limits: Limits,
		private readonly inFlight: Set<string>,
	) {
		this.places = new Map(
			[...videos.keys()].map((index) => [
				index,
				this.freePlace(`${executionId} ${ledgerKey(runIndex, index)}`),
			]),
		);
	}

	/** Calls side by side may bear the same number; each of them orders a video of its own. */
	private freePlace(wanted: string): string {
		let place = wanted;
		for (let call = 2; this.inFlight.has(place); call += 1) place = `${wanted} ${call}`;
		return place;
	}

	/** @returns why the items may not be submitted, in which case nothing is reserved */
	reserveJobs(): Refusal | undefined {
		const wanted = this.wanted((index) => ({ jobs: this.videosOf(index) }));
		const refusal = reserve(this.held, wanted, { maximumJobs: this.limits.maximumJobs });
		if (!refusal) for (const place of this.places.values()) this.inFlight.add(place);
		return refusal;
	}

	/**
	 * Holds the money too, once it is known what the items cost.
	 *
	 * @param usd by item number; absent where there is no price
	 * @returns why the items may not be submitted, in which case their places are free again
	 */
	reserveCost(usd: ReadonlyMap<number, number | undefined>): Refusal | undefined {
		const all = this.wanted((index) => {
			const price = usd.get(index);
			return { jobs: this.videosOf(index), ...(price === undefined ? {} : { usd: price }) };
		});
		// One that was refused in the meantime is free, and stays so.
		const wanted = Object.fromEntries(
			Object.entries(all).filter(([place]) => Object.hasOwn(this.held, place)),
		);
		const refusal = reserve(this.held, wanted, this.limits);
		if (refusal) for (const index of this.places.keys()) this.release(index);
		return refusal;
	}

	/** The provider certainly did not take the item's job. */
	release(itemIndex: number): void {
		const place = this.places.get(itemIndex);
		if (place === undefined) return;
		release(this.held, place);
		this.inFlight.delete(place);
	}

	/** The item's outcome is known: another try of it takes the same place. */
	settled(itemIndex: number): void {
		const place = this.places.get(itemIndex);
		if (place !== undefined) this.inFlight.delete(place);
	}

	/** What has been ordered, and how much more may be. */
	standing(): { ordersLeft: number; costSoFarUsd?: number } {
		const { jobs, usd } = heldBy(this.held);
		const { maximumJobs = Infinity } = this.limits;
		return {
			ordersLeft: Math.max(0, maximumJobs - jobs),
			...(usd > 0 ? { costSoFarUsd: usd } : {}),
		};
	}

	/** The number of the item that holds a place. */
	itemAt(place: string): number | undefined {
		return [...this.places].find(([, held]) => held === place)?.[0];
	}

	private videosOf(itemIndex: number): number {
		return this.videos.get(itemIndex) ?? 1;
	}

	private wanted(of: (itemIndex: number) => Reservation): Reservations {
		return Object.fromEntries([...this.places].map(([index, place]) => [place, of(index)]));
	}
}

/** What the node holds already in this execution, from this process and from the ledger. */
export function budgetOf(
	context: IExecuteSingleFunctions,
	runIndex: number,
	ledger: Ledger,
	videos: ReadonlyMap<number, number>,
	limits: Limits,
): RunBudget {
	const executionId = context.getExecutionId();
	const key = `${rootExecution(context)} ${context.getNode().id}`;
	const held = executions.get(key) ?? { reservations: {}, inFlight: new Set<string>() };
	for (const [place, { job, doubt, quotedUsd, videos: ordered = 1 }] of Object.entries(ledger)) {
		if (!job && !doubt) continue;
		held.reservations[`${executionId} ${place}`] ??= {
			jobs: ordered,
			...(quotedUsd === undefined ? {} : { usd: quotedUsd }),
		};
	}
	keepNewest(executions, key, held, MOST_EXECUTIONS);
	return new RunBudget(held.reservations, executionId, runIndex, videos, limits, held.inFlight);
}

/** A sub-workflow spends from what the execution that called it may cost. */
function rootExecution(context: IExecuteSingleFunctions): string {
	const { runExecutionData } = context as unknown as { runExecutionData?: IRunExecutionData };
	const parent = runExecutionData?.parentExecution?.executionId;
	return parent ?? context.getExecutionId();
}
