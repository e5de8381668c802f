import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import type { Job, JsonObject, RequestValues } from '../../providers/contract';
import { providerById, providers } from '../../providers/registry';
import { readRequest } from '../../providers/schema/wire';
import { documentedRequests, exchanges } from '../providers/exchanges';
import { smallValues } from '../simulators/client';
import { startSimulator, TINY_MP4, type Simulator } from '../simulators/simulator';
import { runWorkflow, type WorkflowResult } from '../support/n8nCore';
import { credentialsOf, itemParameters } from '../support/n8nNode';

const KEY = 'secret-key-of-the-account';

interface Account {
	baseUrl: string;
	apiKey: string;
}

/** Text to Video (return the job) and then Fetch Result (ask once, download). */
async function submitAndFetch(
	id: string,
	values: RequestValues,
	account: Account,
	fetch = true,
): Promise<WorkflowResult> {
	const video = {
		name: 'Video',
		type: 'textToVideo',
		parameters: { ...itemParameters(providerById(id), values), whenSubmitted: 'return' } as never,
	};
	const result = {
		name: 'Result',
		type: 'textToVideoFetchResult',
		parameters: {
			provider: id,
			authentication: '={{ $parameter["provider"] }}',
			operation: 'get',
			jobId: '={{ $json.jobId }}',
			downloadVideo: true,
		} as never,
	};
	return await runWorkflow({
		nodeTypes: {
			textToVideo: new TextToVideo(),
			textToVideoFetchResult: new TextToVideoFetchResult(),
		},
		credentials: await credentialsOf(id, { ...account }),
		nodes: fetch ? [video, result] : [video],
	});
}

const jobOf = (run: WorkflowResult, node: string): Job => {
	expect(run.error).toBeUndefined();
	return run.items(node)[0]!.json as unknown as Job;
};

/** A documented or observed reply of `exchanges/`. */
function reply(id: string, on: 'submit' | 'fetch', shape: string): JsonObject {
	const found = exchanges.find(
		(exchange) => exchange.providers.includes(id) && exchange.on === on && exchange.shape === shape,
	);
	if (!found) throw new Error(`No ${on} exchange "${shape}" of ${id}`);
	return found.body as JsonObject;
}

const documented = (id: string): { values: RequestValues; body: JsonObject } => {
	const { body } = documentedRequests.find(({ provider }) => provider === id)!;
	const { key: _key, ...sent } = body;
	return { values: readRequest(providerById(id), body), body: withoutNulls(sent) };
};

const withoutNulls = (body: JsonObject): JsonObject =>
	Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));

interface Case {
	id: string;
	host: string;
	values: RequestValues;
	submit: { path: string; body: JsonObject; reply: JsonObject };
	fetch: {
		method: 'GET' | 'POST';
		path: string;
		body?: JsonObject;
		query?: Record<string, string>;
		reply: JsonObject;
	};
	jobId: string;
}

const SD = 'https://stablediffusionapi.com';
const ML = 'https://modelslab.com';
const PIXVERSE_ID = '1fe4344e-3d44-4bf8-9f04-0ac4bb312eec:pixverse/v5/text-to-video';
const small = { model_id: 'wan2.2', prompt: 'A paper boat' };

