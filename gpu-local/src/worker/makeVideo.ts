import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
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

export interface MadeVideo {
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
	remember: EngineContext['remember'];
	log: EngineContext['log'];
}

/**
 * Makes one video and puts it into the store. The result is what a look into the file says, whatever
 * the engine reported.
 */
export async function makeVideo(
	video: VideoRow,
	lease: string,
	tools: MakeVideoTools,
): Promise<MadeVideo> {
	const folder = join(tools.workFolder, lease);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	try {
		const { request } = video;
		const result = await tools.engine.generate(
			{
				id: video.id,
				request,
				outputPath: join(folder, `video.${request.output_format}`),
				...memoryOf(video, tools.engine),
			},
			tools,
		);
		tools.signal.throwIfAborted();
		return await keep(video, result, tools);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
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
	tools.signal.throwIfAborted();
	await tools.artifacts.put(result.file, name, facts.mimeType);
	return {
		artifact: { name, bytes: size, sha256, ...facts },
		settings: { ...result.settings, seed: result.seed },
		warnings: [...video.warnings, ...result.warnings, ...differences(video, facts)],
		timings: result.timings,
	};
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
