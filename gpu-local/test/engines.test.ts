import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Progress, VideoRequest } from '../src/engines/engine.ts';
import { createOpenaiVideosEngine } from '../src/engines/openaiVideos/index.ts';
import { probe } from '../src/artifacts/probe/index.ts';
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

	const open = (url: string, flavour = 'openai'): Promise<Engine> =>
		createOpenaiVideosEngine({
			dataFolder: folder,
			modelsFolder: folder,
			env: { GPU_LOCAL_OPENAI_URL: url, GPU_LOCAL_OPENAI_FLAVOUR: flavour },
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
			{ signal, progress, log: () => undefined },
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

	it('reports progress, and cancels there what is cancelled here', async () => {
		const engine = await open(remote.url);
		const controller = new AbortController();
		let seen: Progress | undefined;
		const run = generate(engine, { model: 'preview-slow' }, controller.signal, (progress) => {
			seen = progress;
			if ((progress.step ?? 0) > 0) controller.abort(new Error('enough'));
		});
		await expect(run).rejects.toThrow();
		expect(seen).toMatchObject({ stage: 'remote', steps: 100 });
		await eventually(async () => {
			const { body } = await remote.call('GET', '/v1/videos?limit=1');
			return body.data[0].status === 'cancelled' || undefined;
		});
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
