import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EngineMemory, Progress, VideoRequest } from '../src/engines/engine.ts';
import { createOpenaiVideosEngine } from '../src/engines/openaiVideos/index.ts';
import { probe } from '../src/artifacts/probe/index.ts';
import { startSimulator } from '../../test/simulators/simulator';
import type { Simulator, SimulatorOptions } from '../../test/simulators/simulator';
import type { Json } from './support/json.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

const REQUEST: VideoRequest = {
	model: 'preview',
	prompt: 'A boat',
	width: 96,
	height: 64,
	fps: 8,
	num_frames: 8,
	seed: 3,
	output_format: 'mp4',
	strict: false,
};

describe('forwarding to a video server', () => {
	let remote: TestServer;
	let folder: string;
	beforeAll(async () => {
		remote = await startTestServer();
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-forward-'));
	});
	afterAll(async () => {
		await remote.stop();
		await rm(folder, { recursive: true, force: true });
	});

	const open = (url: string, flavour = 'openai', env = {}): Promise<Engine> =>
		createOpenaiVideosEngine({
			dataFolder: folder,
			modelsFolder: folder,
			env: { GPU_LOCAL_OPENAI_URL: url, GPU_LOCAL_OPENAI_FLAVOUR: flavour, ...env },
			log: () => undefined,
		});
	const generate = (
		engine: Engine,
		change: Partial<VideoRequest> = {},
		signal = new AbortController().signal,
		progress: (progress: Progress) => void = () => undefined,
	) =>
		engine.generate(
			{ id: 'x', request: { ...REQUEST, ...change }, outputPath: join(folder, 'out.mp4') },
			{ signal, progress, remember: async () => undefined, log: () => undefined },
		);

	it.each(['openai', 'sglang', 'vllm-omni', 'fastvideo'])(
		'works in the way of %s',
		async (flavour) => {
			const engine = await open(remote.url, flavour);
			expect((await engine.models()).map(({ id }) => id)).toContain('preview');
			const { file } = await generate(engine);
			expect(await probe(file)).toMatchObject({ width: 96, height: 64, frames: 8, fps: 8 });
		},
	);

	it('reports progress, and remembers the job before and after it is sent', async () => {
		const engine = await open(remote.url);
		const controller = new AbortController();
		const remembered: Array<EngineMemory | undefined> = [];
		let seen: Progress | undefined;
		const run = engine.generate(
			{
				id: 'x',
				request: { ...REQUEST, model: 'preview-slow' },
				outputPath: join(folder, 'out.mp4'),
			},
			{
				signal: controller.signal,
				progress: (progress) => {
					seen = progress;
					if ((progress.step ?? 0) > 0) controller.abort(new Error('enough'));
				},
				remember: async (memory) => void remembered.push(memory),
				log: () => undefined,
			},
		);
		await expect(run).rejects.toThrow('enough');
		expect(seen).toMatchObject({ stage: 'remote', steps: 100 });
		expect(remembered).toMatchObject([
			{ idempotencyKey: expect.any(String) },
			{ idempotencyKey: expect.any(String), jobId: expect.stringMatching(/^video_/) },
		]);
		await engine.abandon!(remembered[1]!);
		const { body } = await remote.call('GET', `/v1/videos/${remembered[1]!.jobId}`);
		expect(body.status).toBe('cancelled');
	});

	it('passes the reason of a failure on', async () => {
		const engine = await open(remote.url);
		await expect(generate(engine, { model: 'preview-fail' })).rejects.toMatchObject({
			code: 'invalid_request',
			message: expect.stringContaining('fails on purpose'),
		});
	});

	it('says that the server is away, and keeps its models for later', async () => {
		const engine = await open('http://127.0.0.1:9');
		expect(await engine.models()).toMatchObject([{ available: false }]);
		await expect(generate(engine)).rejects.toMatchObject({ code: 'worker_lost', retryable: true });
		expect((await engine.check!())[0]).toMatchObject({ ok: false });
	});

	describe.each([
		['openai', 'openai'],
		['sglang', 'sglang'],
		['vllm-omni', 'vllmOmni'],
	] as const)('a server in the manner of %s', (flavour, openaiServer) => {
		let sim: Simulator;
		const serve = async (options: SimulatorOptions) => {
			sim = await startSimulator({ openaiServer, ...options });
			return await open(sim.url, flavour, { GPU_LOCAL_OPENAI_KEY: sim.key });
		};
		afterEach(() => sim.close());

		it('makes the video', async () => {
			const { file } = await generate(await serve({ durationMs: 300 }));
			expect(await probe(file)).toMatchObject({ width: 64, height: 64, frames: 8 });
			expect(sim.book.charges).toBe(1);
		});

		it('fails, and says why', async () => {
			const engine = await serve({ durationMs: 300, failWhen: () => 'CUDA out of memory' });
			await expect(generate(engine)).rejects.toMatchObject({ code: 'gpu_oom' });
			expect(sim.book.charges).toBe(1);
		});

		it('gives up a job that is not wanted, and forgets it', async () => {
			const engine = await serve({ durationMs: Infinity });
			const controller = new AbortController();
			const remembered: Array<EngineMemory | undefined> = [];
			const run = engine.generate(
				{ id: 'x', request: REQUEST, outputPath: join(folder, 'out.mp4') },
				{
					signal: controller.signal,
					progress: () => undefined,
					remember: async (memory) => {
						remembered.push(memory);
						if (memory?.jobId !== undefined) controller.abort(new Error('not wanted'));
					},
					log: () => undefined,
				},
			);
			await expect(run).rejects.toThrow('not wanted');
			await engine.abandon!(remembered.at(-1)!);
			expect(sim.book.of('cancel')).toHaveLength(1);
			await engine.abandon!(remembered.at(-1)!);
			expect(sim.book.of('cancel')).toHaveLength(1);
		});
	});

	describe('servers with habits of their own', () => {
		/** A server that answers from a table: what SGLang, Dynamo and others were seen to answer. */
		const scripted = async (
			answers: Record<string, { status?: number; type?: string; body: unknown }>,
		) => {
			const server = createServer((request, response) => {
				const found = answers[`${request.method} ${request.url!.split('?')[0]}`];
				const { status, type, body } = found ?? {
					status: 404,
					body: { detail: 'Video not found' },
				};
				request.resume();
				response.writeHead(status ?? 200, { 'content-type': type ?? 'application/json' });
				response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
			});
			await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
			const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
			return { url, stop: () => server.close() };
		};
		let video: Buffer;
		beforeAll(async () => {
			const { body } = await remote.call('POST', '/v1/videos', {
				prompt: 'x',
				size: '96x64',
				num_frames: 8,
				fps: 8,
			});
			const { url } = await remote.finished(body.id);
			video = Buffer.from(await (await fetch(url)).arrayBuffer());
		});

		it.each([
			[
				'sends the video with the answer',
				() => ({ 'POST /v1/videos': { type: 'video/mp4', body: video } }),
			],
			[
				'sends it as text',
				() => ({ 'POST /v1/videos': { body: { data: [{ b64_json: video.toString('base64') }] } } }),
			],
			[
				'gives it out under a url',
				() => ({
					'POST /v1/videos': { body: { data: [{ url: '/out/a.mp4' }] } },
					'GET /out/a.mp4': { type: 'video/mp4', body: video },
				}),
			],
			[
				'goes from queued to completed',
				() => ({
					'POST /v1/videos': { body: { id: 'a/b', status: 'queued' } },
					'GET /v1/videos/a%2Fb': { body: { id: 'a/b', status: 'completed' } },
					'GET /v1/videos/a%2Fb/content': { type: 'video/mp4', body: video },
				}),
			],
		])('one that %s', async (_what, answers) => {
			const server = await scripted(answers());
			const { file } = await generate(await open(server.url));
			expect(await probe(file)).toMatchObject({ width: 96, frames: 8 });
			server.stop();
		});

		it.each(['completed', 'succeeded', 'success', 'done', 'SUCCEEDED'])(
			'one that says %s when the video is done',
			async (status) => {
				const server = await scripted({
					'POST /v1/videos': { body: { id: 'a', status: 'queued' } },
					'GET /v1/videos/a': { body: { id: 'a', status } },
					'GET /v1/videos/a/content': { type: 'video/mp4', body: video },
				});
				const { file } = await generate(await open(server.url));
				expect(await probe(file)).toMatchObject({ width: 96, frames: 8 });
				server.stop();
			},
		);

		it('one that puts videos into a cloud’s storage, where its host is allowed', async () => {
			const keys: Array<string | undefined> = [];
			const storage = createServer((request, response) => {
				keys.push(request.headers.authorization);
				response.writeHead(200, { 'content-type': 'video/mp4' }).end(video);
			});
			await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
			const host = `127.0.0.1:${(storage.address() as AddressInfo).port}`;
			const url = `http://${host}/bucket/a.mp4`;
			const server = await scripted({
				'POST /v1/videos': { body: { id: 'a', status: 'queued' } },
				'GET /v1/videos/a': { body: { id: 'a', status: 'completed', url } },
				'GET /v1/videos/a/content': { status: 400, body: { detail: `Use the cloud URL: ${url}` } },
			});
			const env = { GPU_LOCAL_OPENAI_KEY: 'secret' };
			await expect(generate(await open(server.url, 'sglang', env))).rejects.toMatchObject({
				code: 'invalid_request',
				detail: { remedy: expect.stringContaining(`GPU_LOCAL_OPENAI_FILE_HOSTS=${host}`) },
			});
			expect(keys).toEqual([]);
			const allowed = { ...env, GPU_LOCAL_OPENAI_FILE_HOSTS: `other.example, ${host}` };
			const { file } = await generate(await open(server.url, 'sglang', allowed));
			expect(await probe(file)).toMatchObject({ width: 96, frames: 8 });
			expect(keys).toEqual([undefined]);
			server.stop();
			storage.close();
		});

		it.each([
			[
				'has lost the job',
				{ 'POST /v1/videos': { body: { id: 'a', status: 'queued' } } },
				'worker_lost',
			],
			[
				'refuses a field',
				{
					'POST /v1/videos': {
						status: 422,
						body: { detail: [{ loc: ['body', 'size'], msg: 'bad size' }] },
					},
				},
				'invalid_request',
			],
			[
				'runs out of memory',
				{
					'POST /v1/videos': { body: { id: 'a', status: 'queued' } },
					'GET /v1/videos/a': {
						body: { status: 'failed', error: { message: 'CUDA out of memory' } },
					},
				},
				'gpu_oom',
			],
			[
				'answers with the failed job and the status of its failure',
				{
					'POST /v1/videos': { body: { id: 'a', status: 'queued' } },
					'GET /v1/videos/a': {
						status: 500,
						body: { id: 'a', object: 'video', status: 'failed', error: { message: 'bad prompt' } },
					},
				},
				'invalid_request',
			],
			[
				'calls a failure an error',
				{
					'POST /v1/videos': { body: { id: 'a', status: 'queued' } },
					'GET /v1/videos/a': { body: { id: 'a', status: 'error', error: 'bad prompt' } },
				},
				'invalid_request',
			],
			['is overloaded', { 'POST /v1/videos': { status: 503, body: 'busy' } }, 'worker_lost'],
			[
				'points elsewhere',
				{ 'POST /v1/videos': { body: { data: [{ url: 'file:///etc/passwd' }] } } },
				'invalid_request',
			],
			[
				'points to another host',
				{ 'POST /v1/videos': { body: { data: [{ url: 'http://169.254.169.254/' }] } } },
				'invalid_request',
			],
		])('one that %s', async (_what, answers, code) => {
			const server = await scripted(answers as Parameters<typeof scripted>[0]);
			await expect(generate(await open(server.url))).rejects.toMatchObject({ code });
			server.stop();
		});
	});
});

