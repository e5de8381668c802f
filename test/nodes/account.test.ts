/** Fetch Result where no job is known: the account, its newest jobs, and a submit in doubt. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { jsons, runFetch, runVideo } from '../support/videoNode';
import type { WorkflowResult } from '../support/n8nCore';

let sim: Simulator;
beforeEach(async () => {
	sim = await startSimulator();
});
afterEach(async () => await sim.close());

const fetch = async (provider: string, operation: string, parameters = {}, json = {}) =>
	await runFetch(sim, {
		...{ provider, parameters: { operation, ...parameters }, items: [{ json }] },
		settings: { onError: 'continueRegularOutput' },
	});
const first = (result: WorkflowResult) => jsons(result, 'Result')[0];

describe('Check Account', () => {
	it.each([
		['aimlapiPixverse', { balance: 123.45, currency: 'USD' }],
		['modelslabV7', { balance: 43.6, currency: 'USD', queued: 0 }],
		['novita', { balance: 12.5, currency: 'USD' }],
	])('tells what %s tells, needs no job and costs nothing', async (provider, told) => {
		expect(first(await fetch(provider, 'account'))).toEqual({ provider, ...told });
		expect(sim.book.charges).toBe(0);
		expect(sim.book.keyLeaks).toEqual([]);
	});

	it('says so where the provider publishes no balance', async () => {
		expect(first(await fetch('stableDiffusionV4', 'account'))).toEqual({
			provider: 'stableDiffusionV4',
			hint: expect.stringContaining('publishes no balance') as string,
		});
	});

	it('counts what is in the queue', async () => {
		await sim.close();
		sim = await startSimulator({ durationMs: Infinity });
		await runVideo(sim, { provider: 'modelslabV6', parameters: { whenSubmitted: 'return' } });
		expect(first(await fetch('modelslabV6', 'account'))).toMatchObject({ queued: 1 });
	});

	it('says that a wrong key is wrong', async () => {
		sim.faults.next('account', { kind: 'error', error: 'invalidKey' });
		expect(first(await fetch('novita', 'account'))).toMatchObject({
			details: { failure: { code: 'invalid_key' } },
		});
	});
});

describe('Find Jobs without a Request ID', () => {
	it.each(['aimlapiPixverse', 'modelslabV6'])(
		'gives an item for each job of %s',
		async (provider) => {
			await runVideo(sim, {
				...{ provider, prompts: ['A boat', 'A lamp'] },
				parameters: { whenSubmitted: 'return' },
			});
			const jobs = jsons(await fetch(provider, 'find'), 'Result');
			expect(jobs.map(({ jobId }) => jobId)).toEqual(sim.book.jobs.map(({ id }) => id).reverse());
		},
	);

	it('says so where the provider has no list', async () => {
		expect(first(await fetch('novita', 'find'))).toMatchObject({
			message: expect.stringContaining('no list') as string,
		});
	});
});

describe('Find Jobs with a Request ID', () => {
	/** A submit whose row is not in the log in the time that the node looks: the test does not wait for it. */
	const submitted = async () => {
		await runVideo(sim, { provider: 'aimlapiPixverse', parameters: { whenSubmitted: 'return' } });
		const [job] = sim.book.jobs;
		return { jobId: job!.id, requestId: job!.trackingId! };
	};

	it('finds the job from the failed item, and gives the file', async () => {
		const { jobId, requestId } = await submitted();
		const failed = { error: 'x', message: 'x', details: { failure: { requestId } } };
		const result = await fetch('aimlapiPixverse', 'find', {}, failed);
		expect(first(result)).toMatchObject({ jobId, status: 'succeeded', requestId });
		expect(result.items('Result')[0]?.binary?.data).toBeDefined();
		expect(sim.book.charges).toBe(1);
	});

	it.each(['={{ $json.nothing }}', '={{ `${$json.nothing}` }}', ' '])(
		'lists the newest jobs where an expression gives none: "%s"',
		async (requestId) => {
			const { jobId } = await submitted();
			const result = await fetch('aimlapiPixverse', 'find', { requestId });
			expect(jsons(result, 'Result').map((job) => job.jobId)).toEqual([jobId]);
		},
	);

	it('stays in doubt where the log does not have it, and says when to look again', async () => {
		expect(
			first(await fetch('aimlapiPixverse', 'find', { requestId: 'never-sent' })),
		).toMatchObject({
			message: expect.stringContaining('no job with it is there yet') as string,
			details: {
				accepted: 'unknown',
				description: expect.stringContaining('look again') as string,
			},
		});
	});
});
