import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../lib/usageError.ts';
import { EngineError } from '../engine.ts';
import type {
	Engine,
	EngineCheck,
	EngineContext,
	EngineJob,
	EngineOptions,
	EngineResult,
	ModelInfo,
} from '../engine.ts';
import { bodyOf, call, refusal, save, saveBase64 } from './client.ts';
import type { Remote } from './client.ts';
import { FLAVOURS, messageOf, stateOf, submitBody } from './flavours.ts';

const ASK_EVERY_MS = 1000;
const MODELS_FRESH_MS = 10_000;
const MODELS_TIMEOUT_MS = 5000;
const CANCEL_TIMEOUT_MS = 5000;
/** Several unanswered questions in a row are a lost server; one may be a hiccup. */
const MAX_UNANSWERED = 5;

/**
 * Forwards jobs to another server that speaks OpenAI Videos: SGLang, vLLM-Omni or FastVideo, which is
 * where one model over many GPUs belongs.
 */
export async function createOpenaiVideosEngine({ env, log }: EngineOptions): Promise<Engine> {
	const remote = readRemote(env);
	const slots = Math.max(1, Math.floor(Number(env.GPU_LOCAL_OPENAI_SLOTS ?? 1)) || 1);
	let known: { models: ModelInfo[]; remoteIds: Map<string, string>; atMs: number } | undefined;

	const look = async () => {
		if (known && performance.now() - known.atMs < MODELS_FRESH_MS) return known;
		const ids = await modelIds(remote).catch((error: Error) => {
			log('warn', error.message);
			return undefined;
		});
		const reason = `the video server ${remote.baseUrl} does not answer`;
		// While the server is away its models stay known, so that jobs wait for it.
		known = ids
			? { ...describe(ids), atMs: performance.now() }
			: {
					models: (known?.models ?? [unknownModel()]).map((model) => ({
						...model,
						available: false,
						unavailableReason: reason,
					})),
					remoteIds: known?.remoteIds ?? new Map(),
					atMs: performance.now(),
				};
		return known;
	};

	const generate = async (job: EngineJob, context: EngineContext): Promise<EngineResult> => {
		const { remoteIds } = await look();
		const remoteModel = remoteIds.get(job.request.model) ?? job.request.model;
		const startedMs = performance.now();
		const warnings = unused(job);
		await make(remote, job, remoteModel, context);
		const { width, height, num_frames: frames, fps, seed } = job.request;
		return {
			file: job.outputPath,
			mimeType: 'video/mp4',
			width,
			height,
			frames,
			fps,
			seed,
			settings: { engine: 'openai-videos', model: remoteModel, server: remote.baseUrl },
			warnings,
			timings: { remoteMs: Math.round(performance.now() - startedMs) },
		};
	};

	return {
		name: 'openai-videos',
		slots,
		models: async () => (await look()).models,
		generate,
		check: async () => [await check(remote)],
		close: async () => undefined,
	};
}

function readRemote(env: Record<string, string | undefined>): Remote {
	const url = env.GPU_LOCAL_OPENAI_URL;
	const name = env.GPU_LOCAL_OPENAI_FLAVOUR ?? 'openai';
	const flavour = Object.hasOwn(FLAVOURS, name) ? FLAVOURS[name] : undefined;
	if (!url || !/^https?:\/\//.test(url)) {
		throw new UsageError(
			'The engine openai-videos needs the address of a video server: set GPU_LOCAL_OPENAI_URL, for example http://127.0.0.1:30000.',
		);
	}
	if (!flavour) {
		throw new UsageError(
			`GPU_LOCAL_OPENAI_FLAVOUR is "${name}". Give one of ${Object.keys(FLAVOURS).join(', ')}.`,
		);
	}
	return {
		baseUrl: url.replace(/\/+$/, '').replace(/\/v1$/, ''),
		apiKey: env.GPU_LOCAL_OPENAI_KEY,
		flavour,
	};
}

async function make(
	remote: Remote,
	job: EngineJob,
	remoteModel: string,
	context: EngineContext,
): Promise<void> {
	const body = submitBody(job.request, remoteModel, remote.flavour);
	const reply = await call(remote, 'POST', remote.flavour.submitPath, context.signal, body);
	if (/^video\//.test(reply.headers.get('content-type') ?? '')) {
		return await save(reply, job.outputPath);
	}
	const submitted = (await bodyOf(reply)) as Record<string, unknown>;
	if (!reply.ok) throw refusal(reply.status, submitted);
	if (await saveInline(remote, submitted, job.outputPath, context.signal)) return;
	const id = submitted?.id;
	if (typeof id !== 'string') {
		throw new EngineError('worker_lost', 'The video server took the job but gave it no id.');
	}
	const path = `/v1/videos/${encodeURIComponent(id)}`;
	try {
		const done = await waitFor(remote, path, context);
		await fetchContent(remote, path, done, job.outputPath, context.signal);
	} catch (error) {
		if (context.signal.aborted) await abandon(remote, path, context);
		throw error;
	}
}

/** Servers that answer only when the video is done send it, or where it is, with the answer. */
async function saveInline(
	remote: Remote,
	body: Record<string, unknown>,
	file: string,
	signal: AbortSignal,
): Promise<boolean> {
	const first = Array.isArray(body?.data) ? (body.data[0] as Record<string, unknown>) : undefined;
	if (typeof first?.b64_json === 'string') {
		await saveBase64(first.b64_json, file);
		return true;
	}
	if (typeof first?.url === 'string') {
		await saveUrl(remote, first.url, file, signal);
		return true;
	}
	return false;
}

