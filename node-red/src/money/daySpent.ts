/** What an account may still spend on one day. Plain data that lasts in a context store; the rules are pure. */
import {
	heldBy,
	release,
	reserve,
	type Limits,
	type Refusal,
	type Reservation,
	type Reservations,
} from '../../../jobs/reservations';
import { isObject } from '../../../providers/schema/wire';

export interface DaySpent {
	/** The day at the place where Node-RED runs, as in `2026-11-29`. */
	day: string;
	/** By submit, and in one sum those whose outcome is known. */
	reservations: Reservations;
}

const SETTLED = 'settled';

export const emptyDay = (day: string): DaySpent => ({ day, reservations: {} });

/** @param nowMs Unix milliseconds */
export function dayOf(nowMs: number): string {
	const now = new Date(nowMs);
	const two = (number: number) => String(number).padStart(2, '0');
	return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Of what lay in the context store, which people can change: that day's, or a day on which nothing was spent. */
export function readDay(found: unknown, day: string): DaySpent {
	if (!isObject(found) || found.day !== day || !isObject(found.reservations)) return emptyDay(day);
	const valid = Object.entries(found.reservations).filter(
		(entry): entry is [string, Reservation & never] => isReservation(entry[1]),
	);
	return { day, reservations: Object.fromEntries(valid) };
}

/** @returns why the submit may not be sent, in which case nothing is reserved */
export function reserveSubmit(
	{ reservations }: DaySpent,
	key: string,
	wanted: Reservation,
	limits: Pick<Limits, 'maximumCost' | 'allowUnpriced'>,
): Refusal | undefined {
	return reserve(reservations, { [key]: wanted }, limits);
}

/** The provider certainly did not take the job. */
export function releaseSubmit({ reservations }: DaySpent, key: string): void {
	release(reservations, key);
}

/** What the submit cost goes into the sum, so that a day of many jobs stays small. */
export function settleSubmit({ reservations }: DaySpent, key: string): void {
	const settled = reservations[key];
	if (!settled) return;
	const both = heldBy({ a: reservations[SETTLED] ?? { jobs: 0 }, b: settled });
	delete reservations[key];
	reservations[SETTLED] = both;
}

const isReservation = (value: unknown): boolean =>
	isObject(value) &&
	Number.isFinite(value.jobs) &&
	(value.usd === undefined || Number.isFinite(value.usd));
