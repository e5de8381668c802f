/** Limits count what is in flight: calls side by side, loops, agent turns, sub-workflows of one execution. */
import type { IExecuteSingleFunctions } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../jobs/ledger';
import type { Refusal } from '../../jobs/reservations';
import { budgetOf } from '../../nodes/TextToVideo/submit/budget';
import { overLimits } from '../../nodes/TextToVideo/submit/refusal';

let executions = 0;
const newExecution = () => `execution-${(executions += 1)}`;

/** As much of n8n's context as a budget looks at. */
const contextOf = (executionId: string, parent?: string) =>
	({
		getExecutionId: () => executionId,
		getNode: () => ({ id: 'node' }),
		runExecutionData: parent ? { parentExecution: { executionId: parent } } : {},
	}) as unknown as IExecuteSingleFunctions;

interface Call {
	executionId: string;
	parent?: string;
	runIndex?: number;
	items?: number[];
	ledger?: Ledger;
	maximumJobs?: number;
}

const budget = ({
	executionId,
	parent,
	runIndex = 0,
	items = [0],
	ledger = {},
	maximumJobs = 3,
}: Call) =>
	budgetOf(contextOf(executionId, parent), runIndex, ledger, oneEach(items), { maximumJobs });

/** One video each. */
const oneEach = (items: number[]) => new Map(items.map((item) => [item, 1]));

describe('Maximum Jobs', () => {
	it.each([
		['that bear the same number', () => 0],
		['that are numbered', (call: number) => call],
	])('lets three of thirty calls side by side through %s', (_how, runIndexOf) => {
		const executionId = newExecution();
		const refusals = Array.from({ length: 30 }, (_unused, call) =>
			budget({ executionId, runIndex: runIndexOf(call) }).reserveJobs(),
		);
		expect(refusals.filter((refusal) => !refusal)).toHaveLength(3);
		expect(refusals.at(-1)).toMatchObject({ reason: 'jobs', held: 3 });
	});

	it('counts a call once that was refused and made again when there was room', () => {
		const executionId = newExecution();
		const first = budget({ executionId, runIndex: 0, maximumJobs: 1 });
		expect(first.reserveJobs()).toBeUndefined();
		expect(budget({ executionId, runIndex: 1, maximumJobs: 1 }).reserveJobs()).toBeDefined();
		first.release(0);
		const again = budget({ executionId, runIndex: 1, maximumJobs: 1 });
		expect(again.reserveJobs()).toBeUndefined();
		again.settled(0);
		const ledger = { r1i0: { job: { jobId: 'a' } } } as unknown as Ledger;
		const next = budget({ executionId, runIndex: 2, maximumJobs: 5, ledger });
		expect(next.standing()).toEqual({ ordersLeft: 4 });
	});

	it('gives a place back only where the provider certainly did not take the job', () => {
		const executionId = newExecution();
		const calls = [0, 1, 2].map((runIndex) => budget({ executionId, runIndex }));
		for (const call of calls) expect(call.reserveJobs()).toBeUndefined();
		calls[0]!.settled(0);
		expect(budget({ executionId, runIndex: 3 }).reserveJobs()).toBeDefined();
		calls[1]!.release(0);
		expect(budget({ executionId, runIndex: 3 }).reserveJobs()).toBeUndefined();
	});

	it('does not count the next try of an item as one more', () => {
		const executionId = newExecution();
		for (let attempt = 0; attempt < 5; attempt += 1) {
			const call = budget({ executionId, maximumJobs: 1 });
			expect(call.reserveJobs(), `attempt ${attempt}`).toBeUndefined();
			call.settled(0);
		}
	});

	it('counts the sub-workflows that one execution starts together', () => {
		const parent = newExecution();
		const refusals = Array.from({ length: 5 }, () =>
			budget({ executionId: newExecution(), parent }).reserveJobs(),
		);
		expect(refusals.filter((refusal) => !refusal)).toHaveLength(3);
	});

	it('does not count another execution', () => {
		for (let run = 0; run < 5; run += 1) {
			const items = [0, 1, 2];
			expect(budget({ executionId: newExecution(), items }).reserveJobs()).toBeUndefined();
		}
	});

	it('counts what the execution submitted before this process began, by its ledger', () => {
		const entry = { request: 'r', source: 's', attempt: 0 };
		const doubt = { accepted: 'unknown' } as never;
		const ledger: Ledger = {
			r0i0: { ...entry, job: { jobId: 'a' } as never },
			r0i1: { ...entry, doubt },
			r0i2: { ...entry, refusal: { accepted: 'no' } as never },
			r0i3: { ...entry, refusal: { accepted: 'no' } as never },
		};
		const executionId = newExecution();
		const more = budget({ executionId, runIndex: 1, items: [0, 1], ledger });
		expect(more.reserveJobs()).toMatchObject({ reason: 'jobs', held: 2, wanted: 2, limit: 3 });
		expect(budget({ executionId, runIndex: 1, ledger }).reserveJobs()).toBeUndefined();
	});
});

