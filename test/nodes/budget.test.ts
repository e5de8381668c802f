/** Prices before, limits that hold, and what a run may cost. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import type { WorkflowResult } from '../support/n8nCore';
import { jsons, runVideo } from '../support/videoNode';

let sim: Simulator;
beforeEach(async () => {
	sim = await startSimulator();
});
afterEach(async () => await sim.close());

/** The simulator's price of the default 720p is 0.06 USD a second, and 5 seconds are the default. */
const PRICE = 0.3;
const provider = 'aimlapiPixverse';

const run = async (parameters: object, prompts = ['A boat'], settings = {}, from = provider) =>
	await runVideo(sim, { provider: from, prompts, parameters, settings });
const first = (result: WorkflowResult) => jsons(result)[0] as Record<string, never>;
const submits = () => sim.book.of('submit').length;

describe('Estimate Only', () => {
	it('sends nothing and says what the video would cost, and how that was computed', async () => {
		const result = await run({ whenSubmitted: 'estimate' });
		expect(first(result)).toEqual({
			provider,
			estimate: true,
			cost: {
				quoted: PRICE,
				currency: 'USD',
				basis: '0.06 USD a second × 5 s (resolution 720p)',
			},
		});
		expect(submits()).toBe(0);
		expect(sim.book.requests.filter(({ carriedKey }) => carriedKey)).toEqual([]);
	});

	it('asks for the price once for all items', async () => {
		const result = await run({ whenSubmitted: 'estimate' }, ['A boat', 'A lamp', 'A hat']);
		expect(jsons(result)).toHaveLength(3);
		expect(sim.book.of('account').length).toBeLessThanOrEqual(1);
	});

	it('checks every field all the same', async () => {
		const { error } = await run({
			whenSubmitted: 'estimate',
			additionalFields: { negative_prompt: 'x', client_request_id: 'not allowed!' },
		});
		expect(error?.message).toContain('Tracking ID');
	});

	it('says how many seconds of your own machine the video would take', async () => {
		const result = await run({ whenSubmitted: 'estimate' }, ['A boat'], {}, 'localGpu');
		expect(first(result)).toMatchObject({
			cost: { seconds: 12, basis: expect.stringContaining('your own machine') as string },
		});
		expect(submits()).toBe(0);
	});

	it('says that the machine could not be asked', async () => {
		sim.faults.next('account', { kind: 'resetBefore' });
		const result = await run({ whenSubmitted: 'estimate' }, ['A boat'], {}, 'localGpu');
		expect(first(result)).toMatchObject({
			cost: { unpriced: expect.stringContaining('could not say') as string },
		});
	});

	it('says that a provider publishes no prices', async () => {
		const result = await run({ whenSubmitted: 'estimate' }, ['A boat'], {}, 'novita');
		expect(first(result)).toMatchObject({
			cost: { unpriced: expect.stringContaining('publishes no prices') as string },
		});
		expect(submits()).toBe(0);
	});

	it('says that the price list could not be asked', async () => {
		sim.faults.next('account', { kind: 'answer', status: 503, body: 'busy' });
		const fresh = { additionalFields: { model: 'a/model-that-no-test-asked-for' } };
		const result = await run({ whenSubmitted: 'estimate', ...fresh });
		expect(first(result)).toMatchObject({
			cost: { unpriced: 'the price list answered with HTTP 503' },
		});
	});
});

describe('a job', () => {
	it('says what it was to cost beside what it did cost', async () => {
		expect(first(await run({ whenSubmitted: 'return' }))).toMatchObject({
			cost: { quoted: PRICE, usd: 0.42 },
		});
		expect(first(await run({}))).toMatchObject({ cost: { quoted: PRICE, usd: 0.42 } });
	});
});

describe('Maximum Cost', () => {
	it('lets nothing of a run start that would cost more, and says the sum', async () => {
		const { error } = await run({ options: { maximumCost: 0.5 } }, ['A boat', 'A lamp']);
		expect(error?.message).toBe(
			'The videos would cost 0.6 USD, and Maximum Cost is 0.5 USD. Nothing was submitted.',
		);
		expect(submits()).toBe(0);
	});

	it('lets a run start that costs exactly as much', async () => {
		await run({ whenSubmitted: 'return', options: { maximumCost: 0.6 } }, ['A boat', 'A lamp']);
		expect(sim.book.charges).toBe(2);
	});

	it('refuses what has no price, names it, and runs it where that is wanted', async () => {
		const options = { maximumCost: 100 };
		const { error } = await run({ options }, ['A boat', 'A lamp'], {}, 'modelslabV6');
		expect(error?.message).toContain('item 2: ModelsLab publishes no prices');
		expect(submits()).toBe(0);
		await run(
			{ whenSubmitted: 'return', options: { ...options, unpriced: '={{ "Run " }}' } },
			['A boat'],
			{},
			'modelslabV6',
		);
		expect(sim.book.charges).toBe(1);
	});

	it.each([
		['a negative number', { maximumCost: -1 }, 'Maximum Cost (USD) is -1'],
		['a word', { maximumCost: 'much' }, 'Maximum Cost (USD) is "much"'],
		['an unknown choice', { maximumCost: 1, unpriced: 'maybe' }, 'Give refuse or run'],
	])('is not %s', async (_what, options, words) => {
		const { error } = await run({ options });
		expect(error?.message).toContain(words);
		expect(submits()).toBe(0);
	});

	it('tells the error output that nothing was sent', async () => {
		const result = await run({ options: { maximumCost: 0.1 } }, ['A boat'], {
			onError: 'continueRegularOutput',
		});
		expect(first(result)).toMatchObject({ details: { accepted: 'no' } });
	});
});
