import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotAVideoError, probe } from '../artifacts/probe/index.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { EngineError } from '../engines/engine.ts';
import type {
	Engine,
	EngineContext,
	EngineJob,
	EngineResult,
	Progress,
} from '../engines/engine.ts';
import type { Artifact, VideoRow } from '../store/video.ts';
import { isDiskFull } from './failure.ts';

export interface MadeVideo {
	/** On this machine. */
	file: string;
	/** The engine's picture of it, on this machine. */
	poster: string | undefined;
	artifact: Artifact;
	settings: Record<string, unknown>;
	warnings: string[];
	timings: Record<string, number>;
}

export interface MakeVideoTools {
	engine: Engine;
	artifacts: ArtifactStore;
	/** Folder for files that are being made. */
	workFolder: string;
	signal: AbortSignal;
	progress(progress: Progress): void;
	slotFree(): void;
	remember: EngineContext['remember'];
	/** Notes the name of a file before it is put into the store, so that it can be cleaned away. */
	noteFile(name: string): Promise<void>;
	/** Rejects at once when the signal is aborted. */
	sleep(ms: number, signal: AbortSignal): Promise<void>;
	/** The picture that the video begins with. */
	picture(): Promise<Uint8Array>;
	log: EngineContext['log'];
}

/**
 * Makes one video and puts it into the store. The result is what a look into the file says, whatever
 * the engine reported. What an earlier attempt on this machine finished is not made a second time.
 */
export async function makeVideo(
	video: VideoRow,
	lease: string,
	tools: MakeVideoTools,
): Promise<MadeVideo> {
	const folder = jobFolder(tools.workFolder, video.id);
	const result =
		(await finishedBefore(folder)) ?? (await generate(video, join(folder, lease), tools));
	tools.signal.throwIfAborted();
	return await keep(video, result, tools);
}

const jobFolder = (workFolder: string, videoId: string): string => join(workFolder, videoId);

/** Once nobody needs what lies there: the job has ended, or another attempt begins anew. */
export async function clearJobFolder(workFolder: string, videoId: string): Promise<void> {
	await rm(jobFolder(workFolder, videoId), { recursive: true, force: true });
}

/** What one attempt has left, where another may be at work on the same job. */
export async function clearAttemptFolder(
	workFolder: string,
	videoId: string,
	lease: string,
): Promise<void> {
	await rm(join(jobFolder(workFolder, videoId), lease), { recursive: true, force: true });
}

/** Ids of the jobs that have something lying here. */
export async function jobsWithFolders(workFolder: string): Promise<string[]> {
	return (await readdir(workFolder).catch(() => [])).filter((name) => UUID.test(name));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const RESULT_FILE = 'result.json';

async function generate(
	video: VideoRow,
	folder: string,
	tools: MakeVideoTools,
): Promise<EngineResult> {
	const { request } = video;
	await mkdir(folder, { recursive: true, mode: 0o700 });
	try {
		const result = await tools.engine.generate(
			{
				id: video.id,
				request,
				outputPath: join(folder, `video.${request.output_format}`),
				...(request.input_reference ? { picturePath: await placePicture(folder, tools) } : {}),
				...memoryOf(video, tools.engine),
			},
			tools,
		);
		await writeFile(join(folder, `${RESULT_FILE}.part`), JSON.stringify(result));
		await rename(join(folder, `${RESULT_FILE}.part`), join(folder, RESULT_FILE));
		return result;
	} catch (error) {
		// Of an attempt that did not come to its end nothing is of use, to the next one neither.
		await rm(folder, { recursive: true, force: true }).catch(() => undefined);
		throw error;
	}
}

/** What an attempt made that was stopped before its file was in the store. */
async function finishedBefore(folder: string): Promise<EngineResult | undefined> {
	for (const attempt of await readdir(folder).catch(() => [])) {
		try {
			const text = await readFile(join(folder, attempt, RESULT_FILE), 'utf8');
			const result = JSON.parse(text) as EngineResult;
			await access(result.file);
			return result;
		} catch {
			// That attempt did not come to its end.
		}
	}
	return undefined;
}

async function placePicture(folder: string, { picture }: MakeVideoTools): Promise<string> {
	const path = join(folder, 'picture');
	await writeFile(path, await picture(), { mode: 0o600 });
	return path;
}

/** What an earlier attempt left; another engine than it would not understand it. */
function memoryOf({ engine_memory: left }: VideoRow, engine: Engine): Pick<EngineJob, 'memory'> {
	return left?.engine === engine.name ? { memory: left.memory } : {};
}

async function keep(
	video: VideoRow,
	result: EngineResult,
	tools: MakeVideoTools,
): Promise<MadeVideo> {
	const facts = await probe(result.file).catch((error: Error) => {
		if (!(error instanceof NotAVideoError)) throw error;
		throw new EngineError('worker_lost', `The engine made no usable video. ${error.message}`);
	});
	const { size } = await stat(result.file);
	const extension = facts.mimeType === 'image/gif' ? 'gif' : 'mp4';
	const name = `${video.id.replaceAll('-', '')}-${randomBytes(8).toString('hex')}.${extension}`;
	const sha256 = await hashFile(result.file);
	await tools.noteFile(name);
	await store(result.file, name, facts.mimeType, tools);
	return {
		file: result.file,
		poster: result.poster,
		artifact: { name, bytes: size, sha256, ...facts },
		settings: { ...result.settings, seed: result.seed },
		warnings: [...video.warnings, ...result.warnings, ...differences(video, facts)],
		timings: result.timings,
	};
}

/** Seconds between attempts to put a file into the store: a quarter of an hour all together. */
const STORE_PAUSES_SECONDS = [1, 2, 5, 10, 20, 30, ...Array<number>(14).fill(60)];

/** A storage that is away for some minutes costs no second rendering. */
async function store(
	file: string,
	name: string,
	mimeType: string,
	{ artifacts, signal, sleep, log }: MakeVideoTools,
): Promise<void> {
	for (let attempt = 0; ; attempt++) {
		signal.throwIfAborted();
		try {
			return await artifacts.put(file, name, mimeType);
		} catch (error) {
			const pause = STORE_PAUSES_SECONDS[attempt];
			if (isDiskFull(error)) throw error;
			if (pause === undefined) {
				throw new EngineError(
					'storage_unavailable',
					`The video was made, but could not be stored at ${artifacts.description}: ${(error as Error).message}`,
					{
						remedy: 'See that the storage can be reached, then run the job again.',
						cause: error,
					},
				);
			}
			log('warn', `The video could not be stored at ${artifacts.description} yet`, { err: error });
			await sleep(pause * 1000, signal);
		}
	}
}

/** What came out differently from what was asked, in words. */
function differences(
	{ request }: VideoRow,
	facts: { width: number; height: number; frames: number; fps: number },
): string[] {
	const said: string[] = [];
	if (facts.width !== request.width || facts.height !== request.height) {
		said.push(
			`The video is ${facts.width}x${facts.height}, not ${request.width}x${request.height} as asked.`,
		);
	}
	if (facts.frames !== request.num_frames) {
		said.push(`The video has ${facts.frames} frames, not ${request.num_frames} as asked.`);
	}
	if (Math.abs(facts.fps - request.fps) > 0.01 * request.fps) {
		said.push(`The video has ${facts.fps} frames a second, not ${request.fps} as asked.`);
	}
	return said;
}

async function hashFile(path: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
	return hash.digest('hex');
}
