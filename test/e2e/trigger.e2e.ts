/** The Webhook Trigger in a real n8n: what a sender sees, and what starts. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerById } from '../../providers/registry';
import { readExamples } from '../../scripts/start/examples';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { NEWEST_N8N, OLDEST_N8N } from '../support/n8nHosts';
import { itemsOf, N8nServer, until, type Execution, type WorkflowJson } from '../support/n8nServer';
import { chain, type NodeSpec } from '../support/n8nWorkflows';

const SETTLE_MS = 1_500;
const novita = providerById('novita');
const localGpu = providerById('localGpu');

const TRIGGER = 'n8n-nodes-text-to-video.textToVideoTrigger';

/** As the editor of n8n 1 does it when a workflow is imported; n8n 2 does it where it is saved. */
const withWebhookId = (workflow: WorkflowJson): WorkflowJson => ({
	...workflow,
	nodes: workflow.nodes.map((node) =>
		node.type === TRIGGER ? { webhookId: randomUUID(), ...node } : node,
	),
});

describe.each([NEWEST_N8N, OLDEST_N8N])('on $name', (host) => {
	let sim: Simulator;
	let n8n: N8nServer;
	/** The pair of examples: one submits, the other is started by the trigger. */
	let submitting: WorkflowJson;
	let receiving: WorkflowJson;

	const triggerNode = (provider: string, more: Record<string, unknown> = {}): NodeSpec => ({
		name: 'Trigger',
		type: TRIGGER,
		webhookId: randomUUID(),
		parameters: { provider, ...more },
		credentials: {
			[providerById(provider).credential]: { name: provider },
		},
	});
	const after: NodeSpec = { name: 'After', type: 'n8n-nodes-base.noOp', parameters: {} };
	const write: NodeSpec = {
		name: 'After',
		type: 'n8n-nodes-base.readWriteFile',
		parameters: { operation: 'write', fileName: 'from-the-trigger.mp4' },
	};
	/** A workflow that goes on long after its trigger. */
	const wait: NodeSpec = {
		name: 'After',
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		parameters: { amount: 20, unit: 'seconds' },
	};

	beforeAll(async () => {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: Infinity, autoCallbacks: false });
		const examples = await readExamples();
		const example = (start: string) => examples.find(({ name }) => name.startsWith(start))!;
		submitting = example('05');
		receiving = withWebhookId(example('06'));
		n8n = await N8nServer.start({
			...host,
			credentials: [
				{
					name: 'novita',
					type: novita.credential,
					data: { baseUrl: sim.url, apiKey: sim.key },
				},
				{
					name: 'localGpu',
					type: localGpu.credential,
					data: { baseUrl: sim.url, apiKey: sim.key, webhookSecret: sim.webhookSecret },
				},
			],
			workflows: [
				chain('signed', [triggerNode('localGpu'), after]),
				chain('confirmed', [triggerNode('novita'), after]),
				chain('slow', [triggerNode('localGpu'), wait]),
				chain('download', [triggerNode('novita', { downloadVideo: true }), write]),
				chain('unpublished', [triggerNode('novita'), after]),
				submitting,
				receiving,
			],
			active: ['signed', 'confirmed', 'slow', 'download', receiving.id!],
		});
	});
	afterAll(async () => {
		await n8n?.dispose();
		await sim?.close();
	});

	/** The address that the editor shows, from what n8n saved. */
	async function addressOf(workflowId: string, place = 'webhook'): Promise<string> {
		const { nodes } = await n8n.rest.workflow(workflowId);
		const trigger = nodes.find(({ webhookId }) => webhookId);
		return `${n8n.url}/${place}/${String(trigger?.webhookId)}/${trigger?.id}`;
	}

	async function finishedJob(provider = localGpu): Promise<string> {
		const { job } = await submit(sim, provider, smallValues(provider));
		await sim.finish(job!.jobId);
		return job!.jobId;
	}

	/** The ended executions of the workflow that came since `before`, none of which must come late. */
	async function started(workflowId: string, before: string[] = []): Promise<Execution[]> {
		await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
		return await Promise.all(
			(await newIds(workflowId, before)).map(async (id) => await n8n.rest.untilExecution(id)),
		);
	}

	/** The same, where at least one comes, however busy the machine is. */
	async function startedOnce(workflowId: string, before: string[] = []): Promise<Execution[]> {
		await until(60_000, 'the execution', async () =>
			(await newIds(workflowId, before)).length > 0 ? true : undefined,
		);
		return await started(workflowId, before);
	}

	const newIds = async (workflowId: string, before: string[]): Promise<string[]> =>
		(await n8n.rest.executionIds(workflowId)).filter((id) => !before.includes(id));

	describe('a signed message', () => {
		it('starts the workflow with the job, once for five deliveries, and not after a crash of n8n', async () => {
			const jobId = await finishedJob();
			const url = await addressOf('signed');
			expect(await sim.callback(jobId, { url, times: 5 })).toEqual([202, 200, 200, 200, 200]);
			const [execution, ...more] = await startedOnce('signed');
			expect(more).toEqual([]);
			expect(execution?.status).toBe('success');
			expect(itemsOf(execution!, 'After')[0]?.json).toMatchObject({
				provider: 'localGpu',
				jobId,
				status: 'succeeded',
				videos: [{ url: expect.stringContaining('http') }],
			});
			await n8n.killAndRestart();
			const statuses = await until(15_000, 'the trigger to be live', async () => {
				const [status] = await sim.callback(jobId, { url });
				return status === 404 ? undefined : status;
			});
			expect(statuses).toBe(200);
			expect(await started('signed', [execution!.id])).toEqual([]);
		});

		it('that is forged, stale or sent to a wrong address starts nothing', async () => {
			const before = await n8n.rest.executionIds('signed');
			const jobId = await finishedJob();
			const url = await addressOf('signed');
			const stale = Math.floor(Date.now() / 1000) - 400;
			const wrong = url.replace(/[^/]+$/, 'some-other-last-part');
			expect([
				...(await sim.callback(jobId, { url, forged: true })),
				...(await sim.callback(jobId, { url, timestampSeconds: stale })),
				...(await sim.callback(jobId, { url: wrong })),
			]).toEqual([401, 401, 401]);
			expect(await started('signed', before)).toEqual([]);
			expect(await sim.callback(jobId, { url })).toEqual([202]);
			expect(await startedOnce('signed', before)).toHaveLength(1);
		});

		it('is answered while the workflow that it started still runs', async () => {
			const jobId = await finishedJob();
			expect(await sim.callback(jobId, { url: await addressOf('slow') })).toEqual([202]);
			const [id] = await until(10_000, 'the execution', async () => {
				const ids = await n8n.rest.executionIds('slow');
				return ids.length > 0 ? ids : undefined;
			});
			expect(['running', 'waiting']).toContain((await n8n.rest.execution(id!)).status);
			await n8n.rest.stop(id!);
		});
	});

	describe('a message that nobody signed', () => {
		it('is answered before the provider has confirmed, and starts the workflow with what it says', async () => {
			const jobId = await finishedJob(novita);
			sim.faults.next('fetch', { kind: 'slow', ms: 2_500 });
			const url = await addressOf('confirmed');
			expect(await sim.callback(jobId, { url, forged: true })).toEqual([202]);
			expect(await n8n.rest.executionIds('confirmed')).toEqual([]);
			const [id] = await until(10_000, 'the execution', async () => {
				const ids = await n8n.rest.executionIds('confirmed');
				return ids.length > 0 ? ids : undefined;
			});
			const item = itemsOf(await n8n.rest.untilExecution(id!), 'After')[0];
			expect(item?.json).toMatchObject({ jobId, status: 'succeeded' });
			expect(JSON.stringify(item)).not.toContain('forged.example.com');
		});

		it('starts nothing where the provider says otherwise', async () => {
			const before = await n8n.rest.executionIds('confirmed');
			const { job } = await submit(sim, novita, smallValues(novita));
			expect(
				await sim.callback(job!.jobId, { url: await addressOf('confirmed'), forged: true }),
			).toEqual([202]);
			expect(await started('confirmed', before)).toEqual([]);
		});

		it('brings the file along where asked', async () => {
			const jobId = await finishedJob(novita);
			expect(await sim.callback(jobId, { url: await addressOf('download') })).toEqual([202]);
			const [execution] = await startedOnce('download');
			const file = itemsOf(execution!, 'Trigger')[0]?.binary?.data;
			expect(file).toMatchObject({ mimeType: 'video/mp4', fileExtension: 'mp4' });
			expect(execution?.status).toBe('success');
			const bytes = await readFile(join(n8n.filesFolder, 'from-the-trigger.mp4'));
			expect(bytes.subarray(4, 8).toString()).toBe('ftyp');
		});
	});

	describe('the pair of examples', () => {
		it('submits in one workflow and writes the video in the other', async () => {
			const address = await addressOf(receiving.id!);
			const tooEarly = await n8n.run(submitting.id!, 'When clicking Execute workflow');
			expect(tooEarly.data.resultData.error?.message).toContain('nothing was ordered');
			const { name, nodes, connections, settings } = await n8n.rest.workflow(submitting.id!);
			const changed = { id: submitting.id, name, nodes, connections, settings };
			const text = JSON.stringify(changed).replace(
				/https:\/\/n8n\.example\.com\/webhook\/[\w-]+/,
				address,
			);
			expect(text).toContain(address);
			await n8n.rest.saveWorkflow(JSON.parse(text) as WorkflowJson);
			const submitted = await n8n.run(submitting.id!, 'When clicking Execute workflow');
			const job = itemsOf(submitted, 'Text to Video')[0]?.json as { jobId: string };
			expect(job).toMatchObject({ provider: 'localGpu', trackingId: 'lighthouse-1' });
			await sim.finish(job.jobId);
			expect(await sim.callback(job.jobId)).toEqual([202]);
			const [execution] = await startedOnce(receiving.id!);
			expect(execution?.status).toBe('success');
			expect(itemsOf(execution!, 'Webhook Trigger')[0]?.json).toMatchObject({
				jobId: job.jobId,
				status: 'succeeded',
				trackingId: 'lighthouse-1',
			});
			const file = await readFile(join(n8n.filesFolder, 'done-lighthouse-1.mp4'));
			expect(file.subarray(4, 8).toString()).toBe('ftyp');
		});
	});

	describe('what is no message', () => {
		const form = new FormData();
		form.set('file', new Blob(['x'.repeat(1000)]), 'a.txt');
		const packed = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
		it.each<[string, number, unknown, Record<string, string>]>([
			['nothing', 400, '', { 'content-type': 'application/json' }],
			['JSON that is cut off', 400, '{"a":', { 'content-type': 'application/json' }],
			['a form with a file', 415, form, {}],
			['a form', 415, 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }],
			['XML', 415, '<a/>', { 'content-type': 'application/xml' }],
			['a gzip body', 415, gzipSync('{}'), packed],
			['a body cut off that says gzip', 415, '{}', packed],
			['2 MiB', 413, 'x'.repeat(2 * 1024 ** 2), { 'content-type': 'application/json' }],
			[
				'more than n8n takes',
				413,
				'x'.repeat(17 * 1024 ** 2),
				{ 'content-type': 'application/json' },
			],
		])('%s is refused with %i', async (_name, status, body, headers) => {
			const reply = await fetch(await addressOf('confirmed'), {
				method: 'POST',
				headers,
				body: body as string,
			});
			expect(reply.status).toBe(status);
			await reply.body?.cancel();
		});
	});

	describe('in the editor', () => {
		it('the test address starts the workflow once it is listened to', async () => {
			expect(await n8n.rest.listen('unpublished', 'Trigger')).toBe(true);
			const url = await addressOf('unpublished', 'webhook-test');
			const jobId = await finishedJob(novita);
			const wrong = url.replace(/[^/]+$/, 'some-other-last-part');
			expect(await sim.callback(jobId, { url: wrong })).toEqual([401]);
			expect(await sim.callback(jobId, { url })).toEqual([202]);
			const [execution] = await startedOnce('unpublished');
			expect(itemsOf(execution!, 'After')[0]?.json).toMatchObject({ jobId, status: 'succeeded' });
		});

		it('a trigger whose credential has no secret says so instead of going live', async () => {
			await n8n.rest.saveCredential({
				name: 'localGpu',
				type: localGpu.credential,
				data: { baseUrl: sim.url, apiKey: sim.key, webhookSecret: '' },
			});
			const jobId = await finishedJob();
			expect(await sim.callback(jobId, { url: await addressOf('signed') })).toEqual([401]);
			await expect(n8n.rest.listen('signed', 'Trigger')).rejects.toThrow(
				'has no Webhook Secret, so no message could be trusted',
			);
		});
	});
});
