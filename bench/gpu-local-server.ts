/**
 * What the local executor's job server costs, beside a server of nothing but Node that forgets everything when it
 * stops, on the built-in database and, where it is installed, on PostgreSQL: starts and memory, jobs, questions and
 * callbacks, two thousand clients that poll, ten thousand jobs on record, and `/healthz` all the while.
 *
 *     node gpu-local/build.mjs && npx tsx bench/gpu-local-server.ts
 *
 * Everything runs on this machine over loopback; the server is the published bundle. Milliseconds of processor time are
 * what a busy machine does not blur; those of a PostgreSQL server are not in them.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { VideoRequest } from '../gpu-local/src/engines/engine.ts';
import { createPreviewEngine } from '../gpu-local/src/engines/preview/index.ts';
import { startPostgres } from '../gpu-local/test/support/postgres.ts';
import { startCli, type CliProcess } from '../gpu-local/test/support/process.ts';
import { report, type Row } from './report';
import { Client, cpuMsOf, load, measured, memoryMb, poll, probeHealth, p99 } from './server/load';
import type { Load, Target } from './server/load';
import { startReceiver, type Receiver } from './server/receivers';
import { seedFinished } from './server/seed';

const CLIP = { prompt: 'A paper boat', size: '256x256', num_frames: 16, fps: 8, seed: 1 };
const CREATES = { clients: 50, calls: 2000 };
const QUESTIONS = { clients: 50, calls: 5000 };
const POLLERS = { clients: 2000, everyMs: 2000, rounds: 4 };
const CALLBACKS = { clients: 20, calls: 1000 };
/** Jobs whose receiver never answers. */
const HANGING = 64;
const ON_RECORD = 10_000;
const PAGE = 100;
const RUNS = 15;
/** Jobs that take their time and no processor keep the others waiting. */
const SLOW_JOBS = 12;
const REST_MS = 5000;
const IDLE_MS = 20_000;

let folder: string;
const client = new Client();

void main();

async function main(): Promise<void> {
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-bench-'));
	const bare = await startBare();
	try {
		console.log(`load average ${loadavg()[0]!.toFixed(1)} on ${cpus().length} processors`);
		const beside: Bare = {
			create: await load(bare, CREATES, (each) => create(each, bare.url)),
			ask: await load(bare, QUESTIONS, await question(bare.url)),
			polled: await poll(bare, POLLERS, await question(bare.url)),
		};
		report('gpu-local server, built-in database', await all('builtin', undefined, beside));
		const postgres = await startPostgres().catch(() => undefined);
		if (postgres) {
			report('gpu-local server, PostgreSQL', await all('postgres', postgres.url, beside));
			await postgres.stop();
		}
		console.log(`load average ${loadavg()[0]!.toFixed(1)}`);
	} finally {
		client.close();
		bare.stop();
		await rm(folder, { recursive: true, force: true });
	}
}

/** The same on the server of nothing but Node. */
interface Bare {
	create: Load;
	ask: Load;
	polled: Load;
}

async function all(name: string, databaseUrl: string | undefined, bare: Bare): Promise<Row[]> {
	const args = databaseUrl === undefined ? [] : ['--database-url', databaseUrl];
	const first = await start(name, args);
	const rows: Row[] = [];
	try {
		await sleep(REST_MS);
		rows.push(
			goal('first start: something is printed, ms', first.printedMs, 1000),
			goal('first start: ready, ms', first.readyMs, 4000),
			...(await memory(first.server)),
			...(await latency(first.server)),
			...(await callbacks(first.server)),
		);
	} finally {
		await first.server.stop();
	}
	await seedFinished(join(folder, name), databaseUrl, ON_RECORD);
	const again = await start(name, [...args, '--max-queued', '100000']);
	try {
		rows.push(
			goal('restart: something is printed, ms', again.printedMs, 1000),
			goal('restart: ready, ms', again.readyMs, 2000),
			await idle(again.server),
			...(await throughput(again.server, bare)),
		);
	} finally {
		await again.server.stop();
	}
	return rows;
}

const goal = (figure: string, ours: number, other: number): Row => ({
	...{ figure, ours, beside: 'goal', other, goal: '≤ 1' },
});
const atLeast = (figure: string, ours: number, other: number): Row => ({
	...{ figure, ours, beside: 'goal', other, goal: '≥ 1' },
});

