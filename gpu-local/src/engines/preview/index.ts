import { availableParallelism, cpus, totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ffmpegOf, runFfmpeg } from '../../lib/ffmpeg.ts';
import { EngineError } from '../engine.ts';
import type {
	Engine,
	EngineContext,
	EngineDevice,
	EngineJob,
	EngineOptions,
	EngineResult,
	ModelInfo,
	PictureFacts,
} from '../engine.ts';
import type { PreviewSpec } from './frames.ts';
import type { Rendered, RenderNews, RenderTask } from './thread.ts';

const SLOW_MODEL_MS = 20_000;
const MAX_SLOTS = 4;

/** It never uses a graphics card. */
const PROCESSOR: EngineDevice = {
	type: 'cpu',
	name: cpus()[0]?.model.trim() || 'processor',
	memory_bytes: totalmem(),
};

const PICTURE_NAMED =
	'A preview names the picture that the video would begin with; it does not show it.';

const DEFAULTS = { width: 512, height: 512, fps: 8, num_frames: 40, num_inference_steps: 20 };

const MODELS: ModelInfo[] = [
	{ id: 'preview', title: 'Preview (no AI)' },
	{ id: 'preview-slow', title: 'Preview that takes 20 seconds, to try out waiting and cancelling' },
	{ id: 'preview-fail', title: 'Preview that always fails, to try out error handling' },
].map((model) => ({
	...model,
	kind: 'checkpoint',
	family: 'preview',
	defaults: DEFAULTS,
	sizeMultiple: 2,
}));

/**
 * Draws the request as a storyboard clip: exactly the asked size, frame count and rate, with the
 * prompt, the seed and the label PREVIEW in the picture. No AI and no GPU.
 */
export async function createPreviewEngine({ env }: Pick<EngineOptions, 'env'>): Promise<Engine> {
	const idle: Worker[] = [];
	const busy = new Set<Worker>();

	const hire = (): Worker => {
		const worker = idle.pop() ?? new Worker(THREAD_URL);
		busy.add(worker);
		worker.ref();
		return worker;
	};

	const generate = async (job: EngineJob, context: EngineContext): Promise<EngineResult> => {
		const { request } = job;
		const startedMs = performance.now();
		context.signal.throwIfAborted();
		if (request.model === 'preview-fail') {
			context.progress({ stage: 'rendering', step: 0, steps: request.num_frames });
			throw new EngineError('invalid_request', 'The model "preview-fail" fails on purpose.', {
				field: 'model',
				remedy: 'Choose the model "preview" to get a video.',
			});
		}
		const task: RenderTask = {
			spec: toSpec(job),
			format: request.output_format,
			file: job.outputPath,
			ffmpeg: ffmpegOf(env),
			atLeastMs: request.model === 'preview-slow' ? SLOW_MODEL_MS : 0,
		};
		const worker = hire();
		let made: Rendered;
		try {
			made = await work(worker, task, context);
		} catch (error) {
			// Whatever it was in the middle of, a fresh thread starts clean.
			busy.delete(worker);
			await worker.terminate();
			throw error;
		}
		busy.delete(worker);
		worker.unref();
		idle.push(worker);
		return {
			file: job.outputPath,
			mimeType: request.output_format === 'gif' ? 'image/gif' : 'video/mp4',
			width: request.width,
			height: request.height,
			frames: request.num_frames,
			fps: request.fps,
			seed: request.seed,
			settings: { engine: 'preview', model: request.model, encoder: made.encoder },
			warnings: [...made.warnings, ...(request.input_reference ? [PICTURE_NAMED] : [])],
			timings: { renderMs: Math.round(performance.now() - startedMs) },
		};
	};

	return {
		name: 'preview',
		slots: Math.max(1, Math.min(MAX_SLOTS, availableParallelism() - 1)),
		fallbackModel: 'preview',
		models: async () => MODELS,
		devices: () => [PROCESSOR],
		generate,
		check: async () => [
			{ name: 'Preview engine', ok: true, message: await whatDraws(ffmpegOf(env)) },
		],
		close: async () => {
			await Promise.all([...idle.splice(0), ...busy].map((worker) => worker.terminate()));
		},
	};
}

async function whatDraws(ffmpeg: string): Promise<string> {
	const encoders = await runFfmpeg(ffmpeg, ['-encoders']).catch(() => '');
	return String(encoders).includes(' libx264 ')
		? "Draws storyboard clips; this machine's ffmpeg encodes them."
		: 'Draws storyboard clips; needs nothing. With ffmpeg (and its encoder libx264) it is some ten times as fast.';
}

/** Beside this file: as source in the repository, as a bundle in the published package. */
const THREAD_URL = new URL(
	import.meta.url.endsWith('.ts') ? './thread.ts' : './preview-thread.js',
	import.meta.url,
);

function toSpec({ request }: EngineJob): PreviewSpec {
	return {
		width: request.width,
		height: request.height,
		frames: request.num_frames,
		fps: request.fps,
		seed: request.seed,
		model: request.model,
		...(request.input_reference ? { picture: describe(request.input_reference) } : {}),
		segments: request.prompts?.length
			? request.prompts
			: [{ prompt: request.prompt, frames: request.num_frames }],
	};
}

const describe = ({ mimeType, width, height, sha256 }: PictureFacts): string =>
	`${mimeType.replace('image/', '').toUpperCase()} ${width}x${height} ${sha256.slice(0, 6)}`;

/** Resolves when the file is written; rejects at once when the job is aborted. */
function work(worker: Worker, task: RenderTask, context: EngineContext): Promise<Rendered> {
	return new Promise((resolve, reject) => {
		const settle = (finish: () => void) => {
			worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
			context.signal.removeEventListener('abort', abort);
			finish();
		};
		let encoder: number | undefined;
		const lost = (message: string, cause?: unknown) =>
			settle(() => reject(new EngineError('worker_lost', message, { cause })));
		const abort = () => {
			// Its thread ends without a chance to end it.
			if (encoder !== undefined) endProcess(encoder);
			settle(() => reject(context.signal.reason as Error));
		};
		context.signal.addEventListener('abort', abort, { once: true });
		worker.on('error', (error) => lost('The preview renderer stopped with an error.', error));
		worker.on('exit', () => lost('The preview renderer stopped.'));
		worker.on('message', (news: RenderNews) => {
			if (news.kind === 'frame') {
				context.progress({ stage: 'rendering', step: news.done, steps: task.spec.frames });
			} else if (news.kind === 'process') {
				encoder = news.pid;
			} else if (news.kind === 'done') {
				settle(() => resolve(news.made));
			} else if (news.code === 'ENOSPC') {
				settle(() =>
					reject(
						new EngineError('disk_full', 'The disk is full.', {
							remedy: 'Delete old videos, or give the server more room.',
						}),
					),
				);
			} else {
				lost(`The preview could not be drawn: ${news.message}`);
			}
		});
		worker.postMessage(task);
	});
}

function endProcess(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has just ended.
	}
}
