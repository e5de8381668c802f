import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { Maintenance } from '../src/maintenance/maintenance.ts';
import type { Core } from '../src/compose.ts';
import type { VideoService } from '../src/videos/service.ts';
import { SCHEMA } from '../src/queue/queue.ts';
import { leaseVideo, completeVideo } from '../src/store/videos.ts';
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
			await core.database.transaction(async (tx) => {
				await tx.query('DELETE FROM gpu_local.videos WHERE id = $1', [claim.id]);
				await core.queue.complete(tx, claim);
			});
		}
	};

	it('keys take turns, however much one of them has waiting', async () => {
		for (let n = 0; n < 4; n++) await create('greedy');
		for (let n = 0; n < 2; n++) await create('modest');
		expect((await takeAll()).slice(0, 4).sort()).toEqual(['greedy', 'greedy', 'modest', 'modest']);
	});

	it('what is urgent goes first, and what can wait goes last', async () => {
		await create('whenever', -5);
		await create('normal');
		await create('urgent', 5);
		expect(await takeAll()).toEqual(['urgent', 'normal', 'whenever']);
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

	it('files whose time is up are removed, and files that no job knows', async () => {
		const maintenance = new Maintenance(
			core.database,
			core.queue,
			core.artifacts,
			core.callbackBody,
			3600,
			pino({ level: 'silent' }),
		);
		const video = await create('me');
		await leaseVideo(core.database, video.id, LEASE, 'test');
		const name = `${video.id.replaceAll('-', '')}-${'a'.repeat(16)}.mp4`;
		const orphan = `${'b'.repeat(32)}-${'b'.repeat(16)}.mp4.part`;
		const fresh = `${'c'.repeat(32)}-${'c'.repeat(16)}.mp4`;
		const videos = join(folder, 'videos');
		for (const file of [name, orphan, fresh, 'somebody-elses.txt']) {
			await writeFile(join(videos, file), 'x');
		}
		const longAgo = new Date(Date.now() - 48 * 3600 * 1000);
		await utimes(join(videos, orphan), longAgo, longAgo);
		await completeVideo(core.database, LEASE, {
			artifact: {
				...{ name, bytes: 1, sha256: '', mimeType: 'video/mp4' },
				...{ width: 2, height: 2, frames: 1, fps: 1, durationSeconds: 1 },
			},
			settings: {},
			warnings: [],
			timings: {},
			expiresAt: new Date(Date.now() - 1000),
		});
		await maintenance.sweep();
		expect((await readdir(videos)).sort()).toEqual([fresh, 'somebody-elses.txt'].sort());
		expect(await service.get('me', video.id)).toMatchObject({ status: 'expired', artifact: null });
		await maintenance.sweep(Date.now() + 3601 * 1000);
		await expect(service.get('me', video.id)).rejects.toMatchObject({ code: 'not_found' });
	});

	it('a job that nobody will run any more fails, and says why', async () => {
		const maintenance = new Maintenance(
			core.database,
			core.queue,
			core.artifacts,
			core.callbackBody,
			3600,
			pino({ level: 'silent' }),
		);
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
