import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Database } from '../db/database.ts';
import { NoFfmpegError } from '../lib/ffmpeg.ts';
import type { Log } from '../lib/log.ts';
import { forgetLooseFile, keepFile, noteLooseFile } from '../store/looseFiles.ts';
import type { Artifact } from '../store/video.ts';
import { addPoster } from '../store/videoFiles.ts';
import { makePoster } from '../videos/stills.ts';

/** A poster that no job has after so long belongs to no process that still goes on. */
const LOOSE_FOR_MS = 3600 * 1000;

interface Finished {
	videoId: string;
	artifact: Artifact;
	/** The video on this machine. */
	file: string;
	/** A picture of it that the engine made. */
	poster: string | undefined;
}

/**
 * Makes pictures of videos that are finished and handed out already, one after another. A video is none the worse
 * for having none: the server makes one when it is asked for it.
 */
export class Posters {
	readonly #stopping = new AbortController();
	#last: Promise<void> = Promise.resolve();

	constructor(
		private readonly database: Database,
		private readonly artifacts: ArtifactStore,
		private readonly ffmpeg: string,
		private readonly log: Log,
	) {}

	/** @param then called when the file is not needed any more; does not throw */
	add(finished: Finished, then: () => Promise<void>): void {
		this.#last = this.#last.then(() => this.#make(finished)).then(then);
	}

	/** Those that are not made yet are left out. */
	async stop(): Promise<void> {
		this.#stopping.abort();
		await this.#last;
	}

	async #make(finished: Finished): Promise<void> {
		const { signal } = this.#stopping;
		if (signal.aborted) return;
		try {
			const { artifact, poster } = finished;
			const picture =
				(poster === undefined ? undefined : await readFile(poster).catch(() => undefined)) ??
				(await makePoster(this.ffmpeg, await this.#local(finished), artifact.frames, signal));
			await this.#keep(finished, picture);
		} catch (error) {
			if (signal.aborted) return;
			const level = error instanceof NoFfmpegError ? 'debug' : 'warn';
			this.log[level]({ err: error, video: finished.videoId }, 'A video has no poster');
		}
	}

	/** A store on this disk has moved the file away. */
	async #local({ file, artifact }: Finished): Promise<string> {
		if (existsSync(file)) return file;
		const stored = await this.artifacts.open(artifact.name);
		if (stored) await pipeline(stored, createWriteStream(file), { signal: this.#stopping.signal });
		return file;
	}

	async #keep({ videoId, artifact, file }: Finished, picture: Uint8Array): Promise<void> {
		const name = artifact.name.replace(/\.[a-z0-9]+$/, '.jpg');
		const path = `${file}.jpg`;
		await writeFile(path, picture);
		await noteLooseFile(this.database, name, new Date(Date.now() + LOOSE_FOR_MS));
		await this.artifacts.put(path, name, 'image/jpeg');
		const sha256 = createHash('sha256').update(picture).digest('hex');
		const [rows] = await this.database.batch([
			addPoster(videoId, artifact.name, { name, bytes: picture.length, sha256 }),
			keepFile(videoId, name),
		]);
		if (rows!.length > 0) return;
		// The video was removed meanwhile.
		await this.artifacts.remove(name);
		await forgetLooseFile(this.database, name);
	}
}
