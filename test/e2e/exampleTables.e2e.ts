/** The examples that keep a table: the scheduled pipeline and the batch, on a real n8n. */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readExamples } from '../../scripts/start/examples';
import { startSimulator, TINY_MP4, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { rowsOf } from '../support/dataTable';
import { simulatedCredentials } from '../support/lifeWorkflow';
import { itemsOf, N8nServer, until, type Execution, type WorkflowJson } from '../support/n8nServer';
import { PostReceiver } from '../support/postReceiver';

const PIPELINE = 'ttvPipeline00008';
const BATCH = 'ttvBatch00000009';
const JOB_MS = 300;

let sim: Simulator;
let receiver: PostReceiver;
let n8n: N8nServer;
let earlier = 0;

beforeAll(async () => {
	sim = await startSimulator({
		...WITHOUT_LIMITS,
		durationMs: ({ request }) => (asks(request, 'for ever') ? Infinity : JOB_MS),
		failWhen: ({ request }) => (asks(request, 'impossible') ? 'Nobody can draw that' : undefined),
	});
	receiver = await PostReceiver.open();
	n8n = await N8nServer.start({
		credentials: simulatedCredentials(sim, ['textToVideoLocalGpuApi']),
		workflows: (await readExamples()).filter(({ id }) => id === PIPELINE || id === BATCH),
	});
});
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
	await receiver?.close();
});
beforeEach(() => {
	earlier = sim.book.charges;
});
afterEach(() => {
	sim.faults.clear();
	receiver.status = 200;
});

const asks = (request: object, words: string) => JSON.stringify(request).includes(words);
const ordered = () => sim.book.jobs.slice(earlier).map(({ request }) => request.prompt);

/** What a person changes after the import: the list in one of the Edit Fields steps, and the address. */
async function write(
	id: string,
	step: string,
	list: unknown[],
	changes: Record<string, object> = {},
): Promise<void> {
	const example = (await readExamples()).find((each) => each.id === id)!;
	const nodes = structuredClone(example.nodes);
	for (const { name, parameters } of nodes) {
		const { assignments } = parameters as { assignments?: { assignments: [{ value: string }] } };
		if (name === step && assignments) assignments.assignments[0].value = JSON.stringify(list);
		if (name === 'Post it') parameters.url = receiver.url;
		Object.assign(parameters, changes[name]);
	}
	const saved = await n8n.rest.call<WorkflowJson>('GET', `/rest/workflows/${id}`);
	const credentials = Object.fromEntries(
		saved.nodes.map(({ name, credentials: own }) => [name, own]),
	);
	await n8n.rest.saveWorkflow({
		...example,
		nodes: nodes.map((node) => ({ ...node, credentials: credentials[node.name] })),
	});
}

