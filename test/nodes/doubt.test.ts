import { recordLog, takeLog } from '../support/n8nLog';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import type { Provider } from '../../providers/contract';
import { novita } from '../../providers/novita';
import { stableDiffusionV5 } from '../../providers/stableDiffusionApi';
import { smallValues } from '../simulators/client';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { credentialsOf, itemParameters } from '../support/n8nNode';
import { jsons, runVideo } from '../support/videoNode';

let sim: Simulator;

beforeAll(() => recordLog());
afterAll(() => takeLog());
beforeEach(async () => {
	sim = await startSimulator();
	takeLog();
});
afterEach(async () => await sim.close());

/** Text to Video for two prompts, and Fetch Result after it as people wire it: on the same output. */
async function run(
	onError: 'continueRegularOutput' | 'stopWorkflow',
	provider: Provider = novita,
	whenSubmitted: 'return' | 'wait' = 'return',
) {
	return await runWorkflow({
		nodeTypes: {
			textToVideo: new TextToVideo(),
			textToVideoFetchResult: new TextToVideoFetchResult(),
		},
		credentials: await credentialsOf(provider.id, { baseUrl: sim.url, apiKey: sim.key }),
		items: [{ json: { prompt: 'A boat' } }, { json: { prompt: 'A lamp' } }],
		nodes: [
			{
				name: 'Video',
				type: 'textToVideo',
				onError,
				parameters: {
					...itemParameters(provider, smallValues(provider, '={{ $json.prompt }}')),
					whenSubmitted,
				} as never,
			},
			{
				name: 'Fetch',
				type: 'textToVideoFetchResult',
				onError,
				parameters: {
					provider: provider.id,
					authentication: '={{ $parameter["provider"] }}',
					operation: 'get',
					jobId: '={{ $json.jobId }}',
				},
			},
		],
	});
}

describe('a submit of which nobody knows whether it was taken', () => {
	it('is still in doubt after Fetch Result, and not "not accepted"', async () => {
		sim.faults.next('submit', { kind: 'resetAfter' });
		const items = (await run('continueRegularOutput')).items('Fetch');
		expect(items[0]?.json).toMatchObject({
			message: expect.stringContaining('connection broke') as string,
			details: { accepted: 'unknown', provider: novita.id },
		});
		expect(items[1]?.json).toMatchObject({ status: 'succeeded' });
	});

	it('keeps its own words where the system has a code for what happened', async () => {
		sim.faults.next('submit', { kind: 'resetAfter' }, { times: 2 });
		const { error } = await run('stopWorkflow');
		expect(error?.message).toBe(
			'Novita: The connection broke before the service answered (connection cut).',
		);
		expect(error?.description).toContain('The job may have been accepted');
	});

	it('is in the log with its item, because an error shows one item only', async () => {
		sim.faults
			.next('submit', { kind: 'error', error: 'promptRefused' })
			.next('submit', { kind: 'serverErrorAfter' });
		const { error } = await run('stopWorkflow');
		expect(error?.message).toContain('illegal content');
		expect(takeLog().join('')).toMatch(
			/The job may have been accepted.*execution \d+, node \\"Video\\", item 2\)/,
		);
	});
});

describe('a job that was paid and whose download failed', () => {
	it('is downloaded by a Fetch Result that follows', async () => {
		sim.faults.next(
			'file',
			{ kind: 'answer', status: 200, body: { status: 'busy' } },
			{ times: 4 },
		);
		const result = await run('continueRegularOutput', stableDiffusionV5, 'wait');
		const broken = result.items('Video').filter(({ json }) => json.details !== undefined);
		expect(broken).toHaveLength(2);
		const videos = result
			.items('Fetch')
			.map(({ json, binary }) => [json.status, binary?.data?.mimeType]);
		expect(videos).toEqual([
			['succeeded', 'video/mp4'],
			['succeeded', 'video/mp4'],
		]);
		expect(sim.book.charges).toBe(2);
	});

	it('is named in the error that stops the run', async () => {
		sim.faults.next('file', { kind: 'resetBefore' }, { times: 6 });
		const { error } = await run('stopWorkflow', stableDiffusionV5, 'wait');
		const [job] = sim.book.jobs;
		expect(error?.message).toBe(
			`Stable Diffusion API: The download of job ${job?.id}'s video broke off (connection cut).`,
		);
	});
});

describe('a submit in doubt at a provider whose log bears our request id', () => {
	const parameters = { whenSubmitted: 'return' };
	const aimlapi = 'aimlapiPixverse';

	it('is looked up there: the job is attached to, paid once, and bears the tracking id of its user', async () => {
		sim.faults.next('submit', { kind: 'resetAfter' });
		const tracked = { additionalFields: { client_request_id: 'order-4711' } };
		const result = await runVideo(sim, {
			provider: aimlapi,
			parameters: { ...parameters, ...tracked },
		});
		const [job] = jsons(result);
		expect(job).toMatchObject({
			jobId: sim.book.jobs[0]!.id,
			trackingId: 'order-4711',
			requestId: expect.stringMatching(/^order-4711\.[\w.:-]+$/) as string,
		});
		expect(sim.book.charges).toBe(1);
	});

	it('has a request id of its own for every submit, though the tracking id is the same', async () => {
		const tracked = { additionalFields: { client_request_id: 'x'.repeat(128) } };
		await runVideo(sim, {
			provider: aimlapi,
			prompts: ['A boat', 'A lamp'],
			parameters: { ...parameters, ...tracked },
		});
		const ids = sim.book.jobs.map(({ trackingId }) => trackingId);
		expect(new Set(ids).size).toBe(2);
		for (const id of ids) expect(id).toMatch(/^x{20,}\.[A-Za-z0-9._:-]{20,}$/);
		expect(Math.max(...ids.map((id) => id!.length))).toBeLessThanOrEqual(128);
	});
});

it('writes the id of each job into the log at once: after a crash it stands nowhere else', async () => {
	await run('stopWorkflow');
	const log = takeLog();
	expect(sim.book.jobs).toHaveLength(2);
	for (const { id } of sim.book.jobs) {
		expect(log.filter((line) => line.includes('Submitted') && line.includes(id))).toHaveLength(1);
	}
});

it('writes each submit into the log before it is sent, with the id by which Fetch Result finds its job', async () => {
	await runVideo(sim, {
		provider: 'aimlapiPixverse',
		prompts: ['A boat', 'A lamp'],
		parameters: { whenSubmitted: 'return' },
	});
	const log = takeLog();
	expect(sim.book.jobs).toHaveLength(2);
	for (const { id, trackingId } of sim.book.jobs) {
		const before = log.findIndex(
			(line) => line.includes('Submitting') && line.includes(trackingId!),
		);
		const after = log.findIndex((line) => line.includes('Submitted') && line.includes(id));
		expect(log[before]).toMatch(/workflow .*execution \d+, node \\"Video\\", item \d/);
		expect(before).toBeGreaterThanOrEqual(0);
		expect(after).toBeGreaterThan(before);
	}
});
