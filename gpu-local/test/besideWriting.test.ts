/** An engine that takes the next job while it still finishes one: what of it the worker's slots and jobs show. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Core } from '../src/compose.ts';
import type { Engine, EngineContext } from '../src/engines/engine.ts';
import { EngineError } from '../src/engines/engine.ts';
import { createPreviewEngine } from '../src/engines/preview/index.ts';
import type { VideoService } from '../src/videos/service.ts';
import { requeueRunning } from '../src/store/leases.ts';
import { VideoWorker } from '../src/worker/worker.ts';
import { openTestCore } from './support/core.ts';
import { eventually } from './support/server.ts';

const silent = pino({ level: 'silent' });
let folder: string;
let core: Core;
let service: VideoService;
let worker: VideoWorker;
let closers: Array<() => Promise<void>>;
/** Prompts of the jobs that began, and what lets them go on: first with their file, then to their end. */
let begun: string[];
let gates: Map<string, () => void>;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-beside-'));
	const opened = await openTestCore(['--data', folder]);
	({ core, service } = opened);
	begun = [];
	gates = new Map();
	closers = [opened.stop, async () => await rm(folder, { recursive: true, force: true })];
});
afterEach(async () => {
	for (const go of gates.values()) go();
	for (const close of closers) await close();
});

/** One slot; a job says that it is free and then waits for its gate before its file is there. */
async function start(
	last: (prompt: string, context: EngineContext) => Promise<void> = async () => undefined,
): Promise<void> {
	const preview = await createPreviewEngine({ env: { GPU_LOCAL_FFMPEG: '/nowhere/ffmpeg' } });
	const engine: Engine = {
		...preview,
		slots: 1,
		generate: async (job, context) => {
			const { prompt } = job.request;
			await writeFile(`${job.outputPath}.part`, prompt);
			begun.push(prompt);
			context.slotFree?.();
			await new Promise<void>((resolve, reject) => {
				gates.set(prompt, resolve);
				context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
			});
			await last(prompt, context);
			return await preview.generate(job, context);
		},
	};
	worker = new VideoWorker(
		core.database,
		core.queue,
		engine,
		core.artifacts,
		{
			keepSeconds: 3600,
			workFolder: join(folder, 'work'),
			jobSeconds: 600,
			maxAttempts: 2,
			ffmpeg: 'no-such-program',
		},
		silent,
	);
	await worker.start();
	closers.unshift(
		async () => await worker.stop(0),
		async () => await engine.close(),
	);
}

/** What the files hold that are not whole yet: the prompts of their jobs. */
async function written(): Promise<string[]> {
	const names = await readdir(join(folder, 'work'), { recursive: true }).catch(() => []);
	const parts = names.filter((name) => name.endsWith('.part'));
	const texts = await Promise.all(
		// One may be taken away meanwhile.
		parts.map(async (name) => await readFile(join(folder, 'work', name), 'utf8').catch(() => [])),
	);
	return texts.flat().sort();
}

const order = async (prompt: string) => {
	const { video } = await service.create({
		values: { prompt, model: 'preview', seconds: 1, size: '64x64' },
		owner: 'me',
		dialect: 'openai',
	});
	worker.wake();
	return video.id;
};
const began = async (prompt: string) =>
	await eventually(async () => (begun.includes(prompt) && gates.has(prompt) ? true : undefined));
const ended = async (id: string) =>
	await eventually(async () => {
		const video = await service.get('me', id);
		return ['queued', 'running'].includes(video.status) ? undefined : video;
	});

it('begins the next job before the file of the one before is there, and ends each by itself', async () => {
	await start();
	const first = await order('first');
	await began('first');
	const second = await order('second');
	await began('second');
	expect((await service.get('me', first)).status).toBe('running');
	gates.get('second')!();
	expect((await ended(second)).status).toBe('completed');
	expect((await service.get('me', first)).status).toBe('running');
	gates.get('first')!();
	expect((await ended(first)).status).toBe('completed');
});

it('fails a job whose file cannot be written, and not the one that began after', async () => {
	await start(async (prompt) => {
		if (prompt === 'first') throw new EngineError('disk_full', 'The video does not fit.');
	});
	const first = await order('first');
	await began('first');
	const second = await order('second');
	await began('second');
	gates.get('first')!();
	expect(await ended(first)).toMatchObject({ status: 'failed', error: { code: 'disk_full' } });
	gates.get('second')!();
	expect((await ended(second)).status).toBe('completed');
});

it('leaves nothing behind of a file that was not written to its end, whoever ended it', async () => {
	await start(async (prompt, { signal }) => {
		signal.throwIfAborted();
		if (prompt === 'fails') throw new EngineError('disk_full', 'The video does not fit.');
	});
	const fails = await order('fails');
	await began('fails');
	const cancelled = await order('cancelled');
	await began('cancelled');
	const stopped = await order('stopped');
	await began('stopped');
	await eventually(async () => ((await written()).length === 3 ? true : undefined));
	expect(await written()).toEqual(['cancelled', 'fails', 'stopped']);
	gates.get('fails')!();
	await ended(fails);
	await service.cancel('me', cancelled);
	worker.cancel(cancelled);
	await eventually(async () => ((await written()).length === 1 ? true : undefined));
	await worker.stop(0);
	expect((await service.get('me', stopped)).status).toBe('queued');
	await eventually(async () => ((await written()).length === 0 ? true : undefined));
});

it('leaves a job to the later of two attempts at it, and its files alone', async () => {
	await start();
	const id = await order('twice');
	await began('twice');
	const first = gates.get('twice')!;
	// As if the heartbeat of the first had been away for too long.
	await core.queue.recoverAll();
	await requeueRunning(core.database);
	worker.wake();
	await eventually(async () =>
		begun.length === 2 && gates.get('twice') !== first ? true : undefined,
	);
	await eventually(async () => ((await written()).length === 1 ? true : undefined));
	gates.get('twice')!();
	expect((await ended(id)).status).toBe('completed');
	expect(begun).toEqual(['twice', 'twice']);
});

it('gives both jobs back when it is stopped', async () => {
	await start();
	const first = await order('first');
	await began('first');
	const second = await order('second');
	await began('second');
	await worker.stop(0);
	expect((await service.get('me', first)).status).toBe('queued');
	expect((await service.get('me', second)).status).toBe('queued');
});
