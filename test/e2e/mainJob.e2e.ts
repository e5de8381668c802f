import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npmCommand } from '../../scripts/n8n-host/commands';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import { probeVideo } from '../../scripts/start/probe';

let state: string;
let firstVideo: Buffer;
beforeAll(async () => {
	state = await mkdtemp(join(tmpdir(), 'text-to-video-start-'));
});
afterAll(() => rm(state, { recursive: true, force: true }));

/** Runs `npm start -- …` as a newcomer would. */
async function npmStart(...options: string[]): Promise<{ exitCode: number | null; text: string }> {
	const { file, args, shell } = npmCommand(process.execPath);
	const child = spawn(file, [...args, 'start', '--', ...options], {
		cwd: REPOSITORY_FOLDER,
		shell,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let text = '';
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (part: string) => (text += part));
	const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
	return { exitCode, text };
}

const onFreePorts = ['--port', '0', '--executor-port', '0'];

describe('npm start -- --once', () => {
	it('makes a real video with a real n8n, says where it is and what is in it, and exits 0', async () => {
		const { exitCode, text } = await npmStart('--once', ...onFreePorts, '--state', state);
		expect(text).toContain('Both are stopped again');
		expect(exitCode).toBe(0);

		const path = /^Video {5}(.+)$/m.exec(text)?.[1] ?? '';
		expect(path.startsWith(state)).toBe(true);
		firstVideo = await readFile(path);
		expect(firstVideo.subarray(4, 8).toString()).toBe('ftyp');
		// The sizes that the first example asks for.
		const video = await probeVideo(path);
		expect(video).toMatchObject({
			widthPixels: 640,
			heightPixels: 360,
			frames: 36,
			codec: 'avc',
		});
		expect(video.framesPerSecond).toBeCloseTo(12, 1);
		expect(video.durationSeconds).toBeCloseTo(3, 1);
		expect(text).toContain('640 × 360 pixels, 3.0 seconds, 36 frames at 12 a second, H.264');
		expect(text).toMatch(/^Editor {4}http:\/\/127\.0\.0\.1:\d+\/open\/[0-9a-f]{24}$/m);
	});

	it('reuses what is there the second time, and makes the same video again', async () => {
		const { exitCode, text } = await npmStart('--once', ...onFreePorts, '--state', state);
		expect(exitCode).toBe(0);
		expect(text).toContain('The package is built (nothing changed)');
		const path = /^Video {5}(.+)$/m.exec(text)?.[1] ?? '';
		expect((await readFile(path)).equals(firstVideo)).toBe(true);
	});

	it('exits 1 and names the port when another program has it', async () => {
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
		const { port } = other.address() as AddressInfo;
		try {
			const ports = ['--port', String(port), '--executor-port', '0'];
			const { exitCode, text } = await npmStart('--once', ...ports, '--state', state);
			expect(exitCode).toBe(1);
			expect(text).toContain(`Port ${port}, where n8n would listen, is in use`);
			expect(text).toContain('npm start -- --port');
		} finally {
			await new Promise((resolve) => other.close(resolve));
		}
	});
});