const cases: Case[] = [
	{
		id: 'stableDiffusionV5',
		host: SD,
		...withBody(
			'stableDiffusionV5',
			'/api/v5/text2video',
			'processing: output "", future_links that are no result yet',
		),
		fetch: {
			method: 'POST',
			path: '/api/v3/fetch/65704373',
			body: {},
			reply: reply('stableDiffusionV5', 'fetch', 'success'),
		},
		jobId: '65704373',
	},
	{
		id: 'stableDiffusionV4',
		host: SD,
		...withBody(
			'stableDiffusionV4',
			'/api/v4/dreambooth/text2video',
			'processing: output [], messege, float eta, meta unlike the request',
		),
		fetch: {
			method: 'POST',
			path: '/api/v3/dreambooth/fetch/13801718',
			body: {},
			reply: reply('stableDiffusionV4', 'fetch', 'success, id in the path'),
		},
		jobId: '13801718',
	},
	{
		id: 'stableDiffusionEnterprise',
		host: SD,
		...withBody('stableDiffusionEnterprise', '/api/v1/enterprise/text2video', 'id as text'),
		fetch: {
			method: 'POST',
			path: '/api/v1/enterprise/fetch',
			body: { request_id: 'abc123-def456' },
			reply: reply('stableDiffusionEnterprise', 'fetch', 'success, by request_id'),
		},
		jobId: 'abc123-def456',
	},
	{
		id: 'modelslabV6',
		host: ML,
		values: small,
		submit: {
			path: '/api/v6/video/text2video',
			body: { ...small, output_type: 'mp4' },
			reply: reply('modelslabV6', 'submit', 'processing: message, text id and track_id in meta'),
		},
		fetch: {
			method: 'POST',
			path: '/api/v6/video/fetch/134799477',
			body: {},
			reply: reply('modelslabV6', 'fetch', 'success with proxy_links'),
		},
		jobId: '134799477',
	},
	{
		id: 'modelslabV6Ultra',
		host: ML,
		values: { ...small, portrait: true },
		submit: {
			path: '/api/v6/video/text2video_ultra',
			body: { ...small, portrait: true },
			reply: reply('modelslabV6Ultra', 'submit', 'id as text'),
		},
		fetch: {
			method: 'POST',
			path: '/api/v6/video/fetch/abc123-def456',
			body: {},
			reply: reply('modelslabV6Ultra', 'fetch', 'success with proxy_links'),
		},
		jobId: 'abc123-def456',
	},
	{
		id: 'modelslabV7',
		host: ML,
		values: { ...small, duration: 5, extra_parameters: { cfg_scale: 0.5 } },
		submit: {
			path: '/api/v7/video-fusion/text-to-video',
			body: { ...small, duration: '5', cfg_scale: 0.5 },
			reply: reply(
				'modelslabV7',
				'submit',
				'processing without id: it is at the end of fetch_result',
			),
		},
		fetch: {
			method: 'POST',
			path: '/api/v7/video-fusion/fetch/155262350',
			body: {},
			reply: reply('modelslabV7', 'fetch', 'success with proxy_links'),
		},
		jobId: '155262350',
	},
	{
		id: 'novita',
		host: 'https://api.novita.ai',
		...withBody('novita', '/v3/async/txt2video', 'task_id'),
		fetch: {
			method: 'GET',
			path: '/v3/async/task-result',
			query: { task_id: 'fa20dff3-18cb-4417-a7f8-269456a35154' },
			reply: reply('novita', 'fetch', 'succeeded: ttl as text, presigned URL'),
		},
		jobId: 'fa20dff3-18cb-4417-a7f8-269456a35154',
	},
	{
		id: 'aimlapiPixverse',
		host: 'https://api.aimlapi.com',
		...withBody('aimlapiPixverse', '/v2/video/generations', 'id with : and /, tokens_used'),
		fetch: {
			method: 'GET',
			path: '/v2/video/generations',
			query: { generation_id: PIXVERSE_ID },
			reply: reply('aimlapiPixverse', 'fetch', 'completed'),
		},
		jobId: PIXVERSE_ID,
	},
	{
		id: 'aimlapi',
		host: 'https://api.aimlapi.com',
		values: { model: 'google/veo-3.1-t2v-fast', prompt: 'A paper boat' },
		submit: {
			path: '/v2/video/generations',
			body: { model: 'google/veo-3.1-t2v-fast', prompt: 'A paper boat' },
			reply: reply('aimlapi', 'submit', 'short id, credits_used'),
		},
		fetch: {
			method: 'GET',
			path: '/v2/video/generations',
			query: { generation_id: 'Zx3z_NSUkI67m3sHg-rUq' },
			reply: reply('aimlapi', 'fetch', 'completed'),
		},
		jobId: 'Zx3z_NSUkI67m3sHg-rUq',
	},
	{
		id: 'novitaAnyModel',
		host: 'https://api.novita.ai',
		values: { model: 'kling-v3.0-std-t2v', prompt: 'A paper boat' },
		submit: {
			path: '/v3/async/kling-v3.0-std-t2v',
			body: { prompt: 'A paper boat' },
			reply: reply('novitaAnyModel', 'submit', 'task_id'),
		},
		fetch: {
			method: 'GET',
			path: '/v3/async/task-result',
			query: { task_id: 'kling-std-t2v' },
			reply: reply('novitaAnyModel', 'fetch', 'succeeded'),
		},
		jobId: 'kling-std-t2v',
	},
	{
		id: 'localGpu',
		host: 'http://127.0.0.1:8484',
		values: { prompt: 'A paper boat', seconds: 8 },
		submit: {
			path: '/v1/videos',
			body: { prompt: 'A paper boat', seconds: '8' },
			reply: reply('localGpu', 'submit', 'queued'),
		},
		fetch: {
			method: 'GET',
			path: '/v1/videos/video_123',
			reply: reply('localGpu', 'fetch', 'in progress'),
		},
		jobId: 'video_123',
	},
];

