import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from './support/json.ts';
import { ensurePython } from './support/pythonEnvironment.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

const CLIENTS = join(import.meta.dirname, 'clients');
const KEY = 'a-key-that-is-long-enough';
const OF_MINUTES = 600_000;

interface Call {
	method: 'GET' | 'POST';
	/** Path and query. */
	path: string;
	/** Sent as JSON. */
	json?: object;
	/** Sent as an HTML form. */
	form?: Record<string, string>;
	/** Sent as a form with parts, by the clients that have them. */
	parts?: Record<string, string>;
	headers?: Record<string, string>;
}
interface Exchange {
	submit: Call;
	/** What the document shows of the answer. */
	answers: object;
	/** How its document asks for the result. */
	fetch: (answer: Json) => Call;
	/** The link to the file, once it is there. */
	file: (answer: Json) => string | undefined;
}

/** Made for seconds on a small machine; the others of its dialect are followed to the file. */
const LARGE = new Set([
	'ModelsLab v6 Ultra',
	'OpenAI Videos, as a form with parts',
	'OpenAI Videos, as SGLang shows it',
]);

const BEARER = { authorization: `Bearer ${KEY}` };
const V4 = {
	key: KEY,
	model_id: 'your_model_id',
	prompt: 'a cat sitting on a bench',
	negative_prompt: null,
	width: '512',
	height: '512',
	scheduler: null,
	num_inference_steps: '30',
	enhance_prompt: 'yes',
	guidance_scale: 7.5,
	strength: 0.7,
	seed: null,
	webhook: null,
	track_id: null,
};
const ENTERPRISE = {
	...V4,
	model_id: 'model_id',
	prompt: 'ultra HD super realism a fox in the snow',
	negative_prompt: 'Low Quality',
	scheduler: 'UniPCMultistepScheduler',
};
const V5 = {
	key: KEY,
	prompt: 'ultra HD super realism a fox in the snow',
	negative_prompt: 'Low Quality',
	scheduler: 'UniPCMultistepScheduler',
	seconds: 3,
};
const PROCESSING = { status: 'processing', id: expect.any(Number), output: [] };
/** Where the video may be there already. */
const DONE_OR_NOT = { status: expect.stringMatching(/^(processing|success)$/) };

/** As an HTML form says it: what is null is left empty. */
const texts = (body: object): Record<string, string> =>
	Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value ?? '')]));

const firstOutput = ({ status, output }: Json): string | undefined =>
	status === 'success' ? output[0] : undefined;
const byLink = ({ fetch_result: link }: Json): Call => ({
	method: 'POST',
	path: new URL(link).pathname,
	json: { key: KEY },
});
const stableDiffusion = (
	path: string,
	sent: Pick<Call, 'json' | 'form' | 'parts'>,
	fetch: (answer: Json) => Call,
	answers: object = PROCESSING,
): Exchange => ({ submit: { method: 'POST', path, ...sent }, answers, fetch, file: firstOutput });
const openai = (sent: Pick<Call, 'json' | 'parts' | 'form'>): Exchange => ({
	submit: { method: 'POST', path: '/v1/videos', headers: BEARER, ...sent },
	answers: { object: 'video', status: 'queued', progress: 0 },
	fetch: ({ id }) => ({ method: 'GET', path: `/v1/videos/${id}`, headers: BEARER }),
	file: ({ status, url }) => (status === 'completed' ? url : undefined),
});

const aimlapi = (path: string): Exchange => ({
	submit: {
		method: 'POST',
		path,
		headers: BEARER,
		json: {
			model: 'pixverse/v5/text-to-video',
			prompt: 'A menacing evil dragon appears in a distance above the tallest mountain',
			aspect_ratio: '16:9',
			resolution: '360p',
			duration: '5',
		},
	},
	answers: { id: expect.any(String), status: 'queued', video: null, error: null },
	fetch: ({ id }) => ({
		method: 'GET',
		path: `${path}?${new URLSearchParams({ generation_id: id })}`,
		headers: BEARER,
	}),
	file: ({ status, video }) => (status === 'completed' ? video.url : undefined),
});

const v3Fetch = ({ id }: Json): Call => ({
	method: 'POST',
	path: `/api/v3/fetch/${id}`,
	json: { key: KEY },
});