describe('08: the scheduled pipeline', () => {
	const day = async () => await n8n.run(PIPELINE, 'Every day at 8');
	const rows = async () => await rowsOf(n8n, 'text-to-video-pipeline');
	const rowOf = async (prompt: string) => (await rows()).find((row) => row.prompt === prompt);
	const prompts = async (...list: string[]) => await write(PIPELINE, 'Your prompts', list);

	it('orders nothing while it would post to the address of the example', async () => {
		const execution = await day();
		expect(execution.status).toBe('error');
		expect(execution.data.resultData.error?.message).toContain('nothing was ordered');
		expect(ordered()).toEqual([]);
	});

	it('posts one new prompt a day, the file with its text, and rests when all are done', async () => {
		await prompts('A fox', 'A hare');
		for (const prompt of ['A fox', 'A hare']) {
			expect((await day()).status).toBe('success');
			const { texts, files } = receiver.posted.at(-1)!;
			expect(texts).toEqual({ text: prompt, address: expect.stringContaining(sim.url) });
			expect(files.video).toMatchObject({ type: 'video/mp4', bytes: TINY_MP4 });
			expect(await rowOf(prompt)).toMatchObject({
				status: 'posted',
				jobId: sim.book.jobs.at(-1)?.id,
				video: texts.address,
			});
		}
		expect((await day()).status).toBe('success');
		expect(ordered()).toEqual(['A fox', 'A hare']);
		expect(receiver.posted).toHaveLength(2);
	});

	it('notes why a job failed, and goes on with the next prompt the day after', async () => {
		await prompts('An impossible stair', 'A stair');
		expect((await day()).status).toBe('success');
		expect(await rowOf('An impossible stair')).toMatchObject({
			status: 'no video',
			jobId: sim.book.jobs.at(-1)?.id,
			reason: expect.stringContaining('Nobody can draw that'),
		});
		await day();
		expect(await rowOf('A stair')).toMatchObject({ status: 'posted' });
		expect(ordered()).toEqual(['An impossible stair', 'A stair']);
	});

	it('never orders again what the provider may have taken', async () => {
		await prompts('A doubtful cat');
		// The local executor knows a repeated request again, so one broken line does no harm there.
		for (let time = 0; time < 10; time += 1) sim.faults.next('submit', { kind: 'resetAfter' });
		await day();
		sim.faults.clear();
		const row = await rowOf('A doubtful cat');
		expect(row).toMatchObject({ status: 'ordered' });
		expect(row?.reason).toContain('Look for it at the provider before you submit it again');
		await day();
		expect(ordered()).toEqual(['A doubtful cat']);
	});

	it('keeps the address of a video that could not be posted', async () => {
		await prompts('A shy owl');
		receiver.status = 503;
		expect((await day()).status).toBe('success');
		expect(await rowOf('A shy owl')).toMatchObject({
			status: 'not posted',
			video: expect.stringContaining(sim.url),
			reason: expect.stringMatching(/Come later|503|unavailable/i),
		});
		await day();
		expect(ordered()).toEqual(['A shy owl']);
	});

	it.each([
		[
			'no credential is chosen',
			{
				provider: 'aimlapiPixverse',
				model: 'pixverse/v5/text-to-video',
				additionalFields: {},
			},
		],
		['the proxy of the node is none', { requestOptions: { proxy: 'nonsense' } }],
	])(
		'takes a row up again that was not ordered because %s, and orders it once',
		async (what, change) => {
			const prompt = `A toad while ${what}`;
			await prompts(prompt);
			await write(PIPELINE, 'Your prompts', [prompt], { 'Text to Video': change });
			expect((await day()).status).toBe('success');
			expect(await rowOf(prompt)).toMatchObject({
				status: 'not ordered',
				reason: expect.stringMatching(/No credential for AI\/ML API is chosen|proxy is not valid/),
			});
			expect(ordered()).toEqual([]);
			await prompts(prompt);
			await day();
			expect(await rowOf(prompt)).toMatchObject({ status: 'posted', reason: '' });
			await day();
			expect(ordered()).toEqual([prompt]);
		},
	);

	it('fetches what was ordered when the credential is gone, once it is back, and orders nothing', async () => {
		const prompt = 'A lost key';
		await prompts(prompt);
		await write(PIPELINE, 'Your prompts', [prompt], { 'Fetch Result': { provider: 'novita' } });
		await day();
		expect(await rowOf(prompt)).toMatchObject({
			status: 'being made',
			jobId: sim.book.jobs.at(-1)?.id,
			reason: expect.stringContaining('No credential for Novita is chosen'),
		});
		await prompts(prompt);
		await day();
		expect(await rowOf(prompt)).toMatchObject({ status: 'posted' });
		expect(ordered()).toEqual([prompt]);
	});

	it('never orders again what was on its way when the power went', async () => {
		const prompt = 'A light that goes out';
		await prompts(prompt);
		sim.faults.next('submit', { kind: 'silent' });
		await n8n.rest.runManually(PIPELINE, 'Every day at 8');
		await until(20_000, 'the submit to be on its way', async () =>
			ordered().length === 1 ? true : undefined,
		);
		await n8n.killAndRestart();
		expect(await rowOf(prompt)).toMatchObject({ status: 'ordered' });
		await day();
		await day();
		expect(await rowOf(prompt)).toMatchObject({ status: 'ordered' });
		expect(ordered()).toEqual([prompt]);
	});

	it('has the job in the table when the power goes, and does not order it again', async () => {
		await prompts('A clock that runs for ever');
		await n8n.rest.runManually(PIPELINE, 'Every day at 8');
		await until(20_000, 'the job to be noted', async () =>
			(await rowOf('A clock that runs for ever'))?.status === 'being made' ? true : undefined,
		);
		await n8n.killAndRestart();
		expect(await rowOf('A clock that runs for ever')).toMatchObject({
			status: 'being made',
			jobId: sim.book.jobs.at(-1)?.id,
		});
		await sim.finish(sim.book.jobs.at(-1)!.id);
		await day();
		expect(await rowOf('A clock that runs for ever')).toMatchObject({ status: 'posted' });
		expect(ordered()).toEqual(['A clock that runs for ever']);
	});
});

