/**
 * What the local executor's job server costs: jobs and questions a second beside a server that forgets everything when
 * it stops, callbacks beside bare posts, a job beside the engine alone, and memory beside an empty Node. The same on
 * PostgreSQL, where that is installed.
 *
 *     node gpu-local/build.mjs && npx tsx bench/gpu-local-server.ts
 *
 * Everything runs on this machine over loopback; the server is the published bundle. Milliseconds of processor time are
 * what a busy machine does not blur; those of a PostgreSQL server are not in them.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VideoRequest } from '../gpu-local/src/engines/engine.ts';
import { createPreviewEngine } from '../gpu-local/src/engines/preview/index.ts';
import { startPostgres } from '../gpu-local/test/support/postgres.ts';
import { startCli, type CliProcess } from '../gpu-local/test/support/process.ts';
import { startReceiver } from '../gpu-local/test/support/receiver.ts';
import { report, type Row } from './report';

const REQUESTS = 1000;
const PARALLEL = 50;
const RUNS = 15;
const CLIP = { prompt: 'A paper boat', size: '256x256', num_frames: 16, fps: 8, seed: 1 };
const REST_MS = 5000;
const IDLE_MS = 20_000;
const PAGE = 100;
const SLOW_JOBS = 12;
const TICK_MS = 10;
const LATENCY_GOAL_MS = 50;

let folder: string;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

void main();

async function main(): Promise<void> {
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-bench-'));
	receiver = await startReceiver();
	const forgetful = await startForgetful();
	try {
		const bare = {
			create: await load(forgetful, create(forgetful.url)),
			ask: await load(forgetful, await question(forgetful.url)),
			post: await load(forgetful, async () => await post(receiver.url, CLIP)),
		};
		report('gpu-local server, built-in database', await all('builtin', [], bare));
		const postgres = await startPostgres().catch(() => undefined);
		if (postgres) {
			const onPostgres = ['--database-url', postgres.url];
			report('gpu-local server, PostgreSQL', await all('postgres', onPostgres, bare));
			await postgres.stop();
		}
	} finally {
		await receiver.stop();
		forgetful.stop();
		await rm(folder, { recursive: true, force: true });
	}
}

async function all(name: string, args: string[], bare: Record<string, Load>): Promise<Row[]> {
	const coldMs = performance.now();
	let server = await start(name, args);
	const firstStartMs = performance.now() - coldMs;
	try {
		await sleep(REST_MS);
		const rows = [
			...(await memory(server)),
			...(await latency(server)),
			...(await callbacks(server, bare.post!)),
			...(await idleAfter(server)),
		];
		await server.stop();
		const warmMs = performance.now();
		server = await start(name, [...args, '--max-queued', '100000']);
		const restartMs = performance.now() - warmMs;
		// Jobs that take their time and no processor keep the others waiting.
		for (let slow = 0; slow < SLOW_JOBS; slow++) {
			await post(`${server.url}/v1/videos`, { ...CLIP, model: 'preview-slow', num_frames: 2 });
		}
		return [
			{ figure: 'ready, first start, ms', ours: firstStartMs, beside: 'goal', other: 4000 },
			{ figure: 'ready, restart, ms', ours: restartMs, beside: 'goal', other: 2000 },
			...rows,
			...(await throughput(server, bare)),
		];
	} finally {
		await server.stop();
	}
}

/** What went on while calls were made. */
interface Load {
	perSecond: number;
	/** Processor time of the server, a call. */
	cpuMs: number;
	/** Of `/healthz`, asked all the while. */
	healthP99Ms: number;
}

async function load(
	server: { url: string; pid: number },
	call: (n: number) => Promise<unknown>,
	done: () => Promise<unknown> = async () => undefined,
): Promise<Load> {
	for (let n = 0; n < PARALLEL; n++) await call(n);
	const health: number[] = [];
	let over = false;
	const probing = (async () => {
		while (!over) {
			health.push(await timed(() => fetch(`${server.url}/healthz`).then((reply) => reply.text())));
			await sleep(20);
		}
	})();
	const cpuBefore = await cpuMsOf(server.pid);
	const startedMs = performance.now();
	let next = 0;
	const client = async () => {
		while (next < REQUESTS) await call(next++);
	};
	await Promise.all(Array.from({ length: PARALLEL }, client));
	await done();
	const perSecond = (REQUESTS * 1000) / (performance.now() - startedMs);
	const cpuMs = ((await cpuMsOf(server.pid)) - cpuBefore) / REQUESTS;
	over = true;
	await probing;
	health.sort((a, b) => a - b);
	return { perSecond, cpuMs, healthP99Ms: health[Math.floor(health.length * 0.99)] ?? 0 };
}

