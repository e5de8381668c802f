/** What the nodes promise, on one version of Node-RED. Runs against simulated providers on loopback. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
	startSimulator,
	TINY_MP4,
	type Simulator,
	type SimulatorOptions,
} from '../../../test/simulators/simulator';
import {
	flowWith,
	listen,
	openHelper,
	statuses,
	until,
	type FlowNode,
	type Version,
} from './helper';

const NODE: FlowNode = { id: 'node', type: 'text-to-video', waitAtMost: '1' };
const RESULT: FlowNode = { id: 'node', type: 'text-to-video-result', operation: 'wait' };

export function describeNodes(version: Version): void {
	describe(`the nodes on ${version}`, () => {
		let helper: Awaited<ReturnType<typeof openHelper>>;
		let folder: string;
		let sim: Simulator;
		let loaded = false;
		/** A node that comes back with the same id takes up its jobs, so every test has a node of its own. */
		let nodeId = 'node';
		let tests = 0;

		beforeAll(async () => {
			helper = await openHelper(version);
			folder = await mkdtemp(path.join(tmpdir(), 'ttv-'));
		});
		afterAll(async () => {
			await new Promise<void>((resolve) => helper.stopServer(resolve));
			await rm(folder, { recursive: true });
		});
		afterEach(async () => {
			if (loaded) await helper.unload();
			loaded = false;
			await sim?.close();
		});

		async function load(
			change: Partial<FlowNode> = {},
			options: SimulatorOptions = {},
			{ node = NODE, provider = 'localGpu' } = {},
		) {
			sim = await startSimulator({ durationMs: 500, queueMs: 100, ...options });
			nodeId = `node${(tests += 1)}`;
			const flow = flowWith(sim, { ...node, ...change, id: nodeId }, provider);
			const credentials = { account: { apiKey: sim.key } };
			await helper.load(helper.nodes, flow, credentials);
			loaded = true;
			return { ...hear(), flow, credentials };
		}

		/** The nodes of the flow that runs now. */
		function hear() {
			const node = helper.getNode(nodeId);
			return {
				node,
				out: listen(helper.getNode('out')),
				caught: listen(helper.getNode('caught')),
				texts: statuses(node),
			};
		}

		describe('text to video', () => {
			it('takes the prompt from msg.payload, waits, and gives the job', async () => {
				const { node, out, texts } = await load();
				node.receive({ payload: 'A paper boat in the rain', topic: 'boats', own: 1 });
				const msg = await out.next();
				expect(msg).toMatchObject({ topic: 'boats', own: 1 });
				expect(msg.payload).toBe(msg.job);
				expect(msg.job).toMatchObject({ provider: 'localGpu', status: 'succeeded', progress: 100 });
				expect(msg.job?.videos[0]?.url).toMatch(/^http/);
				expect(sim.book.charges).toBe(1);
				expect(sim.book.of('submit')[0]?.body).toMatchObject({
					prompt: 'A paper boat in the rain',
				});
				expect(texts[0]).toBe('submitting');
				expect(texts.join(' ')).toMatch(/(queued|in progress)/);
				expect(texts.at(-1)).toBe('');
				expect(JSON.stringify(msg)).not.toContain(sim.key);
			});

			it('takes an object of fields in msg.payload before what stands in the node', async () => {
				const fields = {
					prompt: { type: 'msg', value: 'payload' },
					seed: { type: 'num', value: '5' },
					size: { type: 'str', value: '512x512' },
				};
				const { node, out } = await load({ fields });
				node.receive({ payload: { prompt: 'A fox', seed: 7 } });
				await out.next();
				expect(sim.book.of('submit')[0]?.body).toMatchObject({
					prompt: 'A fox',
					seed: 7,
					size: '512x512',
				});
			});

			it('reads a field as text, msg, flow, global, env and JSONata', async () => {
				const { node, out } = await load({
					fields: {
						prompt: { type: 'jsonata', value: '"A " & payload.animal & " at night"' },
						negative_prompt: { type: 'flow', value: 'never' },
						model: { type: 'global', value: 'engine' },
						track_id: { type: 'env', value: 'TTV_TEST_TRACK' },
						num_inference_steps: { type: 'msg', value: 'steps' },
						loras: {
							type: 'list',
							value: [
								{
									model_name: { type: 'msg', value: 'lora' },
									strength: { type: 'num', value: '0.5' },
								},
							],
						},
					},
				});
				process.env.TTV_TEST_TRACK = 'order-12';
				const context = node.context() as unknown as {
					flow: { set(key: string, value: unknown): void };
					global: { set(key: string, value: unknown): void };
				};
				context.flow.set('never', 'people');
				context.global.set('engine', 'preview');
				node.receive({ payload: { animal: 'fox' }, steps: '30', lora: 'ink' });
				const { job } = await out.next();
				delete process.env.TTV_TEST_TRACK;
				expect(sim.book.of('submit')[0]?.body).toMatchObject({
					prompt: 'A fox at night',
					negative_prompt: 'people',
					model: 'preview',
					num_inference_steps: 30,
					loras: [{ model_name: 'ink', strength: 0.5 }],
				});
				expect(job?.trackingId).toBe('order-12');
			});

			it('puts a text payload into the first part of a provider that wants a list of prompts', async () => {
				const fields = {
					model_name: { type: 'str', value: 'm.safetensors' },
					...Object.fromEntries(
						['width', 'height'].map((name) => [name, { type: 'num', value: '512' }]),
					),
					steps: { type: 'num', value: '20' },
				};
				const change = { fields, mode: 'return' };
				const { node, out } = await load(change, {}, { provider: 'novita' });
				node.receive({ payload: 'A little girl in the snow' });
				await out.next();
				expect(sim.book.of('submit')[0]?.body).toMatchObject({
					prompts: [{ prompt: 'A little girl in the snow', frames: 32 }],
				});
			});

			it.each([
				['a number out of range', { num_inference_steps: 500 }, 'Number of Inference Steps'],
				['a field that does not exist', { colour: 'red' }, 'There is no field colour'],
				['an expression that was not evaluated', { prompt: '{{ $json.x }}' }, 'not evaluated'],
			])('refuses %s before anything is sent', async (_name, payload, words) => {
				const { node, caught, texts } = await load();
				node.receive({ payload: { prompt: 'A fox', ...payload } });
				const msg = await caught.next();
				expect((msg.error as { message: string }).message).toContain(words);
				expect(msg.failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
				expect(sim.book.requests).toEqual([]);
				expect(texts).toEqual([]);
			});

			it("does not take Inject's timestamp for a prompt", async () => {
				const { node, caught } = await load();
				node.receive({ payload: 1763640000000 });
				const { error } = await caught.next();
				expect((error as { message: string }).message).toBe(
					'Prompt (prompt) is taken from msg.payload, which is 1763640000000 (number) and not a text. Send a text in msg.payload, or an object of fields such as {"prompt": "…"}, or set the field in the node.',
				);
				expect(sim.book.requests).toEqual([]);
			});

			it('tells Catch of a failed job with its id, the reason and what to do', async () => {
				const { node, caught, texts } = await load({}, { failWhen: () => 'The lights went out' });
				node.receive({ payload: 'A fox' });
				const msg = await caught.next();
				const { jobId } = msg.job ?? {};
				expect((msg.error as { message: string }).message).toMatch(
					new RegExp(`^Job ${jobId}: The lights went out`),
				);
				expect(msg.failure).toMatchObject({ code: 'generation_failed', accepted: 'yes' });
				expect(msg.payload).toBe('A fox');
				expect(texts.at(-1)).toMatch(/^failed: job video_/);
			});

			it('never repeats a submit of doubtful outcome, and says that it may have been taken', async () => {
				const { node, caught } = await load();
				sim.faults.next('submit', { kind: 'resetAfter' });
				node.receive({ payload: 'A fox' });
				const msg = await caught.next();
				expect(msg.failure).toMatchObject({ accepted: 'unknown' });
				expect((msg.error as { message: string }).message).toContain('may have been accepted');
				expect(sim.book.of('submit')).toHaveLength(1);
			});

			it('repeats a submit that certainly was not taken', async () => {
				const { node, out } = await load();
				sim.faults.next('submit', { kind: 'error', error: 'rateLimited', retryAfterSeconds: 0 });
				node.receive({ payload: 'A fox' });
				expect((await out.next()).job?.status).toBe('succeeded');
				expect(sim.book.charges).toBe(1);
			});

			it('says that the key is missing before anything is sent', async () => {
				const { node, caught } = await load({}, { key: ' ' }, { provider: 'novita' });
				node.receive({ payload: 'A fox' });
				const { error } = await caught.next();
				expect((error as { message: string }).message).toMatch(
					/^The account for Novita.* has no API key\. Open the account and enter the key\.$/,
				);
			});

			it('passes the job on as it stands when the patience ends', async () => {
				const { node, out, caught } = await load({ waitAtMost: '0.02' }, { durationMs: Infinity });
				node.receive({ payload: 'A fox' });
				const { job, payload } = await out.next();
				expect(job?.status).toMatch(/queued|processing/);
				expect(job?.nextPollSeconds).toBeGreaterThan(0);
				expect(payload).toBe(job);
				expect(caught.all).toEqual([]);
			});

			it('gives the job at once where it shall not wait', async () => {
				const { node, out } = await load({ mode: 'return' }, { durationMs: Infinity });
				node.receive({ payload: 'A fox' });
				const { job } = await out.next();
				expect(job).toMatchObject({ status: 'queued' });
				expect(sim.book.of('fetch')).toEqual([]);
			});

			it('takes fifty messages at once, so many at a time, and loses none', async () => {
				const { node, out, texts } = await load({ parallel: '10' }, { durationMs: 0 });
				for (let index = 0; index < 50; index += 1)
					node.receive({ payload: `Clip ${index}`, index });
				await out.next(50);
				const indices = out.all.map((msg) => Number(msg.index)).sort((a, b) => a - b);
				expect(indices).toEqual(Array.from({ length: 50 }, (_unused, index) => index));
				expect(new Set(out.all.map(({ job }) => job?.jobId)).size).toBe(50);
				expect(sim.book.charges).toBe(50);
				expect(texts).toContain('10 running, 40 in line');
				expect(texts.at(-1)).toBe('');
			});

			it('refuses what would make the line too long', async () => {
				const change = { parallel: '1', longestLine: '2' };
				const { node, caught } = await load(change, { durationMs: Infinity });
				for (let index = 0; index < 4; index += 1) node.receive({ payload: `Clip ${index}` });
				const { error } = await caught.next();
				expect((error as { message: string }).message).toContain('2 messages in line already');
			});
		});

		describe('the video', () => {
			it('is streamed to the file that msg.filename names, and nothing half-written stays', async () => {
				const { node, out } = await load({ output: 'file' });
				const filename = path.join(folder, 'deep/er/fox.mp4');
				node.receive({ payload: 'A fox', filename });
				const msg = await out.next();
				expect([msg.payload, msg.filename]).toEqual([filename, filename]);
				expect(await readFile(filename)).toEqual(TINY_MP4);
				expect(await readdir(path.dirname(filename))).toEqual(['fox.mp4']);
				expect(sim.book.keyLeaks).toEqual([]);
			});

			it('is named by its job where a folder is given', async () => {
				const filename = `${path.join(folder, 'clips')}/`;
				const { node, out } = await load({ output: 'file', filename, filenameType: 'str' });
				node.receive({ payload: 'A fox' });
				const { payload, job } = await out.next();
				expect(payload).toBe(path.join(folder, 'clips', `video-${job?.jobId}.mp4`));
			});

			it('has a place to go before anything is paid', async () => {
				const { node, caught } = await load({ output: 'file' });
				node.receive({ payload: 'A fox' });
				expect(((await caught.next()).error as { message: string }).message).toContain(
					'File is empty',
				);
				expect(sim.book.requests).toEqual([]);
			});

			it('is given as a Buffer or as a stream', async () => {
				const { node, out } = await load({ output: 'buffer' });
				node.receive({ payload: 'A fox' });
				expect((await out.next()).payload).toEqual(TINY_MP4);
				await helper.unload();
				loaded = false;
				await sim.close();

				const second = await load({ output: 'stream' });
				second.node.receive({ payload: 'A fox' });
				const chunks = [];
				for await (const chunk of (await second.out.next()).payload as AsyncIterable<Buffer>) {
					chunks.push(chunk);
				}
				expect(Buffer.concat(chunks)).toEqual(TINY_MP4);
			});

			it('is not taken into memory beyond the limit, and the job is not lost by that', async () => {
				const { node, caught } = await load({ output: 'buffer', maximumSize: '0.0001' });
				node.receive({ payload: 'A fox' });
				const msg = await caught.next();
				expect((msg.error as { message: string }).message).toContain('is larger than');
				expect(msg.job).toMatchObject({ status: 'succeeded' });
				expect(msg.job?.videos).toHaveLength(1);
			});
		});

		describe('cancel', () => {
			it('ends all jobs of the node, at the provider too', async () => {
				const { node, caught } = await load({ parallel: '1' }, { durationMs: Infinity });
				node.receive({ payload: 'A fox' });
				node.receive({ payload: 'In line' });
				await until(() => sim.book.charges === 1);
				node.receive({ cancel: true });
				await caught.next(2);
				const [inLine, running] = [...caught.all].sort(
					(a, b) => Number(Boolean(a.job)) - Number(Boolean(b.job)),
				);
				expect(inLine?.failure).toMatchObject({ code: 'cancelled', accepted: 'no' });
				expect(running?.job).toMatchObject({ status: 'cancelled' });
				expect(sim.book.of('cancel')).toHaveLength(1);
				expect(sim.book.charges).toBe(1);
			});

			it('ends one job by its id, and says where it does not know it', async () => {
				const { node, caught, texts } = await load({}, { durationMs: Infinity });
				node.receive({ payload: 'One' });
				node.receive({ payload: 'Two' });
				await until(() => sim.book.charges === 2);
				const jobId = sim.book.jobs[0]!.id;
				await until(() => texts.some((text) => /2 running/.test(text)));
				node.receive({ reset: jobId });
				expect((await caught.next()).job).toMatchObject({ jobId, status: 'cancelled' });
				node.receive({ reset: 'other' });
				const { error } = await caught.next();
				expect((error as { message: string }).message).toMatch(/not waiting for job other/);
				expect(sim.book.of('cancel')).toHaveLength(1);
			});
		});

		describe('a redeploy', () => {
			it('picks up the job that was under way and the message in line, and pays for nothing twice', async () => {
				const { node, flow, credentials } = await load({ parallel: '1' }, { durationMs: Infinity });
				node.receive({ payload: 'Under way', req: { not: 'data' } });
				node.receive({ payload: 'In line' });
				await until(() => sim.book.charges === 1);
				await helper.setFlows([...flow], 'full', credentials);
				const { out } = hear();
				const [first] = sim.book.jobs;
				await sim.finish(first!.id);
				const msg = await out.next();
				expect(msg).toMatchObject({ payload: { jobId: first!.id }, req: { not: 'data' } });
				await until(() => sim.book.charges === 2);
				const second = sim.book.jobs[1]!;
				expect(second.request.prompt).toBe('In line');
				await sim.finish(second.id);
				expect((await out.next()).job?.jobId).toBe(second.id);
				expect(sim.book.charges).toBe(2);
			});

			it('hears out a submit that is on its way', async () => {
				const { node, flow, credentials } = await load({}, { durationMs: 2_000 });
				sim.faults.next('submit', { kind: 'slow', ms: 150 });
				node.receive({ payload: 'A fox' });
				await until(() => sim.book.requests.length === 1);
				await helper.setFlows([...flow], 'full', credentials);
				const { out } = hear();
				expect((await out.next()).job?.status).toBe('succeeded');
				expect(sim.book.charges).toBe(1);
			});

			it.each([
				['full', 0],
				['nodes', 0],
				['full', 150],
				['nodes', 150],
			])(
				'(%s) without the node cancels its jobs at the provider, one whose submit still takes %i ms too',
				async (deploy, ms) => {
					const { node, flow, credentials } = await load({}, { durationMs: Infinity });
					if (ms > 0) sim.faults.next('submit', { kind: 'slow', ms });
					node.receive({ payload: 'A fox' });
					await until(() => (ms > 0 ? sim.book.requests.length : sim.book.charges) === 1);
					const rest = flow.filter(({ id }) => id !== nodeId);
					await helper.setFlows(rest, deploy, credentials);
					await until(() => sim.book.of('cancel').length > 0);
					expect(sim.state(sim.book.jobs[0]!.id).status).toBe('cancelled');
				},
			);
		});

		describe('fetch result', () => {
			/** A job that was submitted earlier. */
			async function submitted(durationMs: number, change: Partial<FlowNode> = {}) {
				const loadedFlow = await load(change, { durationMs }, { node: RESULT });
				const reply = await fetch(`${sim.url}/v1/videos`, {
					method: 'POST',
					headers: { 'content-type': 'application/json', authorization: `Bearer ${sim.key}` },
					body: JSON.stringify({ prompt: 'A fox' }),
				});
				const { id } = (await reply.json()) as { id: string };
				return { ...loadedFlow, id };
			}

			it('waits for a job that it has only the id of', async () => {
				const { node, out, id } = await submitted(500, { jobId: 'payload', jobIdType: 'msg' });
				node.receive({ payload: id });
				expect((await out.next()).job).toMatchObject({ jobId: id, status: 'succeeded' });
				expect(sim.book.charges).toBe(1);
			});

			it('asks once and gives the job as it stands', async () => {
				const { node, out, id } = await submitted(Infinity, {
					operation: 'ask',
					jobId: 'payload',
				});
				node.receive({ payload: id });
				const { job } = await out.next();
				expect(job).toMatchObject({ jobId: id });
				expect(job?.nextPollSeconds).toBeGreaterThan(0);
				expect(sim.book.of('fetch')).toHaveLength(1);
			});

			it('takes the job that text to video left in the message, and downloads its video', async () => {
				const { node, out, id } = await submitted(0, { operation: 'ask', output: 'buffer' });
				const job = { provider: 'localGpu', jobId: id, status: 'processing', videos: [] };
				node.receive({
					job: { ...job, submittedAt: new Date().toISOString(), trackingId: 'mine' },
				});
				const msg = await out.next();
				expect(msg.payload).toEqual(TINY_MP4);
				expect(msg.job).toMatchObject({ jobId: id, trackingId: 'mine' });
			});

			it('cancels', async () => {
				const { node, caught, out, id } = await submitted(Infinity, {
					operation: 'cancel',
					jobId: 'payload',
				});
				node.receive({ payload: id });
				expect((await out.next()).job).toMatchObject({ jobId: id, status: 'cancelled' });
				expect(caught.all).toEqual([]);
			});

			it('says what is wrong with a job that it can not fetch', async () => {
				const { node, caught } = await load({}, {}, { node: RESULT });
				node.receive({ payload: 'A fox' });
				expect(((await caught.next()).error as { message: string }).message).toContain(
					'There is no job id',
				);
				node.receive({ job: 'nobody' });
				const msg = await caught.next();
				expect(msg.failure).toMatchObject({ code: 'not_found' });
				expect((msg.error as { message: string }).message).toContain('nobody');
				const foreign = { provider: 'novita', jobId: 'n1', status: 'queued', videos: [] };
				node.receive({ job: { ...foreign, submittedAt: new Date().toISOString() } });
				const { error } = await caught.next();
				expect((error as { message: string }).message).toContain(
					'belongs to the provider "novita"',
				);
			});
		});
	});
}