describe('what a refusal says of the videos before', () => {
	const context = { getNode: () => ({ name: 'Video' }) } as never;
	const said = (refusal: Refusal) => overLimits(context, refusal, () => '').message;
	const jobs = { reason: 'jobs', wanted: 2, limit: 3, items: 2 } as const;
	const cost = { reason: 'cost', wanted: 0.5, limit: 1 } as const;

	it.each([
		[0, 'There are 2 items, and Maximum Jobs is 3. Nothing was submitted.'],
		[
			1,
			'There are 2 items, 1 job was submitted before in this execution, and Maximum Jobs is 3. Nothing was submitted.',
		],
		[
			2,
			'There are 2 items, 2 jobs were submitted before in this execution, and Maximum Jobs is 3. Nothing was submitted.',
		],
	])('%i of them', (held, message) => {
		expect(said({ ...jobs, held })).toBe(message);
	});

	it('what was spent on them', () => {
		expect(said({ ...cost, held: 0 })).not.toContain('before');
		expect(said({ ...cost, held: 0.75 })).toContain('0.75 USD were spent before in this execution');
	});
});

describe('Maximum Cost', () => {
	it('counts the money of calls side by side, and frees the places of what is refused', () => {
		const executionId = newExecution();
		const call = (runIndex: number) =>
			budgetOf(contextOf(executionId), runIndex, {}, oneEach([0]), {
				maximumJobs: 10,
				maximumCost: 1,
			});
		const calls = [0, 1, 2].map(call);
		for (const each of calls) expect(each.reserveJobs()).toBeUndefined();
		const refusals = calls.map((each) => each.reserveCost(new Map([[0, 0.4]])));
		expect(refusals.map((refusal) => refusal?.reason)).toEqual([undefined, undefined, 'cost']);
		expect(call(3).reserveJobs()).toBeUndefined();
	});

	it('does not take a place again that was given back while the price was asked for', () => {
		const executionId = newExecution();
		const call = budgetOf(contextOf(executionId), 0, {}, oneEach([0]), { maximumJobs: 1 });
		call.reserveJobs();
		call.release(0);
		call.reserveCost(new Map([[0, 1]]));
		expect(budget({ executionId, runIndex: 1, maximumJobs: 1 }).reserveJobs()).toBeUndefined();
	});
});

