import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '../artifacts/store.ts';
import { NoFfmpegError, runFfmpeg } from '../lib/ffmpeg.ts';
import type { Artifact } from '../store/video.ts';
import { ApiError, notFound } from './errors.ts';

/**
 * `thumbnail`: one picture out of the middle. `spritesheet`: up to 16 of them in rows of 4. `last_frame`: the last
 * picture in full size, for the clip that shall go on from there.
 */
export const STILLS = ['thumbnail', 'spritesheet', 'last_frame'] as const;
export type Still = (typeof STILLS)[number];

const THUMBNAIL_WIDTH = 640;
const SPRITE_WIDTH = 160;
const SPRITES = 16;
const SPRITES_A_ROW = 4;
const MOST_KEPT = 100;

/**
 * Pictures of finished videos, as JPEG. The thumbnail was made with the video; where it was not, and the spritesheet,
 * the machine's ffmpeg makes them when they are first asked for.
 */
export class Stills {
	readonly #kept = new Map<string, Promise<Buffer>>();
	/** One after another: each takes a core for a moment, which the engine needs. */
	#before: Promise<unknown> = Promise.resolve();

	constructor(
		private readonly artifacts: ArtifactStore,
		private readonly ffmpeg: string,
	) {}

	async of(artifact: Artifact, still: Still): Promise<Buffer> {
		const key = `${still} ${artifact.name}`;
		const made = this.#kept.get(key) ?? this.#find(artifact, still);
		this.#kept.delete(key);
		this.#kept.set(key, made);
		made.catch(() => this.#kept.delete(key));
		const [oldest] = this.#kept.keys();
		if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
		return await made;
	}

	/** The poster that was made with the video; anything else is made now. */
	async #find(artifact: Artifact, still: Still): Promise<Buffer> {
		const poster =
			still === 'thumbnail' && artifact.poster
				? await this.artifacts.open(artifact.poster.name)
				: undefined;
		if (poster) return await buffer(poster);
		return await this.#inTurn(() => this.#make(artifact, still));
	}

	async #inTurn(make: () => Promise<Buffer>): Promise<Buffer> {
		const turn = this.#before.then(make, make);
		this.#before = turn.catch(() => undefined);
		return await turn;
	}

	async #make(artifact: Artifact, still: Still): Promise<Buffer> {
		const file = await this.artifacts.open(artifact.name);
		if (!file) throw notFound('file of this video any more');
		const folder = await mkdtemp(join(tmpdir(), 'gpu-local-still-'));
		const path = join(folder, artifact.name);
		try {
			await pipeline(file, createWriteStream(path));
			return await runFfmpeg(this.ffmpeg, stillArguments(path, artifact.frames, still));
		} catch (error) {
			if (!(error instanceof NoFfmpegError)) throw error;
			throw new ApiError(
				400,
				'unsupported_operation',
				`A ${still} is made with the program ffmpeg, which this server's machine does not have. Install it there, or name it in GPU_LOCAL_FFMPEG.`,
				{ field: 'variant' },
			);
		} finally {
			await rm(folder, { recursive: true, force: true });
		}
	}
}

const POSTER_MS = 60_000;

/**
 * The thumbnail of a video that is about to be stored.
 *
 * @throws NoFfmpegError where the machine has none
 */
export async function makePoster(
	ffmpeg: string,
	path: string,
	frames: number,
	signal: AbortSignal,
): Promise<Buffer> {
	const limit = AbortSignal.any([signal, AbortSignal.timeout(POSTER_MS)]);
	return await runFfmpeg(ffmpeg, stillArguments(path, frames, 'thumbnail'), limit);
}

/** ffmpeg's scale of JPEG: 2 is what the eye does not tell from the original, 3 is a third smaller. */
const QUALITY: Record<Still, string> = { thumbnail: '3', spritesheet: '3', last_frame: '2' };

function stillArguments(path: string, frames: number, still: Still): string[] {
	return [
		...['-i', path, '-an', '-vf', filterFor(still, frames), '-frames:v', '1'],
		...['-c:v', 'mjpeg', '-q:v', QUALITY[still], '-f', 'image2pipe', 'pipe:1'],
	];
}

function filterFor(still: Still, frames: number): string {
	switch (still) {
		case 'thumbnail':
			return `select=eq(n\\,${Math.floor(frames / 2)}),scale=min(iw\\,${THUMBNAIL_WIDTH}):-2`;
		case 'spritesheet':
			return spritesFilter(frames);
		case 'last_frame':
			return `select=eq(n\\,${frames - 1})`;
	}
}

function spritesFilter(frames: number): string {
	const step = Math.max(1, Math.ceil(frames / SPRITES));
	const count = Math.ceil(frames / step);
	const columns = Math.min(SPRITES_A_ROW, count);
	const rows = Math.ceil(count / columns);
	return `select=not(mod(n\\,${step})),scale=${SPRITE_WIDTH}:-2,tile=${columns}x${rows}`;
}