async function waitFor(
	remote: Remote,
	path: string,
	context: EngineContext,
): Promise<Record<string, unknown>> {
	let unanswered = 0;
	for (;;) {
		await sleep(ASK_EVERY_MS, undefined, { signal: context.signal });
		const reply = await call(remote, 'GET', path, context.signal).catch((error: unknown) => {
			if (context.signal.aborted || ++unanswered >= MAX_UNANSWERED) throw error;
			return undefined;
		});
		if (!reply) continue;
		if (reply.status === 404) {
			throw new EngineError(
				'worker_lost',
				'The video server no longer knows the job; it was probably restarted.',
			);
		}
		const body = (await bodyOf(reply)) as Record<string, unknown>;
		if (!reply.ok) {
			if (reply.status >= 500 && ++unanswered < MAX_UNANSWERED) continue;
			throw refusal(reply.status, body);
		}
		unanswered = 0;
		const state = stateOf(body.status);
		if (state === 'done') return body;
		if (state === 'gone') {
			throw new EngineError('worker_lost', 'The job was removed on the video server.');
		}
		if (state === 'failed') throw failureOf(body);
		const progress = Number(body.progress);
		context.progress({
			stage: 'remote',
			...(Number.isFinite(progress) ? { step: Math.round(progress), steps: 100 } : {}),
		});
	}
}

function failureOf(body: Record<string, unknown>): EngineError {
	const words = messageOf(body.error) ?? 'it gave no reason';
	const memory = /out of memory|\boom\b/i.test(words);
	return new EngineError(
		memory ? 'gpu_oom' : 'invalid_request',
		`The video server could not make the video: ${words}`,
		{ remedy: memory ? 'Ask for a smaller or shorter video.' : 'Look into its log.' },
	);
}

async function fetchContent(
	remote: Remote,
	path: string,
	done: Record<string, unknown>,
	file: string,
	signal: AbortSignal,
): Promise<void> {
	const reply = await call(remote, 'GET', `${path}/content`, signal);
	if (reply.ok) return await save(reply, file);
	await reply.body?.cancel();
	if (typeof done.url === 'string') return await saveUrl(remote, done.url, file, signal);
	throw refusal(
		reply.status >= 500 ? reply.status : 500,
		'it does not give the finished video out',
	);
}

/** Only from the server itself: its answer may not send us to other places. */
async function saveUrl(
	remote: Remote,
	url: string,
	file: string,
	signal: AbortSignal,
): Promise<void> {
	const target = URL.canParse(url, remote.baseUrl) ? new URL(url, remote.baseUrl) : undefined;
	if (target?.origin !== new URL(remote.baseUrl).origin) {
		throw new EngineError(
			'invalid_request',
			`The video server put the video at ${url.slice(0, 200)}, which is not on the server itself.`,
			{ remedy: 'Let it give videos out at /v1/videos/{id}/content.' },
		);
	}
	const reply = await call(remote, 'GET', `${target.pathname}${target.search}`, signal);
	if (!reply.ok) throw refusal(reply.status, await bodyOf(reply));
	await save(reply, file);
}

/** The job was cancelled here, so it is cancelled there. */
async function abandon(remote: Remote, path: string, context: EngineContext): Promise<void> {
	try {
		const reply = await call(remote, 'DELETE', path, AbortSignal.timeout(CANCEL_TIMEOUT_MS));
		await reply.body?.cancel();
	} catch (error) {
		context.log('warn', 'The job could not be cancelled on the video server', { err: error });
	}
}

async function modelIds(remote: Remote): Promise<string[]> {
	const reply = await call(remote, 'GET', '/v1/models', AbortSignal.timeout(MODELS_TIMEOUT_MS));
	const body = (await bodyOf(reply)) as { data?: Array<{ id?: unknown }> };
	if (!reply.ok) throw refusal(reply.status, body);
	const ids = (body.data ?? []).map(({ id }) => id).filter((id) => typeof id === 'string');
	return ids.length > 0 ? ids : [UNKNOWN];
}

const UNKNOWN = 'default';

const unknownModel = (): ModelInfo => describe([UNKNOWN]).models[0]!;

/** Ids like `Wan-AI/Wan2.2-T2V` are shortened to what an alias may be. */
function describe(ids: string[]): { models: ModelInfo[]; remoteIds: Map<string, string> } {
	const remoteIds = new Map(
		ids.map((id) => [
			id
				.split('/')
				.at(-1)!
				.replace(/[^A-Za-z0-9._-]/g, '-'),
			id,
		]),
	);
	const models = [...remoteIds].map(([id, remoteId]): ModelInfo => ({
		id,
		title: remoteId,
		kind: 'checkpoint',
		family: 'remote',
		sizeMultiple: 2,
		supports: ['negative_prompt', 'num_inference_steps', 'guidance_scale'],
		schedulers: [],
	}));
	return { models, remoteIds };
}

function unused({ request }: EngineJob): string[] {
	return request.output_format === 'gif'
		? ['The video server makes MP4 only; the file is an MP4, not a GIF.']
		: [];
}

async function check(remote: Remote): Promise<EngineCheck> {
	const name = `Video server ${remote.baseUrl}`;
	try {
		const ids = await modelIds(remote);
		return { name, ok: true, message: `Answers; its models are ${ids.join(', ')}.` };
	} catch (error) {
		return {
			name,
			ok: false,
			message: (error as Error).message,
			remedy: 'Start it, or check GPU_LOCAL_OPENAI_URL and GPU_LOCAL_OPENAI_KEY.',
		};
	}
}
