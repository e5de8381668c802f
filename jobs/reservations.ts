/**
 * How many jobs, and how much money, the places of a run may still cost. A place is reserved before its submit, so that
 * calls side by side can not all find room in the same limit, and released only when the provider certainly did not
 * take the job. Plain JSON, mutated in place, so that a host's own store can be handed in.
 */
import { roundUsd } from '../providers/prices/price';

export interface Reservation {
	/** Videos that this place orders. */
	jobs: number;
	/** What they were quoted at; absent where there was no price. */
	usd?: number;
}

/** By place: one item of one round. */
export type Reservations = Record<string, Reservation>;

export interface Limits {
	/** Videos; most jobs make one. */
	maximumJobs?: number;
	/** USD. */
	maximumCost?: number;
	/** Whether what has no price may be ordered under a Maximum Cost. */
	allowUnpriced?: boolean;
}

export type Refusal =
	/** `items` order `wanted` videos. */
	| { reason: 'jobs'; held: number; wanted: number; limit: number; items: number }
	| { reason: 'cost'; held: number; wanted: number; limit: number }
	| { reason: 'unpriced'; places: string[] };

/** Jobs and USD that are reserved. */
export function heldBy(reservations: Reservations): { jobs: number; usd: number } {
	const all = Object.values(reservations);
	return {
		jobs: all.reduce((sum, { jobs }) => sum + jobs, 0),
		usd: roundUsd(all.reduce((sum, { usd = 0 }) => sum + usd, 0)),
	};
}

/**
 * Reserves all of the places, or none of them. A place that is reserved already is taken anew: a retry of an item does
 * not count twice.
 *
 * @param wanted by place
 * @returns why not, where it was refused
 */
export function reserve(
	reservations: Reservations,
	wanted: Reservations,
	{ maximumJobs, maximumCost, allowUnpriced = false }: Limits,
): Refusal | undefined {
	const others = Object.fromEntries(
		Object.entries(reservations).filter(([place]) => !Object.hasOwn(wanted, place)),
	);
	const held = heldBy(others);
	const asked = heldBy(wanted);
	if (maximumJobs !== undefined && held.jobs + asked.jobs > maximumJobs) {
		const items = Object.keys(wanted).length;
		return { reason: 'jobs', held: held.jobs, wanted: asked.jobs, limit: maximumJobs, items };
	}
	if (maximumCost !== undefined) {
		const unpriced = Object.keys(wanted).filter((place) => wanted[place]!.usd === undefined);
		if (unpriced.length > 0 && !allowUnpriced) return { reason: 'unpriced', places: unpriced };
		if (roundUsd(held.usd + asked.usd) > maximumCost) {
			return { reason: 'cost', held: held.usd, wanted: asked.usd, limit: maximumCost };
		}
	}
	Object.assign(reservations, wanted);
	return undefined;
}

/** The provider certainly did not take the job of this place. */
export function release(reservations: Reservations, place: string): void {
	delete reservations[place];
}
