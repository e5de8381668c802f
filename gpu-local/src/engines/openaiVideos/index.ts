import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cancelJob } from '../../../../jobs/cancel';
import { DownloadError, downloadVideo } from '../../../../jobs/download';
import { requestOf } from '../../../../jobs/host';
import { pollUntilDone } from '../../../../jobs/poll';
import type { Job } from '../../../../providers/contract';
import { newJob } from '../../../../providers/replies/job';
import { EngineError } from '../engine.ts';
import type {
	Engine,
	EngineCheck,
	EngineContext,
	EngineJob,
	EngineMemory,
	EngineOptions,
	EngineResult,
	ModelInfo,
} from '../engine.ts';
import { engineError } from './failures.ts';
import { submitBody } from './flavours.ts';
import type { Flavour } from './flavours.ts';
import { openRemote, remoteProvider } from './remote.ts';
import type { Remote } from './remote.ts';
import { placeOf, submit } from './submit.ts';
import type { Submission } from './submit.ts';

const MODELS_FRESH_MS = 10_000;
const MODELS_TIMEOUT_MS = 5000;

/**
 * Forwards jobs to another server that speaks OpenAI Videos: SGLang, vLLM-Omni or FastVideo, which is
 * where one model over many GPUs belongs.
 */
export async function createOpenaiVideosEngine({ env, log }: EngineOptions): Promise<Engine> {
	const remote = openRemote({ env, log });
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
			? { ...describe(ids, remote.flavour), atMs: performance.now() }
			: {
					models: (known?.models ?? [unknownModel(remote.flavour)]).map((model) => ({
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
		abandon: async (memory) => await abandon(remote, memory),
		check: async () => [await check(remote)],
		close: async () => undefined,
	};
}

/**
 * Makes the job on the video server, or goes on waiting for the one that an earlier attempt made there: what
 * is known of it is stored before anything is sent, so that a restart in between makes no second one.
 */
async function make(
	remote: Remote,
	job: EngineJob,
	remoteModel: string,
	context: EngineContext,
): Promise<void> {
	const { signal } = context;
	const known = readMemory(job.memory);
	const idempotencyKey = known?.idempotencyKey ?? `${job.id}-${remote.host.now()}`;
	const waitFor =
		known?.jobId === undefined ? undefined : newJob(remoteProvider.id, known.jobId, known.atMs);
	if (!waitFor) await context.remember({ idempotencyKey });
	const submission = {
		body: submitBody(job.request, remoteModel, remote.flavour),
		idempotencyKey,
		outputPath: job.outputPath,
		...pictureOf(job),
	};
	try {
		const submitted = waitFor ?? (await submit(remote, submission, signal));
		if (!submitted) return;
		const { jobId } = submitted;
		if (!waitFor) await context.remember({ idempotencyKey, jobId, atMs: remote.host.now() });
		const done = await waitUntilDone(remote, submitted, waitFor !== undefined, context);
		await download(remote, done, job.outputPath, signal);
	} catch (error) {
		signal.throwIfAborted();
		// The next attempt needs a new job there, and so another idempotency key.
		if (error instanceof RemoteJobOver) await context.remember(undefined);
		throw error;
	}
}

function pictureOf({ request, picturePath }: EngineJob): Pick<Submission, 'picture'> {
	if (!request.input_reference || picturePath === undefined) return {};
	return { picture: { path: picturePath, mimeType: request.input_reference.mimeType } };
}

interface Memory {
	idempotencyKey: string;
	/** The job's id on the video server, once it gave one. */
	jobId?: string;
	/** When it was submitted, Unix milliseconds. */
	atMs: number;
}

function readMemory(memory: EngineMemory | undefined): Memory | undefined {
	if (typeof memory?.idempotencyKey !== 'string') return undefined;
	const { idempotencyKey, jobId, atMs } = memory;
	return {
		idempotencyKey,
		...(typeof jobId === 'string' ? { jobId } : {}),
		atMs: typeof atMs === 'number' ? atMs : 0,
	};
}

/** The job on the video server came to an end; a server that is away may still work on its job. */
class RemoteJobOver extends EngineError {}

async function waitUntilDone(
	remote: Remote,
	submitted: Job,
	askAtOnce: boolean,
	context: EngineContext,
): Promise<Job> {
	const { job, problem } = await pollUntilDone(remoteProvider, remote, submitted, remote.host, {
		// The server's own limit, --job-seconds, ends the wait.
		deadlineMs: Number.MAX_SAFE_INTEGER,
		signal: context.signal,
		askAtOnce,
		onProgress: ({ progress }) =>
			context.progress({
				stage: 'remote',
				...(progress === undefined ? {} : { step: Math.round(progress), steps: 100 }),
			}),
	});
	if (problem) throw engineError(problem);
	if (job.status === 'succeeded') return job;
	const { code, message, detail } = engineError(job.failure!);
	throw new RemoteJobOver(code, message, detail);
}

/** From where this format has it; else from the address in the answer, where that is on the server too. */
async function download(
	remote: Remote,
	job: Job,
	path: string,
	signal: AbortSignal,
): Promise<void> {
	const content = `/v1/videos/${encodeURIComponent(job.jobId)}/content`;
	const from = async (url: string, own = true): Promise<void> => {
		const [video] = job.videos;
		const finished = { ...job, videos: [{ ...video!, url, requiresKey: own }] };
		await downloadVideo(
			remoteProvider,
			remote,
			finished,
			remote.host,
			async ({ stream }) => await pipeline(Readable.from(stream), createWriteStream(path)),
			{ signal, maxBytes: Number.MAX_SAFE_INTEGER },
		);
	};
	const other = job.videos[0]?.url;
	try {
		await from(content).catch(async (error: unknown) => {
			// SGLang answers 400 there for a video that it put into a cloud's storage.
			const elsewhere = error instanceof DownloadError && (error.gone || !error.passing);
			if (!elsewhere || !other || isContentOf(remote, other, content)) throw error;
			const place = placeOf(remote, other);
			await from(place.url, place.own);
		});
	} catch (error) {
		if (!(error instanceof DownloadError)) throw error;
		throw new EngineError(
			'worker_lost',
			`The video server does not give the video out. ${error.message}`,
			{
				cause: error,
			},
		);
	}
}

const isContentOf = ({ baseUrl }: Remote, url: string, content: string): boolean =>
	url === `${baseUrl}${content}`;

/** The job was given up here, so it is cancelled there. */
async function abandon(remote: Remote, memory: EngineMemory): Promise<void> {
	const known = readMemory(memory);
	if (known?.jobId === undefined) return;
	const job = newJob(remoteProvider.id, known.jobId, known.atMs);
	const reading = await cancelJob(remoteProvider, remote, job, remote.host);
	if (reading.failure?.retryable) throw engineError(reading.failure);
}

async function modelIds(remote: Remote): Promise<string[]> {
	const call = requestOf(remoteProvider, remote, { method: 'GET', url: '/v1/models' });
	const reply = await remote.host.http(call, AbortSignal.timeout(MODELS_TIMEOUT_MS)).catch(() => {
		throw new EngineError('worker_lost', `The video server ${remote.baseUrl} does not answer.`);
	});
	const reading = remoteProvider.modelSearch!.model!.read(reply);
	if ('failure' in reading) throw engineError(reading.failure);
	const ids = reading.models.map(({ value }) => value);
	return ids.length > 0 ? ids : [UNKNOWN];
}

const UNKNOWN = 'default';

const unknownModel = (flavour: Flavour): ModelInfo => describe([UNKNOWN], flavour).models[0]!;

/** Ids like `Wan-AI/Wan2.2-T2V` are shortened to what an alias may be. */
function describe(
	ids: string[],
	flavour: Flavour,
): { models: ModelInfo[]; remoteIds: Map<string, string> } {
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
		supports: [
			'negative_prompt',
			'num_inference_steps',
			'guidance_scale',
			// Whether the model does is for the server to say.
			...(flavour.takesPicture ? (['input_reference'] as const) : []),
		],
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