describe('what has been ordered', () => {
	const videos = new Map([
		[0, 1],
		[1, 3],
	]);
	const place = (executionId: string, item: number) => `${executionId} r0i${item}`;

	it('is counted in videos, up to the limit and not beyond', () => {
		const of = (maximumJobs: number) =>
			budgetOf(contextOf(newExecution()), 0, {}, videos, { maximumJobs }).reserveJobs();
		expect(of(4)).toBeUndefined();
		expect(of(3)).toStrictEqual({ reason: 'jobs', held: 0, wanted: 4, limit: 3, items: 2 });
	});

	it('leaves so many orders, and has cost so much', () => {
		const executionId = newExecution();
		const limits = { maximumJobs: 5, maximumCost: 2, allowUnpriced: true };
		const run = budgetOf(contextOf(executionId), 0, {}, videos, limits);
		expect(run.standing()).toStrictEqual({ ordersLeft: 5 });
		run.reserveJobs();
		expect(run.standing()).toStrictEqual({ ordersLeft: 1 });
		expect(run.reserveCost(new Map([[0, 0.25]]))).toBeUndefined();
		expect(run.standing()).toStrictEqual({ ordersLeft: 1, costSoFarUsd: 0.25 });
		run.release(0);
		expect(run.standing()).toStrictEqual({ ordersLeft: 2 });
	});

	it('leaves none where more was ordered before than may be now, and any number where nothing limits it', () => {
		const context = contextOf(newExecution());
		budgetOf(context, 0, {}, videos, {}).reserveJobs();
		const later = (limits: object) => budgetOf(context, 1, {}, new Map(), limits).standing();
		expect(later({ maximumJobs: 2 })).toStrictEqual({ ordersLeft: 0 });
		expect(later({})).toStrictEqual({ ordersLeft: Infinity });
	});

	it('counts what the ledger says of videos and money, once', () => {
		const executionId = newExecution();
		const entry = { request: 'r', source: 's', attempt: 0, job: { jobId: 'a' } as never };
		const ledger: Ledger = { r0i0: { ...entry, videos: 3, quotedUsd: 0.5 }, r0i1: entry };
		const standing = () =>
			budgetOf(contextOf(executionId), 1, ledger, new Map(), { maximumJobs: 9 }).standing();
		expect(standing()).toStrictEqual({ ordersLeft: 5, costSoFarUsd: 0.5 });
		expect(standing()).toStrictEqual({ ordersLeft: 5, costSoFarUsd: 0.5 });
	});

	it('without a price is what a Maximum Cost refuses, by its place', () => {
		const executionId = newExecution();
		const run = budgetOf(contextOf(executionId), 0, {}, videos, { maximumCost: 9 });
		run.reserveJobs();
		const refusal = run.reserveCost(new Map([[0, 0.25]]));
		expect(refusal).toStrictEqual({ reason: 'unpriced', places: [place(executionId, 1)] });
		expect(run.itemAt(place(executionId, 1))).toBe(1);
		expect(run.itemAt(place(executionId, 0))).toBe(0);
		expect(run.itemAt('another place')).toBeUndefined();
	});

	it('may be ordered without a price where that is wanted', () => {
		const limits = { maximumCost: 9, allowUnpriced: true };
		const run = budgetOf(contextOf(newExecution()), 0, {}, videos, limits);
		run.reserveJobs();
		expect(run.reserveCost(new Map([[0, 0.25]]))).toBeUndefined();
	});

	it('was refused as a whole: no place of it is held, and none is in flight', () => {
		const executionId = newExecution();
		const limits = { maximumJobs: 4, maximumCost: 1 };
		const call = () => budgetOf(contextOf(executionId), 0, {}, videos, limits);
		const first = call();
		first.reserveJobs();
		expect(
			first.reserveCost(
				new Map([
					[0, 5],
					[1, 5],
				]),
			),
		).toMatchObject({ reason: 'cost' });
		expect(first.standing()).toStrictEqual({ ordersLeft: 4 });
		const again = call();
		expect(again.reserveJobs()).toBeUndefined();
		expect(again.itemAt(place(executionId, 0))).toBe(0);
	});

	it('has a place of its own for each call that bears the same number', () => {
		const executionId = newExecution();
		const call = () => {
			const run = budgetOf(contextOf(executionId), 0, {}, oneEach([0]), { maximumJobs: 2 });
			return { run, refusal: run.reserveJobs() };
		};
		const first = call();
		expect([first.refusal, call().refusal]).toEqual([undefined, undefined]);
		const third = call();
		expect(third.refusal).toMatchObject({ reason: 'jobs', held: 2, wanted: 1 });
		// An item that was never reserved has nothing to give back.
		third.run.settled(7);
		third.run.release(7);
		expect(call().refusal).toMatchObject({ held: 2 });
		// Once its outcome is known, the next try of the first takes the same place.
		first.run.settled(0);
		expect(call().refusal).toBeUndefined();
	});
});
