/** The n8n package as people install it, from the tarball, on the newest and the oldest n8n. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerById } from '../../providers/registry';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { byHand, fromSettings } from '../support/communityNodes';
import {
	lifeWorkflow,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { NEWEST_N8N, OLDEST_N8N } from '../support/n8nHosts';
import { itemsOf, N8nServer, until } from '../support/n8nServer';
import { chain, manualTrigger } from '../support/n8nWorkflows';
import { packTarball } from '../support/tarball';
import { videoParameters } from '../support/videoNode';

/** n8n's own installation takes minutes where it was not done before. */
const INSTALL_MS = 20 * 60_000;

const localGpu = providerById('localGpu');
const novita = providerById('novita');
/** Nothing listens there. */
const NOBODY = 'http://127.0.0.1:9';
const credentials = { [localGpu.credential]: { id: '', name: 'Simulated' } };

let folder: string;
let tarball: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'text-to-video-install-'));
	({ path: tarball } = packTarball(folder));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
	['the newest n8n, by hand', NEWEST_N8N, byHand],
	['the oldest n8n, from Settings → Community nodes', OLDEST_N8N, fromSettings],
])('%s', (_what, host, place) => {
	let sim: Simulator;
	let n8n: N8nServer;

	beforeAll(async () => {
		sim = await startSimulator({
			...WITHOUT_LIMITS,
			failWhen: ({ request }) => (request.prompt === 'A failure' ? 'No light' : undefined),
		});
		const video = {
			name: 'Video',
			type: 'n8n-nodes-text-to-video.textToVideo',
			credentials,
		};
		n8n = await N8nServer.start({
			...host,
			placePackage: async (userFolder) => place(tarball, userFolder),
			credentials: simulatedCredentials(sim, [localGpu.credential, novita.credential]).map(
				(credential) => ({
					...credential,
					data: {
						...credential.data,
						...(credential.type === novita.credential
							? { baseUrl: NOBODY }
							: { webhookSecret: sim.webhookSecret }),
					},
				}),
			),
			workflows: [
				lifeWorkflow({ id: 'wait', provider: 'localGpu' }),
				lifeWorkflow({
					id: 'suspend',
					provider: 'localGpu',
					parameters: { whenSubmitted: 'suspend' },
				}),
				lifeWorkflow({
					id: 'errors',
					provider: 'localGpu',
					parameters: { whenSubmitted: 'suspend' },
					settings: { onError: 'continueErrorOutput' },
				}),
				lifeWorkflow({
					id: 'nobody',
					provider: 'novita',
					settings: { onError: 'continueErrorOutput' },
				}),
				chain('fetch', [
					manualTrigger(),
					{
						...video,
						parameters: {
							...videoParameters('localGpu', { whenSubmitted: 'return' }),
							prompt: 'A paper boat',
						},
					},
					{
						name: 'Result',
						type: 'n8n-nodes-text-to-video.textToVideoFetchResult',
						parameters: { provider: 'localGpu', operation: 'wait' },
						credentials,
					},
				]),
				chain('trigger', [
					{
						name: 'Trigger',
						type: 'n8n-nodes-text-to-video.textToVideoTrigger',
						parameters: { provider: 'localGpu' },
						credentials,
						webhookId: 'trigger',
					},
				]),
			],
			active: ['wait', 'suspend', 'errors', 'nobody', 'trigger'],
		});
	}, INSTALL_MS);
	afterAll(async () => {
		await n8n?.dispose();
		await sim?.close();
	});

	it('shows the three nodes, the actions also as tools', async () => {
		const types = await n8n.nodeTypes();
		const ours = types.filter((name) => name.startsWith('n8n-nodes-text-to-video.'));
		expect(ours.map((name) => name.split('.')[1]).sort()).toEqual([
			'textToVideo',
			'textToVideoFetchResult',
			'textToVideoFetchResultTool',
			'textToVideoTool',
			'textToVideoTrigger',
		]);
	});

	it('makes videos and hands on the files', async () => {
		const id = await startLife(n8n, 'wait', ['A paper boat', 'A kite']);
		const done = await n8n.rest.untilExecution(id);
		expect(done.data.resultData.error).toBeUndefined();
		const items = itemsOf(done, 'After');
		expect(items.map(({ json }) => json.status)).toEqual(['succeeded', 'succeeded']);
		const file = await n8n.rest.binary(items[0]?.binary?.data?.id ?? '');
		expect(file.subarray(4, 8).toString()).toBe('ftyp');
	});

	it('fetches the result of a job that was only submitted', async () => {
		const done = await n8n.run('fetch', 'Manual');
		expect(done.data.resultData.error).toBeUndefined();
		const [submitted] = itemsOf(done, 'Video');
		const [fetched] = itemsOf(done, 'Result');
		expect(submitted?.binary).toBeUndefined();
		expect(fetched?.json).toMatchObject({ jobId: submitted?.json.jobId, status: 'succeeded' });
		expect(fetched?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('waits for the callback where it is told to sleep', async () => {
		sim.faults.clear();
		const id = await startLife(n8n, 'suspend', ['A paper boat']);
		expect((await untilAsleep(n8n, id)).data.resultData.error).toBeUndefined();
		const done = await n8n.rest.untilExecution(id);
		expect(done.status).toBe('success');
		expect(itemsOf(done, 'After')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('hands failures to the error output, with what the next step needs to know', async () => {
		sim.faults.clear();
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
		const prompts = ['A paper boat', 'A kite', 'A failure'];
		const id = await startLife(n8n, 'errors', prompts);
		const done = await n8n.rest.untilExecution(id);
		const made = itemsOf(done, 'Video').map(({ json }) => json.status);
		const failed = itemsOf(done, 'Video', 1).map(({ json }) => json);
		expect(made).toEqual(['succeeded']);
		expect(failed).toHaveLength(2);
		expect(failed).toContainEqual(
			expect.objectContaining({
				error: expect.stringContaining('No light'),
				details: expect.objectContaining({ accepted: 'yes', jobId: expect.any(String) }),
			}),
		);
		expect(failed).toContainEqual(
			expect.objectContaining({ details: expect.objectContaining({ accepted: 'no' }) }),
		);
	});

	it('starts a workflow by the Webhook Trigger', async () => {
		const { nodes } = await n8n.rest.workflow('trigger');
		const [trigger] = nodes;
		const url = `${n8n.url}/webhook/${trigger?.webhookId}/${trigger?.id}`;
		const { job } = await submit(sim, localGpu, smallValues(localGpu));
		const jobId = job!.jobId;
		await sim.finish(jobId);
		expect(await sim.callback(jobId, { url })).toEqual([202]);
		const [id] = await until(10_000, 'the execution', async () => {
			const ids = await n8n.rest.executionIds('trigger');
			return ids.length > 0 ? ids : undefined;
		});
		const done = await n8n.rest.untilExecution(id!);
		expect(itemsOf(done, 'Trigger')[0]?.json).toMatchObject({ jobId, status: 'succeeded' });
	});

	it('knows that a job was not taken where nobody listens', async () => {
		const id = await startLife(n8n, 'nobody', ['A paper boat']);
		const done = await n8n.rest.untilExecution(id);
		expect(itemsOf(done, 'Video', 1)[0]?.json).toMatchObject({
			error: expect.stringContaining('could not be reached'),
			details: { accepted: 'no' },
		});
	});

	it('warns of nothing about the package in its log', () => {
		const ours = n8n
			.log(400)
			.split('\n')
			.filter((line) => line.includes('text-to-video'));
		expect(ours.filter((line) => /error|warn|deprecat/i.test(line))).toEqual([]);
	});
});
