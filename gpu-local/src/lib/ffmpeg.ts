import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

/** The program `ffmpeg` of the machine, where it has one. */
export const ffmpegOf = (env: Record<string, string | undefined>): string =>
	env.GPU_LOCAL_FFMPEG || 'ffmpeg';

export class NoFfmpegError extends Error {
	override readonly name = 'NoFfmpegError';
}

/**
 * Runs it to its end and gives what it wrote to its output.
 *
 * @throws NoFfmpegError where there is no such program
 */
export async function runFfmpeg(
	program: string,
	args: string[],
	signal?: AbortSignal,
): Promise<Buffer> {
	const child = spawn(program, ['-hide_banner', '-nostdin', '-loglevel', 'error', ...args], {
		stdio: ['ignore', 'pipe', 'pipe'],
		windowsHide: true,
		...(signal ? { signal, killSignal: 'SIGKILL' as const } : {}),
	});
	const ended = new Promise<number | null>((resolve, reject) => {
		child.once('error', (error) =>
			reject(
				signal?.aborted
					? error
					: new NoFfmpegError(`${program} cannot be started`, { cause: error }),
			),
		);
		child.once('close', resolve);
	});
	const read = Promise.all([buffer(child.stdout as Readable), text(child.stderr as Readable)]);
	read.catch(() => undefined);
	const code = await ended;
	const [output, complaint] = await read;
	if (code !== 0) throw new Error(`ffmpeg ended with ${String(code)}: ${complaint.slice(0, 1000)}`);
	return output;
}
