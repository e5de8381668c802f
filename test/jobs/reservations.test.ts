import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldBy, release, reserve, type Reservations } from '../../jobs/reservations';

describe('reservations', () => {
	it('let no more in side by side than the limit, in whatever order they come', () => {
		const held: Reservations = {};
		const answers = Array.from({ length: 30 }, (_, index) =>
			reserve(held, { [`call ${index}`]: { jobs: 1 } }, { maximumJobs: 3 }),
		);
		expect(answers.filter((refusal) => !refusal)).toHaveLength(3);
		expect(answers.at(-1)).toEqual({ reason: 'jobs', held: 3, wanted: 1, limit: 3, items: 1 });
	});

	it('take all of a run or nothing', () => {
		const held: Reservations = { earlier: { jobs: 1, usd: 2 } };
		const wanted = { a: { jobs: 1, usd: 3 }, b: { jobs: 1, usd: 3 } };
		expect(reserve(held, wanted, { maximumCost: 7.5 })).toEqual({
			reason: 'cost',
			held: 2,
			wanted: 6,
			limit: 7.5,
		});
		expect(held).toEqual({ earlier: { jobs: 1, usd: 2 } });
		expect(reserve(held, wanted, { maximumCost: 8 })).toBeUndefined();
		expect(heldBy(held)).toEqual({ jobs: 3, usd: 8 });
	});

	it('do not count a retried place twice', () => {
		const held: Reservations = {};
		for (let attempt = 0; attempt < 5; attempt += 1) {
			expect(
				reserve(held, { place: { jobs: 1, usd: 1 } }, { maximumJobs: 1, maximumCost: 1 }),
			).toBe(undefined);
		}
	});

	it('name what has no price, unless that is allowed', () => {
		const wanted = { a: { jobs: 1, usd: 1 }, b: { jobs: 1 } };
		expect(reserve({}, wanted, { maximumCost: 5 })).toEqual({ reason: 'unpriced', places: ['b'] });
		expect(reserve({}, wanted, { maximumCost: 5, allowUnpriced: true })).toBeUndefined();
		expect(reserve({}, wanted, { maximumJobs: 5 })).toBeUndefined();
	});

	it('count what has no price as a job that costs nothing', () => {
		const held: Reservations = {
			a: { jobs: 2 },
			b: { jobs: 1, usd: 0.1 },
			c: { jobs: 1, usd: 0.2 },
		};
		expect(heldBy(held)).toEqual({ jobs: 4, usd: 0.3 });
		expect(heldBy({})).toEqual({ jobs: 0, usd: 0 });
	});

	it('give back only what was released', () => {
		const held: Reservations = {};
		reserve(held, { a: { jobs: 1 }, b: { jobs: 1 } }, { maximumJobs: 2 });
		expect(reserve(held, { c: { jobs: 1 } }, { maximumJobs: 2 })).toBeDefined();
		release(held, 'a');
		expect(reserve(held, { c: { jobs: 1 } }, { maximumJobs: 2 })).toBeUndefined();
	});

	it('never hold more than the limits, whatever comes', () => {
		const call = fc.record({
			place: fc.integer({ min: 0, max: 9 }).map(String),
			jobs: fc.integer({ min: 1, max: 4 }),
			cents: fc.integer({ min: 0, max: 300 }),
			released: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
				const held: Reservations = {};
				const limits = { maximumJobs: 7, maximumCost: 6.1 };
				for (const { place, jobs, cents, released } of calls) {
					reserve(held, { [place]: { jobs, usd: cents / 100 } }, limits);
					expect(heldBy(held).jobs).toBeLessThanOrEqual(7);
					expect(heldBy(held).usd).toBeLessThanOrEqual(6.1);
					if (released) release(held, place);
				}
			}),
		);
	});
});