async function start(name: string, args: string[]) {
	const startedMs = performance.now();
	let printedMs: number | undefined;
	const server = await startCli(
		[
			...['serve', '--port', '0', '--data', join(folder, name), '--webhook-allow', '*'],
			...['--max-queued-per-key', '100000', '--log-level', 'error', ...args],
		],
		{},
		() => (printedMs ??= performance.now() - startedMs),
	);
	return { server, readyMs: performance.now() - startedMs, printedMs: printedMs! };
}

const targetOf = (server: CliProcess): Target => ({ url: server.url, pid: server.child.pid! });

async function startBare(): Promise<Target & { stop(): void }> {
	const program = fileURLToPath(new URL('./server/bareNode.mts', import.meta.url));
	const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
	const [line] = (await child.stdout.take(1).toArray()) as Buffer[];
	const url = /http:\S+/.exec(String(line))![0];
	return { url, pid: child.pid!, stop: () => child.kill() };
}

interface Video {
	id: string;
	status: string;
}

const create = async (by: Client, base: string): Promise<Video> =>
	(await by.call(`${base}/v1/videos`, CLIP)) as Video;

async function question(base: string): Promise<(by: Client) => Promise<unknown>> {
	const { id } = await create(client, base);
	return async (by) => await by.call(`${base}/v1/videos/${id}`);
}

async function throughput(server: CliProcess, bare: Bare): Promise<Row[]> {
	const ours = targetOf(server);
	for (let slow = 0; slow < SLOW_JOBS; slow++) {
		await client.call(`${server.url}/v1/videos`, { ...CLIP, model: 'preview-slow', num_frames: 2 });
	}
	const created = await load(ours, CREATES, (each) => create(each, server.url));
	const asked = await load(ours, QUESTIONS, await question(server.url));
	const polled = await poll(ours, POLLERS, await question(server.url));
	const pages: number[] = [];
	const listed = await measured(ours, RUNS, async () => {
		for (let run = 0; run < RUNS; run++) {
			pages.push(await timed(() => client.call(`${server.url}/v1/videos?limit=${PAGE}`)));
		}
	});
	const beside = (figure: string, mine: number, other: number, wanted?: string): Row => ({
		...{ figure, ours: mine, beside: 'bare Node', other, ...(wanted ? { goal: wanted } : {}) },
	});
	return [
		atLeast('creates a second', created.perSecond, 400),
		beside('creates a second', created.perSecond, bare.create.perSecond),
		goal('a create, ms of processor', created.cpuMs, 2),
		goal('/healthz while there are creates, p99 ms', created.healthP99Ms, 50),
		beside('questions a second, 50 clients', asked.perSecond, bare.ask.perSecond, '≥ 0.4'),
		goal('a question, ms of processor', asked.cpuMs, 0.5),
		beside('a question, ms of processor', asked.cpuMs, bare.ask.cpuMs),
		goal('/healthz while there are 50 clients that ask, p99 ms', asked.healthP99Ms, 50),
		beside('2,000 clients that poll: answers a second', polled.perSecond, bare.polled.perSecond),
		goal('2,000 clients that poll: p99 ms', polled.p99Ms, 2000),
		beside('2,000 clients that poll: p99 ms', polled.p99Ms, bare.polled.p99Ms),
		{ ...goal('2,000 clients that poll: no answer', polled.broken, 0), goal: 'none' },
		goal('/healthz while there are 2,000 clients that poll, p99 ms', polled.healthP99Ms, 50),
		beside(
			'/healthz while there are 2,000 clients that poll, p99 ms',
			polled.healthP99Ms,
			bare.polled.healthP99Ms,
		),
		goal(`a page of ${PAGE} at ${ON_RECORD} jobs, median ms`, median(pages), 15),
		goal(`a page of ${PAGE} at ${ON_RECORD} jobs, ms of processor`, listed.cpuMs, 15),
		goal('/healthz while there are lists, p99 ms', listed.healthP99Ms, 50),
	];
}

/** Novita's test mode makes callbacks without making videos. */
const told = async (by: Client, server: CliProcess, receiver: Receiver): Promise<unknown> =>
	await by.call(`${server.url}/v3/async/txt2video`, {
		extra: {
			webhook: {
				url: receiver.url,
				test_mode: { enabled: true, return_task_status: 'TASK_STATUS_SUCCEED' },
			},
		},
		...{ model_name: 'x', width: 512, height: 512, steps: 20 },
		prompts: [{ prompt: 'A boat', frames: 16 }],
	});

