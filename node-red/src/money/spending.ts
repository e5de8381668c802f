/**
 * What the nodes of an account spend together on one day: in memory over redeploys, in the user's persistent context
 * store over restarts. What is about to be spent is written down before it is sent.
 */
import type { NodeAPI } from 'node-red';
import { heldBy, type Limits, type Refusal, type Reservation } from '../../../jobs/reservations';
import { atMost } from '../runtime/atMost';
import { contextValue, type ContextValue } from '../runtime/contextValue';
import {
	dayOf,
	emptyDay,
	readDay,
	releaseSubmit,
	reserveSubmit,
	settleSubmit,
	type DaySpent,
} from './daySpent';

const CONTEXT_KEY = 'spentToday';
/** A context store that takes longer than this to write does not hold up a submit. */
const LONGEST_WRITE_MS = 3_000;

export interface Spending {
	/** @returns why the submit may not be sent */
	reserve(
		key: string,
		wanted: Reservation,
		limits: Pick<Limits, 'maximumCost' | 'allowUnpriced'>,
	): Promise<Refusal | undefined>;
	/** The provider certainly did not take the job. */
	release(key: string): void;
	/** The job exists, or may. */
	settle(key: string): void;
	/** So far. */
	today(): Promise<{ jobs: number; usd: number }>;
}

const accounts = new Map<string, Spending>();

/** The same for all nodes of the account. */
export function spendingOf(RED: NodeAPI, accountId: string, now: () => number): Spending {
	const known = accounts.get(accountId);
	if (known) return known;
	const spending = createSpending(() => storedOf(RED, accountId), now);
	accounts.set(accountId, spending);
	return spending;
}

/** @param stored where it is kept, if it is; asked anew each time, for a deploy makes the account anew */
export function createSpending(
	stored: () => ContextValue | undefined,
	now: () => number,
): Spending {
	let spent: DaySpent | undefined;
	let writing = Promise.resolve();
	let reading: Promise<DaySpent> | undefined;
	const read = async () => readDay(await stored()?.read(), dayOf(now()));
	const ofToday = async (): Promise<DaySpent> => {
		const day = dayOf(now());
		spent ??= await (reading ??= read().catch(() => emptyDay(day)));
		if (spent.day !== day) spent = emptyDay(day);
		return spent;
	};
	const write = (): Promise<void> => {
		// What can not be written counts as long as the process lives.
		writing = writing
			.then(async () => await stored()?.write(structuredClone(spent)))
			.catch(() => undefined);
		return atMost(LONGEST_WRITE_MS, writing);
	};
	const change = (how: (day: DaySpent) => void) => {
		if (!spent) return;
		how(spent);
		void write();
	};
	return {
		async reserve(key, wanted, limits) {
			const refusal = reserveSubmit(await ofToday(), key, wanted, limits);
			if (!refusal) await write();
			return refusal;
		},
		release: (key) => change((day) => releaseSubmit(day, key)),
		settle: (key) => change((day) => settleSubmit(day, key)),
		today: async () => heldBy((await ofToday()).reservations),
	};
}

/** In the account's own context, so that Node-RED clears it away together with the account. */
function storedOf(RED: NodeAPI, accountId: string): ContextValue | undefined {
	const node = RED.nodes.getNode(accountId);
	return node ? contextValue(RED, node, CONTEXT_KEY) : undefined;
}
