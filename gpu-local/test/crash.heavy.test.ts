import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startPostgres } from './support/postgres.ts';
import { startCli } from './support/process.ts';
import type { CliProcess } from './support/process.ts';
import { startReceiver } from './support/receiver.ts';
import { eventually } from './support/server.ts';
import { inspect } from './support/video.ts';
import { giveProof } from '../../scripts/proof/rows';
import { say } from './support/json.ts';
import type { Json } from './support/json.ts';

const KILLS = 50;
const CLIENTS = 3;
const MAX_PAUSE_MS = 1500;

const cleanUps: Array<() => Promise<unknown>> = [];
afterEach(async () => {
	for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Callers that never stop asking for videos and remember what was acknowledged. */
function startLoad(urlOf: () => string, webhook: string) {
	const acknowledged = new Set<string>();
	let stopped = false;
	const client = async (name: number) => {
		for (let n = 0; !stopped; n++) {
			try {
				const reply = await fetch(`${urlOf()}/v1/videos`, {
					method: 'POST',
					headers: { 'content-type': 'application/json' },
					body: JSON.stringify({
						prompt: `Clip ${name}/${n}`,
						size: '192x128',
						num_frames: 24,
						fps: 8,
						webhook: { url: webhook },
					}),
				});
				if (reply.status === 200) acknowledged.add(((await reply.json()) as { id: string }).id);
			} catch {
				// The server is down: this request was not acknowledged.
			}
			await sleep(150);
		}
	};
	const clients = Array.from({ length: CLIENTS }, (_, name) => client(name));
	return {
		acknowledged,
		stop: async () => {
			stopped = true;
			await Promise.all(clients);
		},
	};
}

/** Nothing acknowledged is lost, nothing is made twice, and what is called a video is one. */
async function verify(
	url: string,
	acknowledged: Set<string>,
	received: Awaited<ReturnType<typeof startReceiver>>['received'],
) {
	const outcomes: Record<string, number> = {};
	const files: string[] = [];
	for (const id of acknowledged) {
		const video = await eventually(async () => {
			const reply = await fetch(`${url}/v1/videos/${id}`);
			expect(reply.status, `job ${id}`).toBe(200);
			const body = (await reply.json()) as Json;
			return ['queued', 'in_progress'].includes(body.status) ? undefined : body;
		}, 240_000);
		const outcome = video.status === 'failed' ? video.error.code : video.status;
		outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
		if (video.status === 'completed') files.push(video.url);
	}
	for (const url of files) {
		const file = await fetch(url);
		expect(await inspect(await file.arrayBuffer())).toMatchObject({ width: 192, frames: 24 });
	}
	expect(Object.keys(outcomes).sort()).toEqual(
		Object.keys(outcomes)
			.filter((each) => ['completed', 'worker_lost'].includes(each))
			.sort(),
	);
	// Every end of a job is told, and it is told as one event, however often it is sent.
	await eventually(async () => {
		const told = new Set(received.map(({ body }) => body.data.id as string));
		return [...acknowledged].every((id) => told.has(id)) || undefined;
	}, 120_000);
	const events = new Map<string, Set<string>>();
	for (const { headers, body } of received) {
		const ids = events.get(body.data.id) ?? new Set();
		events.set(body.data.id, ids.add(String(headers['webhook-id'])));
	}
	expect([...events.values()].filter((ids) => ids.size !== 1)).toEqual([]);
	return outcomes;
}

/** After `verify`, which fails where a job is missing, made twice or not called back. */
const proveKills = (database: string, acknowledged: number): void =>
	giveProof([
		{ figure: `${database}: kill -9`, value: KILLS },
		{
			figure: `${database}: jobs accepted meanwhile, all brought to their end`,
			value: acknowledged,
		},
	]);

/** Thousands of small jobs: starting ffmpeg for each would take longer than all the rest. */
const NO_POSTERS = { GPU_LOCAL_FFMPEG: 'no-ffmpeg' };

describe(`${KILLS} kill -9 under load`, () => {
	it('the built-in database', { timeout: 900_000 }, async () => {
		const data = await mkdtemp(join(tmpdir(), 'gpu-local-crash-'));
		cleanUps.push(() => rm(data, { recursive: true, force: true }));
		const receiver = await startReceiver();
		cleanUps.push(() => receiver.stop());
		const start = () =>
			startCli(
				['serve', '--port', '0', '--data', data, '--webhook-allow', '*', '--max-queued', '5000'],
				{ GPU_LOCAL_MAX_QUEUED_PER_KEY: '5000', ...NO_POSTERS },
			);
		let server = await start();
		cleanUps.push(() => server.crash());
		const load = startLoad(() => server.url, receiver.url);
		for (let kill = 0; kill < KILLS; kill++) {
			await sleep(Math.random() * MAX_PAUSE_MS);
			await server.crash();
			server = await start();
		}
		await load.stop();
		expect(load.acknowledged.size).toBeGreaterThan(KILLS);
		const outcomes = await verify(server.url, load.acknowledged, receiver.received);
		proveKills('built-in database', load.acknowledged.size);
		say(`built-in: ${load.acknowledged.size} acknowledged, ${JSON.stringify(outcomes)}`);
	});

	it('PostgreSQL, with a server and two workers', { timeout: 900_000 }, async () => {
		const postgres = await startPostgres();
		cleanUps.push(() => postgres.stop());
		const folder = await mkdtemp(join(tmpdir(), 'gpu-local-crash-'));
		cleanUps.push(() => rm(folder, { recursive: true, force: true }));
		const receiver = await startReceiver();
		cleanUps.push(() => receiver.stop());
		const common = (name: string) => [
			...['--database-url', postgres.url, '--artifacts', join(folder, 'videos')],
			...['--data', join(folder, name), '--webhook-allow', '*'],
		];
		const starters = [
			() =>
				startCli(
					['serve', '--no-work', '--port', '0', '--max-queued', '5000', ...common('server')],
					{ GPU_LOCAL_MAX_QUEUED_PER_KEY: '5000', ...NO_POSTERS },
				),
			() => startCli(['worker', ...common('worker-1')], NO_POSTERS),
			() => startCli(['worker', ...common('worker-2')], NO_POSTERS),
		];
		const processes: CliProcess[] = [];
		for (const start of starters) processes.push(await start());
		cleanUps.push(() => Promise.all(processes.map((each) => each.crash())));
		const load = startLoad(() => processes[0]!.url, receiver.url);
		for (let kill = 0; kill < KILLS; kill++) {
			await sleep(Math.random() * MAX_PAUSE_MS);
			const victim = Math.floor(Math.random() * processes.length);
			await processes[victim]!.crash();
			processes[victim] = await starters[victim]!();
		}
		await load.stop();
		expect(load.acknowledged.size).toBeGreaterThan(KILLS);
		const outcomes = await verify(processes[0]!.url, load.acknowledged, receiver.received);
		proveKills('PostgreSQL', load.acknowledged.size);
		say(`PostgreSQL: ${load.acknowledged.size} acknowledged, ${JSON.stringify(outcomes)}`);
	});
});
