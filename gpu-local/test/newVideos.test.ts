import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { VideoService } from '../src/videos/service.ts';
import { Queue } from '../src/queue/queue.ts';
import type { Core } from '../src/compose.ts';
import { openTestCore } from './support/core.ts';

let folder: string;
let core: Core;
let service: VideoService;
let stop: () => Promise<void>;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-new-'));
	({ core, service, stop } = await openTestCore(['--data', folder]));
});
afterAll(async () => {
	await stop();
	await rm(folder, { recursive: true, force: true });
});

const make = async (
	prompt: string,
	more: { owner?: string; priority?: number; key?: string } = {},
) =>
	await service.create({
		values: { prompt, width: 64, height: 64, num_frames: 4, fps: 4 },
		owner: more.owner ?? 'somebody',
		dialect: 'openai',
		priority: more.priority ?? 0,
		...(more.key === undefined ? {} : { idempotencyKey: more.key }),
	});

/** Ids in the order in which the queue gives them out; they are out then. */
async function takeAll(): Promise<string[]> {
	const ids: string[] = [];
	for (;;) {
		const claim = await core.queue.nextVideo([Queue.videoQueue('preview')]);
		if (!claim) return ids;
		ids.push(claim.id);
	}
}

it('jobs that come together keep their order, and each is found by many who ask at once', async () => {
	const made = await Promise.all(Array.from({ length: 40 }, (_, nth) => make(`boat ${nth}`)));
	const ids = made.map(({ video }) => video.id);
	const found = await Promise.all(ids.map(async (id) => await service.get('somebody', id)));
	expect(found.map(({ request }) => request.prompt)).toEqual(ids.map((_, nth) => `boat ${nth}`));
	expect(await takeAll()).toEqual(ids);
});

it('of jobs that come together, those of a higher priority go first', async () => {
	const made = await Promise.all([0, 0, 5, 0, 9].map((priority) => make('boat', { priority })));
	const [a, b, five, c, nine] = made.map(({ video }) => video.id);
	expect(await takeAll()).toEqual([nine, five, a, b, c]);
});

it('one that cannot be stored does not take the others with it', async () => {
	const all = await Promise.allSettled([
		make('boat one'),
		// No number of the database is so large; the dialects refuse it before.
		make('boat', { priority: 2 ** 40 }),
		make('boat two'),
		make('boat three'),
	]);
	expect(all.map(({ status }) => status)).toEqual([
		'fulfilled',
		'rejected',
		'fulfilled',
		'fulfilled',
	]);
	expect(await takeAll()).toHaveLength(3);
});

it('makes one job of one idempotency key, also where another server is as quick', async () => {
	const other = new VideoService(core.database, core.queue, core.artifacts, {
		limits: core.config.limits,
		defaultModel: undefined,
		aliases: {},
		callbacks: { allow: [] },
		keys: 0,
	});
	const wanted = {
		values: { prompt: 'boat', width: 64, height: 64, num_frames: 4, fps: 4 },
		owner: 'somebody',
		dialect: 'openai',
		idempotencyKey: 'the same',
	};
	const made = await Promise.all(
		[service, other, service, other].map(async (each) => await each.create(wanted)),
	);
	expect(new Set(made.map(({ video }) => video.id)).size).toBe(1);
	expect(made.filter(({ created }) => created)).toHaveLength(1);
	expect(await takeAll()).toEqual([made[0]!.video.id]);
});

it('what updates left behind is cleared away while jobs are made', async () => {
	const [{ video }] = await Promise.all([make('boat'), core.database.vacuum!()]);
	expect((await service.get('somebody', video.id)).status).toBe('queued');
	expect(await takeAll()).toEqual([video.id]);
});