/** What the providers' documents show, with no other change than the address and the key. */
const EXCHANGES: Record<string, Exchange> = {
	'Stable Diffusion API v4': stableDiffusion('/api/v4/dreambooth/text2video', { json: V4 }, byLink),
	'Stable Diffusion API v4, fetched by request_id': stableDiffusion(
		'/api/v4/dreambooth/text2video',
		{ json: V4 },
		({ id }) => ({
			method: 'POST',
			path: '/api/v4/dreambooth/fetch',
			json: { key: KEY, request_id: String(id) },
		}),
	),
	'Stable Diffusion API v4, as forms': stableDiffusion(
		'/api/v4/dreambooth/text2video',
		{ form: texts(V4) },
		({ id }) => ({
			method: 'POST',
			path: `/api/v3/dreambooth/fetch/${id}`,
			form: { key: KEY },
		}),
	),
	'Stable Diffusion API v4, as a form with parts, fetched by GET': stableDiffusion(
		'/api/v4/dreambooth/text2video',
		{ parts: texts(V4) },
		({ id }) => ({ method: 'GET', path: `/api/v3/dreambooth/fetch/${id}?key=${KEY}` }),
	),
	'Stable Diffusion API v5': stableDiffusion(
		'/api/v5/text2video',
		{ json: V5 },
		v3Fetch,
		DONE_OR_NOT,
	),
	'Stable Diffusion API Enterprise': stableDiffusion(
		'/api/v1/enterprise/text2video',
		{ json: ENTERPRISE },
		({ id }) => ({
			method: 'POST',
			path: '/api/v1/enterprise/fetch',
			json: { key: KEY, request_id: String(id) },
		}),
		DONE_OR_NOT,
	),
	'ModelsLab v6': stableDiffusion(
		'/api/v6/video/text2video',
		{
			json: {
				key: KEY,
				model_id: 'cogvideox',
				prompt: 'An astronaut riding a horse',
				negative_prompt: 'low quality',
				height: 512,
				width: 512,
				num_frames: 16,
				num_inference_steps: 20,
				guidance_scale: 7,
				upscale_height: 640,
				upscale_width: 1024,
				upscale_strength: 0.6,
				upscale_guidance_scale: 8,
				upscale_num_inference_steps: 20,
				output_type: 'gif',
				webhook: null,
				track_id: null,
			},
		},
		byLink,
	),
	'ModelsLab v6 Ultra': stableDiffusion(
		'/api/v6/video/text2video_ultra',
		{
			json: {
				key: KEY,
				model_id: 'wan2.2',
				prompt: 'An astronaut riding a horse',
				negative_prompt: 'low quality',
				seed: null,
				resolution: 480,
				num_frames: 92,
				num_inference_steps: 8,
				guidance_scale: 1.0,
				fps: 16,
				portrait: false,
				sample_shift: 3,
				temp: false,
				webhook: null,
				track_id: null,
			},
		},
		byLink,
	),
	'ModelsLab v7': stableDiffusion(
		'/api/v7/video-fusion/text-to-video',
		{
			json: {
				key: KEY,
				model_id: 'seedance-t2v',
				prompt: 'An astronaut riding a horse',
				aspect_ratio: '16:9',
				resolution: '480p',
				duration: '5',
			},
		},
		byLink,
	),
	Novita: {
		submit: {
			method: 'POST',
			path: '/v3/async/txt2video',
			headers: BEARER,
			json: {
				model_name: 'darkSushiMixMix_225D_64380.safetensors',
				height: 512,
				width: 512,
				steps: 20,
				seed: -1,
				prompts: [
					{ frames: 32, prompt: 'In the wintry dusk, a little girl holds matches tightly.' },
					{ frames: 32, prompt: 'A little girl, barefoot on the frosty pavement, seeks solace.' },
				],
				negative_prompt: 'nsfw, ng_deepnegative_v1_75t, badhandv4, (worst quality:2), watermark',
			},
		},
		answers: { task_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
		fetch: ({ task_id: id }) => ({
			method: 'GET',
			path: `/v3/async/task-result?task_id=${id}`,
			headers: BEARER,
		}),
		file: ({ task, videos }) =>
			task?.status === 'TASK_STATUS_SUCCEED' ? videos[0].video_url : undefined,
	},
	'AI/ML API': aimlapi('/v2/video/generations'),
	'AI/ML API, at the older address': aimlapi('/v2/generate/video/pixverse/generation'),
	'OpenAI Videos': openai({
		json: { model: 'sora-2', prompt: 'A calico cat playing a piano on stage', seconds: '4' },
	}),
	'OpenAI Videos, as a form with parts': openai({
		parts: {
			model: 'sora-2',
			prompt: 'A calico cat playing a piano on stage',
			size: '720x1280',
			seconds: '4',
		},
	}),
	'OpenAI Videos, as vLLM-Omni shows it': openai({
		parts: {
			prompt: 'a fox',
			size: '832x480',
			num_frames: '33',
			fps: '16',
			num_inference_steps: '30',
			guidance_scale: '5.0',
			seed: '42',
			negative_prompt: 'blurry',
		},
	}),
	'OpenAI Videos, as SGLang shows it': openai({
		json: {
			prompt: 'a fox in snow',
			size: '832x480',
			seconds: 4,
			fps: 16,
			num_inference_steps: 30,
			guidance_scale: 5.0,
			seed: 42,
			negative_prompt: 'blurry',
		},
	}),
};

type Send = (url: string, call: Call) => Promise<{ status: number; text: string }>;

const run = promisify(execFile);
const JSON_TYPE = { 'Content-Type': 'application/json' };

const withCurl: Send = async (url, { method, json, form, parts, headers }) => {
	const pairs = (option: string, given: Record<string, string> = {}, between = '=') =>
		Object.entries(given).flatMap(([name, value]) => [option, `${name}${between}${value}`]);
	const { stdout } = await run('curl', [
		...['--silent', '--location', '--request', method, url, '--write-out', '\n%{http_code}'],
		...pairs('--header', { ...headers, ...(json ? JSON_TYPE : {}) }, ': '),
		...(json ? ['--data', JSON.stringify(json)] : []),
		...pairs('--data-urlencode', form),
		...pairs('--form-string', parts),
	]);
	const end = stdout.lastIndexOf('\n');
	return { status: Number(stdout.slice(end)), text: stdout.slice(0, end) };
};

const withFetch: Send = async (url, { method, json, form, parts, headers = {} }) => {
	const filled = new FormData();
	for (const [name, value] of Object.entries(parts ?? {})) filled.set(name, value);
	const body = json
		? JSON.stringify(json)
		: form
			? new URLSearchParams(form)
			: parts
				? filled
				: null;
	const reply = await fetch(url, {
		method,
		headers: { ...headers, ...(json ? JSON_TYPE : {}) },
		body,
	});
	return { status: reply.status, text: await reply.text() };
};

/** What needs no process that stays. */
const IN_PROCESS: Record<string, Send> = { curl: withCurl, 'Node’s fetch': withFetch };

describe('the documented calls', () => {
	let server: TestServer;
	let python: string;
	beforeAll(async () => {
		python = join(await ensurePython('clients', join(CLIENTS, 'requirements.txt')), 'python');
		server = await startTestServer([], { GPU_LOCAL_API_KEYS: KEY });
	}, OF_MINUTES);
	afterAll(() => server.stop());
	afterEach(async () => {
		const { body } = await server.call('GET', '/v1/videos?limit=100', undefined, BEARER);
		for (const { id, status } of body.data as Json[]) {
			if (!['queued', 'in_progress'].includes(status)) continue;
			await server.call('POST', `/v1/videos/${id}/cancel`, undefined, BEARER);
		}
	});

	const asked = async (send: Send, call: Call): Promise<Json> => {
		const { status, text } = await send(`${server.url}${call.path}`, call);
		expect(status, text).toBe(200);
		return JSON.parse(text) as Json;
	};

	it.each(Object.entries(EXCHANGES).filter(([title]) => !LARGE.has(title)))(
		'work with curl, from the submit to the file: %s',
		async (_title, { submit, answers, fetch: ask, file }) => {
			const answer = await asked(withCurl, submit);
			expect(answer).toMatchObject(answers);
			const link = await eventually(
				async () => file(answer) ?? file(await asked(withCurl, ask(answer))),
				120_000,
			);
			const { stdout } = await run('curl', ['--silent', '--fail', '--range', '0-7', link]);
			expect(stdout).toMatch(/ftyp|GIF8/);
		},
		180_000,
	);

	describe.each(['curl', 'Node’s fetch', 'requests', 'urllib'])('work with %s', (client) => {
		let child: ChildProcess | undefined;
		let lines: Interface | undefined;
		beforeAll(() => {
			if (IN_PROCESS[client]) return;
			child = spawn(python, [join(CLIENTS, 'http_call.py'), client], {
				stdio: ['pipe', 'pipe', 'inherit'],
			});
			lines = createInterface(child.stdout!);
		});
		afterAll(() => void child?.stdin?.end());

		const withPython: Send = async (url, { method, json, form, parts, headers }) => {
			const call = {
				method,
				url,
				headers: { ...headers, ...(json ? JSON_TYPE : {}) },
				...(json ? { body: JSON.stringify(json) } : {}),
				// Python's own clients need a library more for parts.
				form: form ?? parts,
			};
			child!.stdin!.write(`${JSON.stringify(call)}\n`);
			const [line] = (await once(lines!, 'line')) as [string];
			return JSON.parse(line) as { status: number; text: string };
		};

		it.each(Object.entries(EXCHANGES))(
			'%s',
			async (_title, { submit, answers, fetch: ask }) => {
				const send = IN_PROCESS[client] ?? withPython;
				const answer = await asked(send, submit);
				expect(answer).toMatchObject(answers);
				expect(await asked(send, ask(answer))).toBeInstanceOf(Object);
			},
			60_000,
		);
	});
});
