/** Two servers on one PostgreSQL: together they keep to the limits, also in the same moment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VideoService } from '../src/videos/service.ts';
import { openTestCore } from './support/core.ts';
import { startPostgres } from './support/postgres.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let folder: string;
const services: VideoService[] = [];
const stops: Array<() => Promise<void>> = [];

beforeAll(async () => {
	postgres = await startPostgres();
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-limits-'));
	for (const name of ['one', 'two']) {
		const { service, stop } = await openTestCore([
			...['--data', join(folder, name), '--database-url', postgres.url, '--max-queued', '5'],
		]);
		stops.push(stop);
		services.push(service);
	}
});
afterAll(async () => {
	for (const stop of stops) await stop();
	await postgres?.stop();
	await rm(folder, { recursive: true, force: true });
});

/** Each server counts what others took only now and then, so that in one moment both may fill the queue. */
it('forty jobs at once on two servers are no more than both may take', async () => {
	const results = await Promise.allSettled(
		Array.from({ length: 40 }, async (_unused, n) =>
			services[n % 2]!.create({
				values: { prompt: 'A boat' },
				owner: `somebody ${n}`,
				dialect: 'openai',
			}),
		),
	);
	const taken = results.filter(({ status }) => status === 'fulfilled').length;
	expect(taken).toBeGreaterThanOrEqual(5);
	expect(taken).toBeLessThanOrEqual(10);
	const refused = results.flatMap((result) =>
		result.status === 'rejected' ? [result.reason as unknown] : [],
	);
	for (const reason of refused) expect(reason).toMatchObject({ code: 'queue_full' });
});
