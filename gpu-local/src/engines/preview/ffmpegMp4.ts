import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { NoFfmpegError } from '../../lib/ffmpeg.ts';
import { createPainter } from './frames.ts';
import type { PreviewSpec } from './frames.ts';
import { KEYFRAME_EVERY_SECONDS, QUANTIZATION } from './render.ts';
import { planesFrom } from './yuv.ts';

/** Of a second, so that every rate comes out exactly. */
const FRAME_TICKS = 1000;
/** One is painted while another is on its way. */
const BUFFERS = 2;
const MAX_COMPLAINT = 1000;

/** The machine's ffmpeg was there and made no video. */
export class FfmpegFailedError extends Error {
	override readonly name = 'FfmpegFailedError';
}

export interface FfmpegEvents {
	/** Its process, and undefined once that has ended. */
	onProcess(pid: number | undefined): void;
	onFrame(done: number): void;
}

/**
 * Encodes the whole clip into a file with the program ffmpeg of the machine, some ten times as fast as WebAssembly.
 * One thread, no clock and nothing that depends on the processor: the same clip gives the same bytes.
 *
 * @returns the encoder and its version, for people
 * @throws NoFfmpegError where there is no such program
 * @throws FfmpegFailedError where it made no video: it may lack the encoder, or have been killed
 */
export async function renderWithFfmpeg(
	spec: PreviewSpec,
	program: string,
	file: string,
	{ onProcess, onFrame }: FfmpegEvents,
): Promise<string> {
	const child = spawn(program, argumentsFor(spec, file), {
		stdio: ['pipe', 'ignore', 'pipe'],
		windowsHide: true,
	});
	const ended = endOf(child, program);
	onProcess(child.pid);
	try {
		await Promise.race([once(child, 'spawn'), ended]);
		await Promise.race([feed(child, spec, onFrame), ended]);
		return encoderIn(await ended);
	} finally {
		onProcess(undefined);
		child.kill('SIGKILL');
	}
}

function argumentsFor({ width, height, fps }: PreviewSpec, file: string): string[] {
	const ticks = Math.max(1, Math.round(fps * FRAME_TICKS));
	return [
		// Its first line, which names its version, comes with the informations.
		...['-y', '-nostats', '-loglevel', 'info'],
		...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`],
		...['-framerate', `${ticks}/${FRAME_TICKS}`, '-i', 'pipe:0'],
		...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', String(QUANTIZATION)],
		...['-threads', '1', '-x264-params', 'cpu-independent=1'],
		...['-g', String(Math.max(1, Math.round(fps * KEYFRAME_EVERY_SECONDS)))],
		...['-pix_fmt', 'yuv420p', '-color_range', 'tv', '-colorspace', 'bt709'],
		...['-color_primaries', 'bt709', '-color_trc', 'bt709'],
		...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-map_metadata', '-1'],
		...['-video_track_timescale', String(ticks), '-movflags', '+faststart', '-f', 'mp4', file],
	];
}

async function feed(
	child: ChildProcess,
	spec: PreviewSpec,
	onFrame: FfmpegEvents['onFrame'],
): Promise<void> {
	const { width, height, frames } = spec;
	const painter = createPainter(spec);
	const toPlanes = planesFrom(painter.palette, width, height);
	const buffers = Array.from({ length: BUFFERS }, () => new Uint8Array((width * height * 3) / 2));
	const input = child.stdin!;
	// A pipe that breaks is told by the end of the process.
	input.on('error', () => undefined);
	let written = Promise.resolve();
	for (let frame = 0; frame < frames && input.writable; frame++) {
		const planes = buffers[frame % BUFFERS]!;
		toPlanes(painter.paint(frame), planes);
		await written;
		written = new Promise((resolve) => input.write(planes, () => resolve()));
		onFrame(frame + 1);
	}
	await written;
	input.end();
}

/** What it said, or why it made no video. */
function endOf(child: ChildProcess, program: string): Promise<string> {
	let said = '';
	child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
	const ended = new Promise<string>((resolve, reject) => {
		child.once('error', (error) =>
			reject(new NoFfmpegError(`${program} cannot be started`, { cause: error })),
		);
		child.once('close', (code, signal) => {
			if (code === 0) return resolve(said);
			const how = signal === null ? `ended with ${code}` : `was killed (${signal})`;
			reject(new FfmpegFailedError(`${how}: ${complaintIn(said)}`));
		});
	});
	ended.catch(() => undefined);
	return ended;
}

const encoderIn = (said: string): string =>
	`libx264 (ffmpeg ${/^ffmpeg version (\S+)/.exec(said)?.[1] ?? 'of this machine'})`;

/** The lines behind its introduction say what was wrong. */
const complaintIn = (said: string): string =>
	said.trim().split('\n').slice(-3).join(' ').slice(-MAX_COMPLAINT);
