import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { Maintenance } from '../src/maintenance/maintenance.ts';
import type { Core } from '../src/compose.ts';
import type { VideoService } from '../src/videos/service.ts';
import { SCHEMA } from '../src/queue/queue.ts';
import { noteLooseFile } from '../src/store/looseFiles.ts';
import { completeVideo, failVideo, leaseVideo } from '../src/store/leases.ts';
import { openTestCore } from './support/core.ts';

const LEASE = '00000000-0000-4000-8000-000000000002';

describe('what happens without anybody asking', () => {
	let core: Core;
	let stop: () => Promise<void>;
	let folder: string;
	let service: VideoService;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-upkeep-'));
		({ core, service, stop } = await openTestCore(['--data', folder]));
	});
	afterAll(async () => {
		await stop();
		await rm(folder, { recursive: true, force: true });
	});

	const create = async (owner: string, priority = 0, model?: string) =>
		(
			await service.create({
				values: { prompt: owner, ...(model ? { model } : {}) },
				owner,
				dialect: 'openai',
				priority,
			})
		).video;
	/** @param loaded the queue of the model that the device has loaded */
	const takeAll = async (loaded: string[] = []): Promise<string[]> => {
		const order: string[] = [];
		for (;;) {
			const claim = await core.queue.nextVideo(['video/preview', 'video/other'], loaded);
			if (!claim) return order;
			const video = await leaseVideo(core.database, claim.id, LEASE, 'test');
			order.push(video!.request.prompt);
			await core.database.query('DELETE FROM gpu_local.videos WHERE id = $1', [claim.id]);
			await core.database.batch(await core.queue.complete(claim));
		}
	};

	it('keys take turns, however much one of them has waiting', async () => {
		for (let n = 0; n < 4; n++) await create('greedy');
		for (let n = 0; n < 2; n++) await create('modest');
		expect((await takeAll()).slice(0, 4).sort()).toEqual(['greedy', 'greedy', 'modest', 'modest']);
	});

	it('what is urgent goes first among the jobs of its key, and what can wait goes last', async () => {
		const add = async (prompt: string, priority: number) =>
			await service.create({ values: { prompt }, owner: 'me', dialect: 'openai', priority });
		await add('whenever', -5);
		await add('normal', 0);
		await add('urgent', 5);
		await add('normal too', 0);
		await add('most urgent', 10);
		expect(await takeAll()).toEqual(['most urgent', 'urgent', 'normal', 'normal too', 'whenever']);
	});

	it('a key that calls all of its jobs urgent gets no more than its turn', async () => {
		for (let n = 0; n < 4; n++) await create('greedy', 10);
		await create('modest');
		expect((await takeAll()).slice(0, 2).sort()).toEqual(['greedy', 'modest']);
	});

	it('jobs that were cancelled while they waited cost a key no place', async () => {
		const withdrawn = [];
		for (let n = 0; n < 4; n++) withdrawn.push(await create('hesitant'));
		await create('hesitant');
		for (const { id } of withdrawn) await service.cancel('hesitant', id);
		for (let n = 0; n < 3; n++) await create('other');
		await create('hesitant');
		expect((await takeAll()).slice(0, 4).sort()).toEqual([
			'hesitant',
			'hesitant',
			'other',
			'other',
		]);
	});

	it('jobs for the loaded model go first, but pass none that has waited for two minutes', async () => {
		const old = await create('old', 0, 'other');
		await core.database.query(
			`UPDATE ${SCHEMA}.job SET created_on = now() - interval '3 minutes' WHERE id = $1`,
			[old.id],
		);
		await create('other', 0, 'other');
		await create('loaded', 0, 'preview');
		expect(await takeAll(['video/preview'])).toEqual(['old', 'loaded', 'other']);
	});

	const startMaintenance = () =>
		new Maintenance(core.database, core.artifacts, 3600, pino({ level: 'silent' }));

	it('files whose time is up are removed, and those of attempts that came to nothing', async () => {
		const maintenance = startMaintenance();
		const video = await create('me');
		await leaseVideo(core.database, video.id, LEASE, 'test');
		const name = `${video.id.replaceAll('-', '')}-${'a'.repeat(16)}.mp4`;
		const poster = name.replace('.mp4', '.jpg');
		const lost = `${'b'.repeat(32)}-${'b'.repeat(16)}.mp4`;
		const lostPart = `${'e'.repeat(32)}-${'e'.repeat(16)}.mp4`;
		const underWay = `${'c'.repeat(32)}-${'c'.repeat(16)}.mp4`;
		const others = `${'d'.repeat(32)}-${'d'.repeat(16)}.mp4`;
		const videos = join(folder, 'videos');
		for (const file of [name, poster, lost, `${lostPart}.part`, underWay, others]) {
			await writeFile(join(videos, file), 'x');
			const longAgo = new Date(Date.now() - 48 * 3600 * 1000);
			await utimes(join(videos, file), longAgo, longAgo);
		}
		const hour = 3600 * 1000;
		await noteLooseFile(core.database, name, new Date(Date.now() - hour));
		await noteLooseFile(core.database, poster, new Date(Date.now() - hour));
		await noteLooseFile(core.database, lost, new Date(Date.now() - hour));
		await noteLooseFile(core.database, lostPart, new Date(Date.now() - hour));
		await noteLooseFile(core.database, underWay, new Date(Date.now() + hour));
		const done = {
			artifact: {
				...{ name, bytes: 1, sha256: '', mimeType: 'video/mp4' },
				poster: { name: poster, bytes: 1, sha256: '' },
				...{ width: 2, height: 2, frames: 1, fps: 1, durationSeconds: 1 },
			},
			settings: {},
			warnings: [],
			timings: {},
		};
		const complete = async (expiresAt: Date) =>
			await core.database.batch([completeVideo(LEASE, { ...done, expiresAt })]);
		await complete(new Date(Date.now() + hour));
		await maintenance.sweep();
		// What another installation put there is none of ours.
		expect((await readdir(videos)).sort()).toEqual([name, poster, underWay, others].sort());
		await core.database.query(
			`UPDATE gpu_local.videos SET expires_at = now() - interval '1 second' WHERE id = $1`,
			[video.id],
		);
		await maintenance.sweep();
		expect((await readdir(videos)).sort()).toEqual([underWay, others].sort());
		expect(await service.get('me', video.id)).toMatchObject({ status: 'expired', artifact: null });
		await maintenance.sweep(Date.now() + 3601 * 1000);
		await expect(service.get('me', video.id)).rejects.toMatchObject({ code: 'not_found' });
	});

	it('asks the database and the storage no more where many finished videos are kept', async () => {
		const asked = async (): Promise<number> => {
			let times = 0;
			const counted = <Whole extends object>(whole: Whole): Whole =>
				new Proxy(whole, {
					get: (target, name) => {
						const member: unknown = Reflect.get(target, name);
						if (typeof member !== 'function') return member;
						return (...args: unknown[]): unknown => {
							times++;
							return Reflect.apply(member, target, args);
						};
					},
				});
			await new Maintenance(
				counted(core.database),
				counted(core.artifacts),
				3600,
				pino({ level: 'silent' }),
			).sweep();
			return times;
		};
		const few = await asked();
		for (let nth = 0; nth < 40; nth++) {
			const { id } = await create('many');
			const name = `${id.replaceAll('-', '')}-${'f'.repeat(16)}.mp4`;
			await writeFile(join(folder, 'videos', name), 'x');
			await core.database.query(
				`UPDATE gpu_local.videos SET status = 'completed', finished_at = now(),
					created_at = now() - interval '2 days', artifact = $2 WHERE id = $1`,
				[id, JSON.stringify({ name, bytes: 1, sha256: '', mimeType: 'video/mp4' })],
			);
		}
		expect(await asked()).toBe(few);
		expect(few).toBeGreaterThan(0);
	});

	it('a job fails with what its engine said, be it no text that a database takes', async () => {
		const { id } = await create('me');
		await leaseVideo(core.database, id, LEASE, 'test');
		const message = 'Said \0 and half of \ud835';
		await core.database.batch([failVideo(LEASE, { code: 'worker_lost', message })]);
		expect(await service.get('me', id)).toMatchObject({
			status: 'failed',
			error: { message: 'Said \ufffd and half of \ufffd' },
		});
	});

	it('a job that nobody will run any more fails, and says why', async () => {
		const maintenance = startMaintenance();
		const video = await create('me');
		await core.database.query('DELETE FROM gpu_local_boss.job WHERE id = $1', [video.id]);
		await core.database.query(
			`UPDATE gpu_local.videos SET created_at = now() - interval '1 minute' WHERE id = $1`,
			[video.id],
		);
		await maintenance.failLost();
		expect(await service.get('me', video.id)).toMatchObject({
			status: 'failed',
			error: { code: 'worker_lost' },
		});
	});
});
