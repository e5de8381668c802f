import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpCall, Job, Provider, Reply, RequestValues } from '../../providers/contract';
import { isFinal } from '../../providers/contract';
import { absoluteUrl } from '../../providers/hosts';
import { aimlapiPixverse } from '../../providers/aimlapi';
import { localGpu } from '../../providers/localGpu';
import { novita } from '../../providers/novita';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../providers/stableDiffusionApi';
import { buildRequest } from '../../providers/schema/wire';
import { startReceiver } from './support/receiver.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import { inspect } from './support/video.ts';

const KEY = 'a-key-that-is-long-enough';
const CASES: Array<{
	provider: Provider;
	values: RequestValues;
	made: { width: number; height: number; frames: number; fps: number };
}> = [
	{
		provider: localGpu,
		values: { prompt: 'A boat', size: '256x128', num_frames: 9, fps: 12, seed: 7 },
		made: { width: 256, height: 128, frames: 9, fps: 12 },
	},
	{
		provider: stableDiffusionV5,
		values: { prompt: 'A boat', seconds: 1 },
		made: { width: 576, height: 320, frames: 8, fps: 8 },
	},
	{
		provider: stableDiffusionV4,
		values: { model_id: 'midjourney', prompt: 'A boat', width: 128, height: 64, seed: 7 },
		made: { width: 128, height: 64, frames: 40, fps: 8 },
	},
	{
		provider: stableDiffusionEnterprise,
		values: { model_id: 'midjourney', prompt: 'A boat', width: 128, height: 64, seed: 7 },
		made: { width: 128, height: 64, frames: 40, fps: 8 },
	},
	{
		provider: novita,
		values: {
			model_name: 'darkSushiMixMix_225D_64380.safetensors',
			width: 256,
			height: 256,
			steps: 20,
			seed: 7,
			prompts: [
				{ prompt: 'A boat', frames: 8 },
				{ prompt: 'A storm', frames: 16 },
			],
		},
		made: { width: 256, height: 256, frames: 24, fps: 8 },
	},
	{
		provider: aimlapiPixverse,
		values: { prompt: 'A boat', resolution: '360p', aspect_ratio: '1:1', duration: 5, seed: 7 },
		made: { width: 360, height: 360, frames: 40, fps: 8 },
	},
	{
		provider: aimlapiPixverse,
		values: { prompt: 'A boat', resolution: '360p', duration: 5, legacy_path: true },
		made: { width: 640, height: 360, frames: 40, fps: 8 },
	},
];

describe('our own adapters run against this server unchanged', () => {
	let server: TestServer;
	let receiver: Awaited<ReturnType<typeof startReceiver>>;

	beforeAll(async () => {
		receiver = await startReceiver();
		server = await startTestServer(['--webhook-allow', receiver.url], {
			GPU_LOCAL_API_KEYS: KEY,
		});
	});
	afterAll(async () => {
		await server.stop();
		await receiver.stop();
	});

	const ask = async (provider: Provider, call: HttpCall): Promise<Reply> => {
		const { authentication } = provider.account;
		const inBody = authentication.kind === 'bodyKey';
		const query = new URLSearchParams(call.query ?? {}).toString();
		const reply = await fetch(`${absoluteUrl(call.url, server.url)}${query ? `?${query}` : ''}`, {
			method: call.method,
			headers: {
				...call.headers,
				...(call.method === 'POST' ? { 'content-type': 'application/json' } : {}),
				...(inBody ? {} : { authorization: `Bearer ${KEY}` }),
			},
			...(call.method === 'POST'
				? { body: JSON.stringify({ ...call.body, ...(inBody ? { key: KEY } : {}) }) }
				: {}),
		});
		return {
			status: reply.status,
			headers: Object.fromEntries(reply.headers),
			body: await reply.json(),
		};
	};
	const context = () => ({ nowMs: Date.now(), baseUrl: server.url });

	it.each(CASES)('$provider.id', async ({ provider, values, made }) => {
		const submitted = provider.readSubmit(
			await ask(provider, buildRequest(provider, values)),
			values,
			context(),
		);
		expect(submitted.failure).toBeUndefined();
		const job = await eventually(async () => {
			const reading = isFinal(submitted.job!.status)
				? submitted
				: provider.readFetch(
						await ask(provider, provider.fetchCall(submitted.job!, { baseUrl: server.url })),
						submitted.job!,
						context(),
					);
			expect(reading.failure).toBeUndefined();
			return isFinal(reading.job!.status) ? reading.job : undefined;
		});
		expect(job.status).toBe('succeeded');
		const [video] = job.videos;
		expect(video!.mimeType).toBe('video/mp4');
		const file = await fetch(video!.url);
		expect(file.headers.get('content-type')).toBe('video/mp4');
		expect(await inspect(await file.arrayBuffer())).toMatchObject(made);
	});

	it.each(CASES.filter(({ provider }) => provider.capabilities.callback))(
		'$provider.id calls back',
		async ({ provider, values }) => {
			const field = provider.capabilities.callback!.field;
			const url = `${receiver.url}/${provider.id}`;
			const reading = provider.readSubmit(
				await ask(provider, buildRequest(provider, { ...values, [field]: url })),
				values,
				context(),
			);
			const told = await eventually(async () =>
				receiver.received.find(({ path }) => path === `/${provider.id}`),
			);
			const read = provider.readCallback!(told.body, context())!;
			expect(read.job).toMatchObject({ jobId: reading.job!.jobId, status: 'succeeded' });
			expect((await fetch(read.job.videos[0]!.url)).status).toBe(200);
		},
	);

	it.each(CASES)('$provider.id reads why a key is refused', async ({ provider, values }) => {
		const request = buildRequest(provider, values);
		const inBody = provider.account.authentication.kind === 'bodyKey';
		const { status, headers, body } = await server.call(
			'POST',
			request.url,
			{ ...request.body, ...(inBody ? { key: 'wrong' } : {}) },
			inBody ? {} : { authorization: 'Bearer wrong' },
		);
		const reading = provider.readSubmit(
			{ status, headers: Object.fromEntries(headers), body },
			values,
			context(),
		);
		expect(reading.failure).toMatchObject({ code: 'invalid_key', accepted: 'no' });
	});

	it('tells cancelling as a cancelled job', async () => {
		const values = { prompt: 'A boat', model: 'preview-slow' };
		const { job } = localGpu.readSubmit(
			await ask(localGpu, buildRequest(localGpu, values)),
			values,
			context(),
		);
		const reply = await ask(localGpu, localGpu.cancelCall!(job!)!);
		expect(localGpu.readCancel!(reply, job!, context()).job!.status).toBe('cancelled');
		const after: Job = localGpu.readFetch(
			await ask(localGpu, localGpu.fetchCall(job!, { baseUrl: server.url })),
			job!,
			context(),
		).job!;
		expect(after).toMatchObject({ status: 'cancelled', failure: { code: 'cancelled' } });
	});

	it.each(Object.entries(localGpu.modelSearch!))(
		'finds models of kind %s at Local GPU',
		async (kind, search) => {
			const found = search.read(await ask(localGpu, search.call(undefined, undefined)));
			const values = 'models' in found ? found.models.map(({ value }) => value) : undefined;
			expect(values).toEqual(kind === 'model' ? ['preview', 'preview-slow', 'preview-fail'] : []);
		},
	);

	it('finds models at Novita', async () => {
		const search = novita.modelSearch!.checkpoint!;
		const found = search.read(await ask(novita, search.call('slow', undefined)));
		expect(found).toMatchObject({ models: [{ value: 'preview-slow' }] });
	});
});