async function callbacks(server: CliProcess): Promise<Row[]> {
	const ours = targetOf(server);
	const receiver = await startReceiver();
	const hanging = await startReceiver();
	try {
		// Ordered while the receiver lets them wait, so that what follows is the sending alone.
		receiver.hold();
		await load(ours, CALLBACKS, (each) => told(each, server, receiver));
		const orders = CALLBACKS.calls + CALLBACKS.clients;
		const sent = await measured(ours, orders, async () => {
			receiver.open();
			await receiver.reached(orders);
		});
		hanging.hold();
		for (let nth = 0; nth < HANGING; nth++) await told(client, server, hanging);
		const health = probeHealth(server.url);
		const besideSlow: number[] = [];
		for (let run = 0; run < RUNS; run++) {
			besideSlow.push(
				await timed(async () => {
					const wanted = receiver.answered() + 1;
					await told(client, server, receiver);
					await receiver.reached(wanted);
				}),
			);
		}
		const healthBesideSlow = p99(await health());
		// None is to be tried again while the server is measured at rest.
		hanging.open();
		await hanging.reached(HANGING);
		return [
			atLeast('callbacks a second', sent.perSecond, 600),
			goal('a callback, ms of processor', sent.cpuMs, 2),
			goal('/healthz while there are callbacks, p99 ms', sent.healthP99Ms, 50),
			goal(`a callback beside ${HANGING} to a receiver that hangs, ms`, median(besideSlow), 1000),
			goal('/healthz while a receiver hangs, p99 ms', healthBesideSlow, 50),
		];
	} finally {
		receiver.stop();
		hanging.stop();
	}
}

/** With a long history, and files that are old. */
async function idle(server: CliProcess): Promise<Row> {
	await sleep(REST_MS);
	const before = await cpuMsOf(server.child.pid!);
	await sleep(IDLE_MS);
	const percent = (((await cpuMsOf(server.child.pid!)) - before) * 100) / IDLE_MS;
	return goal(`idle with ${ON_RECORD} jobs on record, % of a processor`, percent, 0.5);
}

async function latency(server: CliProcess): Promise<Row[]> {
	const engine = await createPreviewEngine({ env: process.env });
	const request: VideoRequest = {
		...{ model: 'preview', prompt: CLIP.prompt, width: 256, height: 256, fps: CLIP.fps },
		...{ num_frames: CLIP.num_frames, seed: 1, output_format: 'mp4', strict: false },
	};
	const bare: number[] = [];
	const served: number[] = [];
	for (let run = 0; run < RUNS; run++) {
		bare.push(
			await timed(() =>
				engine.generate(
					{ id: String(run), request, outputPath: join(folder, `${run}.mp4`) },
					{
						signal: new AbortController().signal,
						progress: () => undefined,
						remember: async () => undefined,
						log: () => undefined,
					},
				),
			),
		);
		served.push(
			await timed(async () => {
				const { id } = await create(client, server.url);
				for (;;) {
					const { status } = (await client.call(`${server.url}/v1/videos/${id}`)) as Video;
					if (status === 'completed') return;
					if (status === 'failed') throw new Error('The clip failed');
					await sleep(4);
				}
			}),
		);
	}
	await engine.close();
	const [ours, other] = [median(served), median(bare)];
	return [
		{ figure: 'a 16-frame clip, median ms', ours, beside: 'engine alone', other },
		goal('added to a job, median ms', ours - other, 50),
	];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
	const startedMs = performance.now();
	await work();
	return performance.now() - startedMs;
}

async function memory(server: CliProcess): Promise<Row[]> {
	const empty = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
	await sleep(500);
	const other = await memoryMb(empty.pid!, 'VmRSS');
	empty.kill();
	const ours = await memoryMb(server.child.pid!, 'VmRSS');
	return [
		goal('memory at rest, MB', ours, 300),
		{ figure: 'memory at rest, MB', ours, beside: 'empty Node', other },
		goal('memory at its peak, first start, MB', await memoryMb(server.child.pid!, 'VmHWM'), 400),
	];
}

const median = (values: number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
