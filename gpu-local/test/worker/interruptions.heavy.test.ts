import { readdir, readFile, readlink } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, openServer } from './server.ts';
import { pythonForTests } from './tinyModels.ts';
import { openTinyServer } from './tinyServer.ts';

let server: Awaited<ReturnType<typeof openTinyServer>>;

beforeAll(async () => {
	server = await openTinyServer();
});

afterAll(async () => {
	await server?.close();
});

/** Long enough to be met in the middle: AnimateDiff at a size where every stage takes a while. */
const LONG = {
	prompt: 'a long way',
	model: 'animatediff',
	size: '128x128',
	num_frames: 16,
	num_inference_steps: 40,
	seed: 1,
};
const SHORT = { ...LONG, size: '64x64', num_frames: 8, num_inference_steps: 2 };

/** Process ids of workers that this test's process started, from /proc. */
async function workerPids(): Promise<number[]> {
	const pids: number[] = [];
	for (const name of await readdir('/proc')) {
		if (!/^\d+$/.test(name)) continue;
		const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
		const program = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
		const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
		const alive = !/^State:\s+Z/m.test(status);
		if (parent === process.pid && alive && program.includes('text_to_video_worker')) {
			pids.push(Number(name));
		}
	}
	return pids;
}

describe('cancelling', () => {
	it.each(['loading', 'denoising', 'decoding'])('stops a job in the stage %s', async (stage) => {
		// Another profile is another load: every time the model is loaded anew.
		const fields =
			stage === 'loading'
				? { ...LONG, model: 'sd15' }
				: stage === 'decoding'
					? { ...LONG, size: '384x384', num_inference_steps: 1 }
					: LONG;
		const processes = await workerPids();
		const { id } = await server.submit(fields);
		await server.until(id, (video) => video.stage === stage || ended(video));
		const stopped = await server.cancel(id);
		expect(stopped.status).toBe('cancelled');
		// The device is free for the next job, which nobody has to wait for.
		const next = await server.submit(SHORT);
		expect((await server.until(next.id, ended)).status).toBe('completed');
		expect((await server.get(id)).status).toBe('cancelled');
		// And no loaded model was lost for it.
		expect(await workerPids()).toEqual(processes);
	});

	it('stops a job that waits in the queue', async () => {
		const first = await server.submit(LONG);
		const second = await server.submit(LONG);
		expect((await server.cancel(second.id)).status).toBe('cancelled');
		await server.cancel(first.id);
		expect((await server.until(first.id, ended)).status).toBe('cancelled');
	});
});

describe('losing the worker', () => {
	it('after a kill -9 another process takes the job and finishes it', async () => {
		const { id } = await server.submit({ ...LONG, num_inference_steps: 10 });
		await server.until(id, (video) => video.stage === 'denoising');
		const [pid] = await workerPids();
		process.kill(pid!, 'SIGKILL');
		const video = await server.until(id, ended);
		expect(video.status, JSON.stringify(video.error)).toBe('completed');
		expect((await server.look(id)).facts.frames).toBe(16);
		expect(await workerPids()).not.toContain(pid);
	});
});

describe('the worker process', () => {
	it('sees no key and writes only to its own pipe', async () => {
		const { id } = await server.submit(SHORT);
		await server.until(id, ended);
		const [pid] = await workerPids();
		const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
		expect(environment).not.toMatch(/API_KEY|TOKEN|SECRET|PASSWORD/);
		expect(await readlink(`/proc/${pid}/fd/1`)).toBe(await readlink(`/proc/${pid}/fd/2`));
		expect(environment).not.toContain(`GPU_LOCAL_PYTHON=${pythonForTests()}`);
	});

	it('goes when the server goes', async () => {
		const other = await openServer(server.models);
		const before = await workerPids();
		await other.close();
		const after = await workerPids();
		expect(after.length).toBeLessThan(before.length);
	});
});