describe('09: the batch from a table', () => {
	const run = async () => await n8n.run(BATCH, 'When clicking Execute workflow');
	const rows = async () => await rowsOf(n8n, 'text-to-video-batch');
	const titles = (execution: Execution, step: string) =>
		itemsOf(execution, step).map(({ json }) => json.title);
	const row = (index: number) => ({
		title: `row-${String(index).padStart(2, '0')}`,
		prompt: index === 5 ? 'An impossible stair' : `Video number ${index}`,
		seconds: 1 + (index % 3),
	});

	it('makes many rows side by side, in their order, and keeps a failed one apart', async () => {
		const all = Array.from({ length: 24 }, (_unused, index) => row(index));
		const good = all.filter((_row, index) => index !== 5);
		await write(BATCH, 'Sample rows', all);
		const execution = await run();
		expect(execution.status).toBe('success');
		expect(titles(execution, 'Note: done')).toEqual(good.map(({ title }) => title));
		expect(titles(execution, 'Note: failed')).toEqual(['row-05']);

		const written = await rows();
		const failed = written.filter(({ title }) => title === 'row-05');
		expect(failed).toMatchObject([
			{
				status: 'failed',
				reason: expect.stringContaining('Nobody can draw that') as string,
			},
		]);
		const others = written.filter(({ title }) => title !== 'row-05');
		expect(others).toHaveLength(good.length);
		for (const { title, prompt, seconds, ...made } of others) {
			expect(made).toMatchObject({ status: 'done', file: `batch-${String(title)}.mp4` });
			const job = sim.book.job(String(made.jobId));
			expect(job.request).toMatchObject({ prompt, seconds: String(seconds) });
			expect(job.trackingId).toBe(`row-${made.id}`);
			expect(await readFile(join(n8n.filesFolder, String(made.file)))).toEqual(TINY_MP4);
		}
	});

	it('keeps the job and its address where a default n8n may not write the file', async () => {
		await write(BATCH, 'Sample rows', [{ title: 'kept', prompt: 'A locked door', seconds: 1 }], {
			'Write the video to disk': { fileName: join(tmpdir(), 'text-to-video-not-allowed.mp4') },
		});
		expect((await run()).status).toBe('success');
		expect((await rows()).find(({ title }) => title === 'kept')).toMatchObject({
			status: 'done',
			jobId: sim.book.jobs.at(-1)?.id,
			video: expect.stringContaining(sim.url),
			reason: expect.stringContaining('N8N_RESTRICT_FILE_ACCESS_TO'),
		});
		await run();
		expect(ordered()).toEqual(['A locked door']);
	});

	it('takes a row up again that was not ordered for want of a key, and orders it once', async () => {
		await write(BATCH, 'Sample rows', [{ title: 'keyless', prompt: 'A toad', seconds: 1 }]);
		sim.faults.next('submit', { kind: 'error', error: 'invalidKey' });
		await run();
		const status = async () => (await rows()).find(({ title }) => title === 'keyless')?.status;
		expect(await status()).toBe('not ordered');
		await run();
		expect(await status()).toBe('done');
		await run();
		expect(ordered()).toEqual(['A toad']);
	});

	it('fetches what was being made when the power went, and goes on with the rows after it', async () => {
		const [held, next] = ['A clock for ever', 'A clock that rests'];
		await write(BATCH, 'Sample rows', [
			{ title: 'held', prompt: held, seconds: 1 },
			{ title: 'cut', prompt: 'A light that goes out', seconds: 1 },
			{ title: 'next', prompt: next, seconds: 1 },
		]);
		const statusOf = async (title: string) =>
			(await rows()).find((each) => each.title === title)?.status;
		await n8n.rest.runManually(BATCH, 'When clicking Execute workflow');
		await until(20_000, 'the first job to be noted', async () =>
			(await statusOf('held')) === 'being made' ? true : undefined,
		);
		await until(20_000, 'the jobs to be ordered', async () =>
			ordered().length === 3 ? true : undefined,
		);
		await n8n.killAndRestart();
		for (const { id } of sim.book.jobs.slice(earlier)) await sim.finish(id);
		await run();
		expect(await statusOf('held')).toBe('done');
		expect(ordered().toSorted()).toEqual([held, next, 'A light that goes out'].toSorted());
	});

	it('makes only the new row the next time', async () => {
		const all = Array.from({ length: 25 }, (_unused, index) => row(index));
		await write(BATCH, 'Sample rows', all);
		expect(titles(await run(), 'Note: done')).toEqual(['row-24']);
		expect(ordered()).toEqual(['Video number 24']);
	});

	it('does not let a row without a prompt cost the others their videos', async () => {
		await write(BATCH, 'Sample rows', [
			{ title: 'empty', prompt: '', seconds: 1 },
			{ title: 'full', prompt: 'A full moon', seconds: 1 },
		]);
		const execution = await run();
		expect(execution.status).toBe('success');
		expect(titles(execution, 'Note: done')).toEqual(['full']);
		expect((await rows()).find(({ title }) => title === 'empty')).toMatchObject({
			status: 'failed',
			reason: expect.stringContaining('Prompt') as string,
		});
	});
});
