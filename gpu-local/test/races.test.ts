/** Bad moments: many at once, an answer that got lost, a change between two looks, a reader that does not read. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '../src/compose.ts';
import type { VideoService } from '../src/videos/service.ts';
import type { Database } from '../src/db/database.ts';
import { sendEvents } from '../src/dialects/openai/events.ts';
import { EngineError } from '../src/engines/engine.ts';
import type { ChangeFeed } from '../src/http/changeFeed.ts';
import { Settlement } from '../src/worker/settle.ts';
import { failureOf } from '../src/worker/failure.ts';
import type { VideoRow } from '../src/store/video.ts';
import { leaseVideo } from '../src/store/leases.ts';
import { openTestCore } from './support/core.ts';
import { eventually } from './support/server.ts';

const silent = pino({ level: 'silent' });
describe('jobs', () => {
	let core: Core;
	let stop: () => Promise<void>;
	let folder: string;
	let service: VideoService;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-races-'));
		const limited = ['--max-queued', '6', '--max-queued-per-key', '4'];
		({ core, service, stop } = await openTestCore(['--data', folder, ...limited]));
	});
	afterAll(async () => {
		await stop();
		await rm(folder, { recursive: true, force: true });
	});
	afterEach(async () => {
		await core.database.query('DELETE FROM gpu_local.videos');
		await core.database.query(`DELETE FROM gpu_local_boss.job`);
		// What was deleted behind the server's back is counted anew after 50 ms.
		await new Promise((resolve) => setTimeout(resolve, 60));
	});

	const create = async (owner: string, idempotencyKey?: string) =>
		await service.create({
			values: { prompt: 'A boat' },
			owner,
			dialect: 'openai',
			...(idempotencyKey === undefined ? {} : { idempotencyKey }),
		});
	const atOnce = async <Result>(count: number, make: (n: number) => Promise<Result>) =>
		await Promise.allSettled(Array.from({ length: count }, (_unused, n) => make(n)));
	const taken = (results: Array<PromiseSettledResult<unknown>>) =>
		results.filter(({ status }) => status === 'fulfilled').length;

	it('that come all at once are no more than may wait, for one key and for all', async () => {
		const mine = await atOnce(12, async () => await create('me'));
		expect(taken(mine)).toBe(4);
		const others = await atOnce(12, async (n) => await create(`somebody ${n}`));
		expect(taken(others)).toBe(2);
		const [refused] = others.filter((result) => result.status === 'rejected');
		expect(refused?.reason).toMatchObject({ status: 429, code: 'queue_full' });
	});

	it('that come all at once with one idempotency key are one job', async () => {
		const results = await atOnce(12, async () => await create('me', 'once'));
		const ids = results.map((result) =>
			result.status === 'fulfilled' ? result.value.video.id : result.reason,
		);
		expect(new Set(ids).size).toBe(1);
	});

	it('keep their file where the answer to the last commit got lost', async () => {
		const { video } = await create('me');
		const claim = (await core.queue.nextVideo(['video/preview']))!;
		const lease = '00000000-0000-4000-8000-000000000002';
		const claimed = (await leaseVideo(core.database, claim.id, lease, 'test'))!;
		const name = `${video.id.replaceAll('-', '')}-0123456789abcdef.mp4`;
		await writeFile(join(folder, 'made.mp4'), 'x');
		await core.artifacts.put(join(folder, 'made.mp4'), name, 'video/mp4');
		const lossy: Database = {
			...core.database,
			batch: async (statements) => {
				await core.database.batch(statements);
				throw new Error('The connection broke');
			},
		};
		const open = (database: Database) =>
			new Settlement(database, core.queue, core.artifacts, 3600, silent);
		const run = {
			video: claimed,
			queueClaim: claim,
			lease,
			controller: new AbortController(),
			startedMs: 0,
			percent: 0,
			holdsSlot: true,
			done: Promise.resolve(),
		};
		const facts = { mimeType: 'video/mp4', width: 2, height: 2, frames: 1, fps: 1 };
		const made = {
			artifact: { name, bytes: 1, sha256: '', durationSeconds: 1, ...facts },
			settings: {},
			warnings: [],
			timings: {},
		};
		await expect(open(lossy).complete(run, made)).rejects.toThrow('The connection broke');
		// Tried again, it is not taken for somebody else's.
		await open(core.database).complete(run, made);
		expect(await service.get('me', video.id)).toMatchObject({ status: 'completed' });
		expect(await readdir(join(folder, 'videos'))).toEqual([name]);
	});
});

describe('the events of a job', () => {
	let app: FastifyInstance;
	afterEach(() => app.close());

	const row = (status: VideoRow['status']) => ({ id: 'one', status }) as VideoRow;
	/** A server with nothing but the stream of one job, and a feed that the test triggers itself. */
	async function stream(
		one: () => Promise<VideoRow>,
		describeAs: (video: VideoRow) => object,
		onSubscribe: (listener: (video: VideoRow) => void) => void,
	): Promise<AddressInfo> {
		const feed = {
			subscribe: (listener: (video: VideoRow) => void) => {
				onSubscribe(listener);
				return () => undefined;
			},
		} as unknown as ChangeFeed;
		app = Fastify({ forceCloseConnections: true });
		app.get('/events', (request, reply) =>
			sendEvents(request, reply, feed, {
				one,
				concerns: () => true,
				describe: async (video) => describeAs(video),
			}),
		);
		await app.listen({ port: 0, host: '127.0.0.1' });
		return app.server.address() as AddressInfo;
	}

	it('end, though it ended just before anybody listened', async () => {
		let status: VideoRow['status'] = 'running';
		const { port } = await stream(
			async () => row(status),
			({ status: said }) => ({ said }),
			() => (status = 'completed'),
		);
		const text = await (await fetch(`http://127.0.0.1:${port}/events`)).text();
		expect(text).toContain('data: {"said":"completed"}');
	});

	it('are not kept in memory without end for a caller who does not read them', async () => {
		let notify: ((video: VideoRow) => void) | undefined;
		const { port } = await stream(
			async () => row('running'),
			() => ({ words: 'x'.repeat(256 * 1024) }),
			(listener) => (notify = listener),
		);
		const socket = connect(port, '127.0.0.1').on('error', () => undefined);
		socket.pause();
		socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
		await eventually(async () => notify);
		for (let n = 0; n < 200; n++) notify?.(row('running'));
		expect(await eventually(async () => (await connections(app)) === 0 || undefined)).toBe(true);
		socket.destroy();
	});
});

const connections = async (app: FastifyInstance): Promise<number> =>
	await new Promise((resolve, reject) =>
		app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
	);

describe('what ended a run', () => {
	it.each(['ENOSPC', 'EDQUOT'])('%s is a full disk, and no other try is made', (code) => {
		const failure = failureOf(Object.assign(new Error('write'), { code }));
		expect(failure).toMatchObject({ code: 'disk_full', retryable: false });
		expect(failure.message).toBe('The disk was full before the video was finished.');
	});

	it('is told as the engine told it', () => {
		const error = new EngineError('gpu_oom', 'The graphics card has too little memory.');
		expect(failureOf(error)).toBe(error);
	});

	it('is a lost engine where nobody knows', () => {
		expect(failureOf('odd')).toMatchObject({ code: 'worker_lost', retryable: true });
	});
});
