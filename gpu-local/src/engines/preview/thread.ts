import { writeFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import type { PreviewSpec } from './frames.ts';
import { render } from './render.ts';

/** Rendering burns a whole core, so it has a thread of its own and HTTP stays quick. */
export interface RenderTask {
	spec: PreviewSpec;
	format: 'mp4' | 'gif';
	file: string;
	/** The clip is not ready before this; a rehearsal of a slow model. */
	atLeastMs: number;
}

export type RenderNews =
	| { kind: 'frame'; done: number }
	| { kind: 'done' }
	| { kind: 'failed'; message: string; code?: string };

const port = parentPort;
if (port) {
	port.on('message', (task: RenderTask) => {
		const tell = (news: RenderNews) => port.postMessage(news);
		carryOut(task, tell).then(
			() => tell({ kind: 'done' }),
			(error: NodeJS.ErrnoException) =>
				tell({
					kind: 'failed',
					message: error.message,
					...(error.code ? { code: error.code } : {}),
				}),
		);
	});
}

async function carryOut(task: RenderTask, tell: (news: RenderNews) => void): Promise<void> {
	const startedMs = performance.now();
	const frameMs = task.atLeastMs / task.spec.frames;
	const file = await render(task.spec, task.format, (done) => {
		const earlyMs = done * frameMs - (performance.now() - startedMs);
		// The encoder cannot be left in the middle of a clip, and this thread has nothing else to do.
		if (earlyMs > 1) Atomics.wait(PAUSE, 0, 0, earlyMs);
		tell({ kind: 'frame', done });
	});
	await writeFile(task.file, file);
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));