describe('a server in front of a video server', () => {
	let remote: TestServer;
	let front: TestServer | undefined;
	beforeAll(async () => (remote = await startTestServer()));
	afterAll(() => remote.stop());
	afterEach(async () => {
		await front?.stop();
		front = undefined;
	});

	const startFront = (args: string[] = []) =>
		startTestServer(['--engine', 'openai-videos', ...args], { GPU_LOCAL_OPENAI_URL: remote.url });
	const jobsThere = async (prompt: string): Promise<Json[]> => {
		const { body } = await remote.call('GET', '/v1/videos?limit=100');
		return body.data.filter((job: Json) => job.prompt === prompt);
	};
	const runsThere = (prompt: string) =>
		eventually(async () => {
			const [job] = await jobsThere(prompt);
			return job?.status === 'in_progress' && job.progress > 0 ? job : undefined;
		});

	it('waits on for the job that it made there before it was restarted', async () => {
		const data = await mkdtemp(join(tmpdir(), 'gpu-local-front-'));
		front = await startFront(['--data', data]);
		const { body } = await front.call('POST', '/v1/videos', {
			...{ prompt: 'once', model: 'preview-slow', size: '64x64', num_frames: 8, fps: 8 },
		});
		await runsThere('once');
		await front.stop();
		front = await startFront(['--data', data]);
		const done = await eventually(async () => {
			const { body: job } = await front!.call('GET', `/v1/videos/${body.id}`);
			return ['completed', 'failed'].includes(job.status) ? job : undefined;
		}, 90_000);
		expect(done).toMatchObject({ status: 'completed', num_frames: 8 });
		expect(await jobsThere('once')).toMatchObject([{ status: 'completed' }]);
		await front.stop();
		front = undefined;
		await rm(data, { recursive: true, force: true });
	}, 120_000);

	it('ends there what is cancelled here', async () => {
		front = await startFront();
		const { body } = await front.call('POST', '/v1/videos', {
			...{ prompt: 'not wanted', model: 'preview-slow', size: '64x64', num_frames: 8, fps: 8 },
		});
		await runsThere('not wanted');
		await front.call('POST', `/v1/videos/${body.id}/cancel`);
		const ended = await eventually(async () => {
			const jobs = await jobsThere('not wanted');
			return jobs.some(({ status }) => status === 'cancelled') ? jobs : undefined;
		});
		expect(ended).toMatchObject([{ status: 'cancelled' }]);
	});

	it('ends there what was cancelled while it was restarted', async () => {
		const data = await mkdtemp(join(tmpdir(), 'gpu-local-front-'));
		front = await startFront(['--data', data]);
		const { body } = await front.call('POST', '/v1/videos', {
			...{ prompt: 'too late', model: 'preview-slow', size: '64x64', num_frames: 8, fps: 8 },
		});
		await runsThere('too late');
		await front.stop();
		front = await startFront(['--data', data, '--no-work']);
		await front.call('POST', `/v1/videos/${body.id}/cancel`);
		await front.stop();
		front = await startFront(['--data', data]);
		const ended = await eventually(async () => {
			const jobs = await jobsThere('too late');
			return jobs.some(({ status }) => status === 'cancelled') ? jobs : undefined;
		});
		expect(ended).toMatchObject([{ status: 'cancelled' }]);
		await front.stop();
		front = undefined;
		await rm(data, { recursive: true, force: true });
	}, 60_000);
});
