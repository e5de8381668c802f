/** What an account may spend on one day: pure, and as it lies in a context store. */
import { describe, expect, it } from 'vitest';
import {
	dayOf,
	emptyDay,
	readDay,
	releaseSubmit,
	reserveSubmit,
	settleSubmit,
} from '../../src/money/daySpent';
import { createSpending } from '../../src/money/spending';

const at = (hour: number, day = 28) => new Date(2026, 10, day, hour).getTime();

describe('a day', () => {
	it('is the one at the place where Node-RED runs', () => {
		expect(dayOf(at(0))).toBe('2026-11-28');
		expect(dayOf(at(23))).toBe('2026-11-28');
		expect(dayOf(at(0, 29))).toBe('2026-11-29');
	});

	it('counts what is under way and what is settled, and frees what was not taken', () => {
		const day = emptyDay('2026-11-28');
		const limits = { maximumCost: 1 };
		expect(reserveSubmit(day, 'a', { jobs: 1, usd: 0.4 }, limits)).toBeUndefined();
		settleSubmit(day, 'a');
		expect(reserveSubmit(day, 'b', { jobs: 1, usd: 0.4 }, limits)).toBeUndefined();
		const refusal = { reason: 'cost', held: 0.8, wanted: 0.4, limit: 1 };
		expect(reserveSubmit(day, 'c', { jobs: 1, usd: 0.4 }, limits)).toEqual(refusal);
		releaseSubmit(day, 'b');
		expect(reserveSubmit(day, 'c', { jobs: 1, usd: 0.6 }, limits)).toBeUndefined();
		settleSubmit(day, 'c');
		expect(day.reservations).toEqual({ settled: { jobs: 2, usd: 1 } });
	});

	it('is read out of a store that people can change, and only on its own day', () => {
		const reservations = { settled: { jobs: 2, usd: 1 }, odd: { jobs: 'x' }, other: null };
		const found = { day: '2026-11-28', reservations };
		expect(readDay(found, '2026-11-28').reservations).toEqual({ settled: { jobs: 2, usd: 1 } });
		for (const other of [found, undefined, 'x', { day: '2026-11-29' }]) {
			expect(readDay(other, '2026-11-29')).toEqual(emptyDay('2026-11-29'));
		}
	});
});

describe('the spending of an account', () => {
	const storeWith = (kept: { value?: unknown } = {}) => ({
		kept,
		stored: () => ({
			lasts: true,
			read: async () => kept.value,
			write: async (value: unknown) => void (kept.value = value),
		}),
	});

	it('is written down before the submit, read by the next process, and new on the next day', async () => {
		const { kept, stored } = storeWith();
		let now = at(12);
		const first = createSpending(stored, () => now);
		expect(await first.reserve('a', { jobs: 1, usd: 0.7 }, { maximumCost: 1 })).toBeUndefined();
		expect(kept.value).toMatchObject({ reservations: { a: { usd: 0.7 } } });
		// Killed in the middle of the submit: what may be paid counts.
		const second = createSpending(stored, () => now);
		expect(await second.today()).toEqual({ jobs: 1, usd: 0.7 });
		const wanted = { jobs: 1, usd: 0.7 };
		expect(await second.reserve('b', wanted, { maximumCost: 1 })).toMatchObject({ held: 0.7 });
		now = at(1, 29);
		expect(await second.reserve('b', wanted, { maximumCost: 1 })).toBeUndefined();
	});

	it('lets two submits of one moment not both find the last room', async () => {
		const { stored } = storeWith();
		const spending = createSpending(stored, () => at(12));
		const wanted = { jobs: 1, usd: 0.7 };
		const both = ['a', 'b'].map((key) => spending.reserve(key, wanted, { maximumCost: 1 }));
		const refusals = (await Promise.all(both)).filter((refusal) => refusal !== undefined);
		expect(refusals).toHaveLength(1);
	});

	it('counts as long as the process lives where the store fails', async () => {
		const broken = () => ({
			lasts: true,
			read: async () => Promise.reject(new Error('disk')),
			write: async () => Promise.reject(new Error('disk')),
		});
		const spending = createSpending(broken, () => at(12));
		await spending.reserve('a', { jobs: 1, usd: 0.7 }, { maximumCost: 1 });
		spending.settle('a');
		expect(await spending.today()).toEqual({ jobs: 1, usd: 0.7 });
	});
});