/** User and system time of all threads. */
async function cpuMsOf(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

const pidOf = (server: CliProcess) => ({ url: server.url, pid: server.child.pid! });

function start(name: string, args: string[]): Promise<CliProcess> {
	return startCli([
		...['serve', '--port', '0', '--data', join(folder, name), '--webhook-allow', '*'],
		...['--max-queued-per-key', '100000', '--log-level', 'error', ...args],
	]);
}

/** The same two calls on a map in memory, as self-hosted video servers keep their jobs. */
async function startForgetful() {
	const jobs = new Map<string, object>();
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			let job = jobs.get(request.url!.slice('/v1/videos/'.length));
			if (request.method === 'POST') {
				const id = `video_${jobs.size}`;
				job = { id, status: 'queued', ...(JSON.parse(Buffer.concat(chunks).toString()) as object) };
				jobs.set(id, job);
			}
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify(job));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}`, pid: process.pid, stop: () => server.close() };
}

interface Video {
	id: string;
	status: string;
}

async function post(url: string, body: object): Promise<Video> {
	const reply = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	return (await reply.json()) as Video;
}

const get = async (url: string): Promise<Video> => (await (await fetch(url)).json()) as Video;

const create = (base: string) => async () => await post(`${base}/v1/videos`, CLIP);

async function question(base: string): Promise<() => Promise<unknown>> {
	const { id } = await post(`${base}/v1/videos`, CLIP);
	return async () => await get(`${base}/v1/videos/${id}`);
}

async function throughput(server: CliProcess, bare: Record<string, Load>): Promise<Row[]> {
	const ours = pidOf(server);
	const created = await load(ours, create(server.url));
	const asked = await load(ours, await question(server.url));
	const pages: number[] = [];
	for (let run = 0; run < RUNS; run++) {
		pages.push(await timed(() => get(`${server.url}/v1/videos?limit=${PAGE}`)));
	}
	const row = (figure: string, mine: number, beside: string, other: number): Row => ({
		...{ figure, ours: mine, beside, other },
	});
	return [
		row('jobs created a second', created.perSecond, 'map in memory', bare.create!.perSecond),
		row('a create, ms of processor', created.cpuMs, 'goal', 2),
		row('/healthz meanwhile, p99 ms', created.healthP99Ms, 'goal', 50),
		row('questions a second', asked.perSecond, 'map in memory', bare.ask!.perSecond),
		row('a question, ms of processor', asked.cpuMs, 'goal', 0.5),
		row('/healthz meanwhile, p99 ms', asked.healthP99Ms, 'goal', 50),
		row(`a page of ${PAGE} waiting jobs, median ms`, median(pages), 'goal', 15),
	];
}

/** Novita's test mode makes callbacks without making videos. */
async function callbacks(server: CliProcess, bare: Load): Promise<Row[]> {
	const wanted = {
		extra: {
			webhook: {
				url: receiver.url,
				test_mode: { enabled: true, return_task_status: 'TASK_STATUS_SUCCEED' },
			},
		},
		...{ model_name: 'x', width: 512, height: 512, steps: 20 },
		prompts: [{ prompt: 'A boat', frames: 16 }],
	};
	const before = receiver.received.length;
	const told = await load(
		pidOf(server),
		async () => await post(`${server.url}/v3/async/txt2video`, wanted),
		async () => {
			while (receiver.received.length - before < REQUESTS + PARALLEL) await sleep(5);
		},
	);
	return [
		{
			figure: 'callbacks ordered and delivered a second',
			ours: told.perSecond,
			beside: 'bare posts',
			other: bare.perSecond,
		},
		{
			figure: 'a job that ends at once, and its callback, ms of processor',
			ours: told.cpuMs,
			beside: 'goal',
			other: 4,
		},
		{ figure: '/healthz meanwhile, p99 ms', ours: told.healthP99Ms, beside: 'goal', other: 50 },
	];
}

/** With everything from before on record. */
async function idleAfter(server: CliProcess): Promise<Row[]> {
	const before = await cpuMsOf(server.child.pid!);
	await sleep(IDLE_MS);
	const percent = (((await cpuMsOf(server.child.pid!)) - before) * 100) / IDLE_MS;
	return [{ figure: 'idle, % of a core', ours: percent, beside: 'goal', other: 0.5 }];
}

async function latency(server: CliProcess): Promise<Row[]> {
	const engine = await createPreviewEngine();
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
				const { id } = await post(`${server.url}/v1/videos`, CLIP);
				for (;;) {
					const { status } = await get(`${server.url}/v1/videos/${id}`);
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
		{
			figure: 'added to a job, median ms',
			ours: ours - other,
			beside: 'goal',
			other: LATENCY_GOAL_MS,
			goal: '≤ 1',
		},
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
	return [
		{
			figure: 'memory at rest, MB',
			ours: await memoryMb(server.child.pid!, 'VmRSS'),
			beside: 'empty Node',
			other,
		},
		{
			figure: 'memory at its peak, MB',
			ours: await memoryMb(server.child.pid!, 'VmHWM'),
			beside: 'goal',
			other: 400,
		},
	];
}

async function memoryMb(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)![1]) / 1024;
}

const median = (values: number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
