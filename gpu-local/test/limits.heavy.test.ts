/** Two servers on one PostgreSQL: together they keep to the limits, also in the same moment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { openCore, started } from '../src/core/core.ts';
import { VideoService } from '../src/core/service.ts';
import { reportRunner } from '../src/store/runners.ts';
import { startPostgres } from './support/postgres.ts';

const silent = pino({ level: 'silent' });
const RUNNER = {
	id: '00000000-0000-4000-8000-000000000001',
	host: 'here',
	engine: 'preview',
	slots: 1,
	fallback_model: null,
	models: [{ id: 'preview', title: 'Preview', kind: 'checkpoint' as const, family: 'preview' }],
};

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let folder: string;
const services: VideoService[] = [];
const stops: Array<() => Promise<void>> = [];

beforeAll(async () => {
	postgres = await startPostgres();
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-limits-'));
	for (const name of ['one', 'two']) {
		const config = readConfig(
			['--data', join(folder, name), '--database-url', postgres.url, '--max-queued', '5'],
			{},
			'server',
		);
		const { result: core, stop } = await started(silent, (closers) =>
			openCore(config, silent, closers),
		);
		stops.push(stop);
		const { database, queue, artifacts, callbacks } = core;
		services.push(
			new VideoService(database, queue, artifacts, callbacks, {
				limits: config.limits,
				defaultModel: undefined,
				aliases: {},
				callbacks: { allow: [] },
			}),
		);
		await reportRunner(database, RUNNER);
	}
});
afterAll(async () => {
	for (const stop of stops) await stop();
	await postgres?.stop();
	await rm(folder, { recursive: true, force: true });
});

it('forty jobs at once on both servers fill the queue and no more', async () => {
	const results = await Promise.allSettled(
		Array.from({ length: 40 }, async (_unused, n) =>
			services[n % 2]!.create({
				values: { prompt: 'A boat' },
				owner: `somebody ${n}`,
				dialect: 'openai',
			}),
		),
	);
	expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
	const refused = results.flatMap((result) =>
		result.status === 'rejected' ? [result.reason as unknown] : [],
	);
	for (const reason of refused) expect(reason).toMatchObject({ code: 'queue_full' });
});
