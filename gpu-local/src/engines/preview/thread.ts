import { writeFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { NoFfmpegError } from '../../lib/ffmpeg.ts';
import { FfmpegFailedError, renderWithFfmpeg } from './ffmpegMp4.ts';
import type { PreviewSpec } from './frames.ts';
import { render } from './render.ts';

/** Rendering burns a whole core, so it has a thread of its own and HTTP stays quick. */
export interface RenderTask {
	spec: PreviewSpec;
	format: 'mp4' | 'gif';
	file: string;
	/** The program that encodes MP4; the WebAssembly that comes along does where the machine has none. */
	ffmpeg: string;
	/** The clip is not ready before this; a rehearsal of a slow model. */
	atLeastMs: number;
}

export interface Rendered {
	/** What encoded it, with its version where it is a program of the machine. */
	encoder: string;
	warnings: string[];
}

export type RenderNews =
	| { kind: 'frame'; done: number }
	/** A program that is at work for this thread, until its `pid` is undefined. */
	| { kind: 'process'; pid: number | undefined }
	| { kind: 'done'; made: Rendered }
	| { kind: 'failed'; message: string; code?: string };

const port = parentPort;
if (port) {
	port.on('message', (task: RenderTask) => {
		const tell = (news: RenderNews) => port.postMessage(news);
		carryOut(task, tell).then(
			(made) => tell({ kind: 'done', made }),
			(error: NodeJS.ErrnoException) =>
				tell({
					kind: 'failed',
					message: error.message,
					...(error.code ? { code: error.code } : {}),
				}),
		);
	});
}

async function carryOut(task: RenderTask, tell: (news: RenderNews) => void): Promise<Rendered> {
	const startedMs = performance.now();
	const frameMs = task.atLeastMs / task.spec.frames;
	const onFrame = (done: number): void => {
		const earlyMs = done * frameMs - (performance.now() - startedMs);
		// The encoder cannot be left in the middle of a clip, and this thread has nothing else to do.
		if (earlyMs > 1) Atomics.wait(PAUSE, 0, 0, earlyMs);
		tell({ kind: 'frame', done });
	};
	const warnings: string[] = [];
	if (task.format === 'mp4') {
		try {
			const onProcess = (pid: number | undefined) => tell({ kind: 'process', pid });
			const events = { onFrame, onProcess };
			const encoder = await renderWithFfmpeg(task.spec, task.ffmpeg, task.file, events);
			return { encoder, warnings };
		} catch (error) {
			if (error instanceof FfmpegFailedError) warnings.push(slowerBecause(error));
			else if (!(error instanceof NoFfmpegError)) throw error;
		}
	}
	await writeFile(task.file, await render(task.spec, task.format, onFrame));
	return { encoder: BUILT_IN[task.format], warnings };
}

const BUILT_IN = { mp4: 'h264-mp4-encoder', gif: 'gifenc' };

const slowerBecause = ({ message }: FfmpegFailedError): string =>
	`This machine's ffmpeg made no video, so the slower encoder that comes along did. ffmpeg ${message}`;

const PAUSE = new Int32Array(new SharedArrayBuffer(4));
