import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulators/simulator';
import { runFetch, runVideo } from '../support/videoNode';

let sim: Simulator;
const start = async (options: SimulatorOptions = {}) => (sim = await startSimulator(options));
afterEach(async () => await sim.close());

const THREE = ['A boat', 'A kite', 'A train'];
const failKite: SimulatorOptions = {
	failWhen: ({ request }) => (request.prompt === 'A kite' ? 'Out of memory' : undefined),
};
const idOf = (prompt: string) => sim.book.jobs.find(({ request }) => request.prompt === prompt)?.id;

describe('one job of three fails', () => {
	it('stops the node, names the job and lists the others', async () => {
		await start(failKite);
		const { error } = await runVideo(sim, { prompts: THREE });
		expect(error?.message).toBe(`Local GPU, job ${idOf('A kite')}: Out of memory`);
		expect(error?.description).toContain(`item 1: job ${idOf('A boat')} (succeeded)`);
		expect(error?.description).toContain(`item 3: job ${idOf('A train')} (succeeded)`);
	});

	it('goes on with the other videos on "Continue"', async () => {
		await start(failKite);
		const settings = { onError: 'continueRegularOutput' };
		const result = await runVideo(sim, { prompts: THREE, settings });
		const items = result.items('Video');
		expect(items.map(({ binary }) => binary?.data?.mimeType)).toEqual([
			'video/mp4',
			undefined,
			'video/mp4',
		]);
		expect(items[1]).toMatchObject({
			json: { details: { jobId: idOf('A kite'), accepted: 'yes', provider: 'localGpu' } },
			pairedItem: { item: 1 },
		});
	});

	it('sends the failed item with its whole job to the error output', async () => {
		await start(failKite);
		const settings = { onError: 'continueErrorOutput' };
		const result = await runVideo(sim, { prompts: THREE, settings });
		const [good, bad] = result.outputs('Video');
		expect(good?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 2 }]);
		expect(bad).toHaveLength(1);
		expect(bad?.[0]).toMatchObject({
			json: {
				error: expect.stringContaining('Out of memory') as string,
				details: {
					accepted: 'yes',
					failure: { code: 'generation_failed' },
					job: { jobId: idOf('A kite'), status: 'failed' },
				},
			},
			pairedItem: { item: 1 },
		});
	});
});

describe('whether another provider may be tried', () => {
	it('is said when the whole run is refused', async () => {
		await start();
		const result = await runVideo(sim, {
			prompts: THREE,
			parameters: { options: { maximumJobs: 2 } },
			settings: { onError: 'continueErrorOutput' },
		});
		expect(result.outputs('Video')[1]).toHaveLength(3);
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
			message: expect.stringContaining('Maximum Jobs is 2') as string,
			details: { accepted: 'no', provider: 'localGpu' },
		});
		expect(sim.book.requests).toEqual([]);
	});

	it.each([
		['no credit', { kind: 'error', error: 'noCredit' }, 'no'],
		['a wrong key', { kind: 'error', error: 'invalidKey' }, 'no'],
		['a refused prompt', { kind: 'error', error: 'promptRefused' }, 'no'],
		['a reset before an answer', { kind: 'resetAfter' }, 'unknown'],
		['a 5xx', { kind: 'serverErrorAfter' }, 'unknown'],
	] as const)('is said for %s', async (_name, fault, accepted) => {
		await start();
		sim.faults.next('submit', fault);
		const settings = { onError: 'continueErrorOutput' };
		const result = await runVideo(sim, { provider: 'novita', settings });
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({ details: { accepted } });
		expect(sim.book.charges).toBe(accepted === 'no' ? 0 : 1);
	});
});

it('leaves the key out of what the provider says of it', async () => {
	await start();
	const body = { code: 401, reason: 'INVALID_API_KEY', message: `${sim.key} is no key` };
	sim.faults.next('submit', { kind: 'answer', status: 401, body });
	const result = await runVideo(sim, { provider: 'novita' });
	expect(result.error?.message).toContain('[API key] is no key');
	expect(JSON.stringify(result.run.data)).not.toContain(sim.key);
});

describe('a download that fails', () => {
	it('asks the provider once for a new address when the first one expired', async () => {
		await start();
		const provider = 'novita';
		const parameters = { whenSubmitted: 'return' };
		const items = (await runVideo(sim, { provider, parameters })).items('Video');
		sim.faults.next('file', { kind: 'answer', status: 403, body: 'Request has expired' });
		const result = await runFetch(sim, { provider, items });
		expect(result.error).toBeUndefined();
		expect(result.items('Result')[0]?.binary?.data?.mimeType).toBe('video/mp4');
		expect(sim.book.of('fetch')).toHaveLength(2);
		expect(sim.book.keyLeaks).toEqual([]);
		expect(sim.book.charges).toBe(1);
	});

	it.each([
		'novita',
		'stableDiffusionV5',
		'stableDiffusionV4',
		'stableDiffusionEnterprise',
		'modelslabV6',
		'modelslabV7',
		'aimlapiPixverse',
	])(
		'says so where %s gives out the same expired address again, and asks no third time',
		async (provider) => {
			await start({ signsAnew: false, durationMs: Infinity });
			const parameters = { whenSubmitted: 'return' };
			const items = (await runVideo(sim, { provider, parameters })).items('Video');
			await sim.finish(sim.book.jobs[0]!.id);
			sim.expireFiles();
			const { error } = await runFetch(sim, { provider, items });
			expect(error?.message).toContain(`job ${sim.book.jobs[0]?.id}`);
			expect(error?.message).toContain('HTTP 403');
			expect(error?.description).toContain('probably expired');
			expect(sim.book.of('fetch')).toHaveLength(2);
			expect(sim.book.of('file')).toHaveLength(2);
			expect(sim.book.charges).toBe(1);
		},
	);

	it('names the job, which stays good', async () => {
		await start();
		sim.faults.next(
			'content',
			{
				kind: 'answer',
				status: 200,
				headers: { 'content-type': 'text/html' },
				body: '<!DOCTYPE html><title>Log in</title>',
			},
			{ times: 9 },
		);
		const { error } = await runVideo(sim);
		expect(error?.message).toContain(sim.book.jobs[0]?.id);
		expect(error?.message).toContain('text/html, which is not a video');
		expect(error?.description).toContain('Fetch Result');
	});

	it('refuses a file above Maximum Size', async () => {
		await start();
		const headers = { 'content-type': 'video/mp4' };
		const body = '\0'.repeat(1024 ** 2 + 1);
		sim.faults.next('content', { kind: 'answer', status: 200, headers, body });
		const { error } = await runVideo(sim, { parameters: { options: { maximumSize: 1 } } });
		expect(error?.message).toContain('is larger than 1 MiB');
		expect(error?.description).toContain('Raise Maximum Size');
	});
});