function withBody(id: string, path: string, shape: string): Pick<Case, 'values' | 'submit'> {
	const { values, body } = documented(id);
	return { values, submit: { path, body, reply: reply(id, 'submit', shape) } };
}

describe('through n8n, with the documented exchanges on the documented hosts', () => {
	beforeAll(() => nock.disableNetConnect());
	afterEach(() => nock.cleanAll());
	afterAll(() => {
		nock.enableNetConnect();
		nock.restore();
	});

	it('has a case for every provider', () => {
		expect(cases.map(({ id }) => id).sort()).toEqual(providers.map(({ id }) => id).sort());
	});

	it.each(cases.map((each) => [each.id, each] as const))(
		'%s submits, fetches and downloads',
		async (id, each) => {
			const { authentication } = providerById(id).account;
			const inBody = authentication.kind === 'bodyKey';
			const api = nock(each.host, inBody ? {} : { reqheaders: { authorization: `Bearer ${KEY}` } });
			const keyed = (body: JsonObject) => (inBody ? { ...body, key: KEY } : body);
			api.post(each.submit.path, keyed(each.submit.body)).reply(200, each.submit.reply);
			const { method, path, body, query, reply: answer } = each.fetch;
			if (method === 'POST') api.post(path, keyed(body!)).reply(200, answer);
			else
				api
					.get(path)
					.query(query ?? {})
					.reply(200, answer);
			const expected = expectedVideo(answer);
			const { origin, pathname, search } = new URL(expected ?? 'http://nowhere.example.com');
			const files = nock(origin, { badheaders: ['authorization', 'cookie'] });
			if (expected) {
				files
					.get(pathname + search)
					.matchHeader('host', (host) => !String(host).includes(KEY))
					.reply(200, TINY_MP4, { 'content-type': 'video/mp4' });
			}

			const run = await submitAndFetch(id, each.values, { baseUrl: each.host, apiKey: KEY });

			const submitted = jobOf(run, 'Video');
			expect(submitted).toMatchObject({ provider: id, jobId: each.jobId, finished: false });
			const fetched = jobOf(run, 'Result');
			expect(fetched).toMatchObject({
				jobId: each.jobId,
				status: expected ? 'succeeded' : 'processing',
			});
			expect(run.items('Result')[0]!.binary?.data?.mimeType).toBe(expected && 'video/mp4');
			expect(nock.pendingMocks()).toEqual([]);
			expect(JSON.stringify(run.run.data.resultData.runData)).not.toContain(KEY);
		},
	);
});

/** The video's address in a fetch reply, read by hand. */
function expectedVideo(answer: JsonObject): string | undefined {
	const { output, videos, video } = answer as {
		output?: string[];
		videos?: Array<{ video_url: string }>;
		video?: { url: string };
	};
	return output?.[0] ?? videos?.[0]?.video_url ?? video?.url;
}

describe('through n8n, on the simulated providers', () => {
	let sim: Simulator;
	beforeAll(async () => {
		nock.restore();
		sim = await startSimulator();
	});
	afterAll(() => sim.close());

	/** A base URL of its own for every run, so that no run is paced by the ones before it. */
	const account = (apiKey = sim.key): Account => ({ baseUrl: sim.url, apiKey });

	it.each(providers.map(({ id }) => [id] as const))(
		'%s gives the file in the end, for one charge',
		async (id) => {
			const before = sim.book.charges;
			const run = await submitAndFetch(id, smallValues(providerById(id)), account());
			const job = jobOf(run, 'Result');
			expect(job.status).toBe('succeeded');
			expect(run.items('Result')[0]!.binary?.data).toMatchObject({
				mimeType: 'video/mp4',
				fileExtension: 'mp4',
				bytes: TINY_MP4.length,
			});
			expect(sim.book.charges - before).toBe(1);
			expect(sim.book.keyLeaks).toEqual([]);
		},
	);

	it.each(providers.map(({ id }) => [id] as const))(
		'%s says that the key is wrong, and takes no job',
		async (id) => {
			const before = sim.book.charges;
			const run = await submitAndFetch(id, smallValues(providerById(id)), account('wrong'), false);
			expect(run.error?.message).toMatch(/key/i);
			expect(run.error?.description).toContain('Check the API key');
			expect(sim.book.charges).toBe(before);
		},
	);
});
