/**
 * What the local executor's job server costs: jobs and questions a second beside a server that forgets everything when
 * it stops, callbacks beside bare posts, a job beside the engine alone, and memory beside an empty Node.
 *
 *     node gpu-local/build.mjs && npx tsx bench/gpu-local-server.ts
 *
 * Everything runs on this machine over loopback; the server is the published bundle with its built-in database.
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
import { startCli, type CliProcess } from '../gpu-local/test/support/process.ts';
import { startReceiver } from '../gpu-local/test/support/receiver.ts';
import { report, type Row } from './report';

const REQUESTS = 400;
const PARALLEL = 8;
const RUNS = 15;
const CLIP = { prompt: 'A paper boat', size: '256x256', num_frames: 16, fps: 8, seed: 1 };
const REST_MS = 5000;
const LATENCY_GOAL_MS = 50;

let folder: string;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let busy: CliProcess;
let idle: CliProcess;

void main();

async function main(): Promise<void> {
	folder = await mkdtemp(join(tmpdir(), 'gpu-local-bench-'));
	receiver = await startReceiver();
	busy = await start('busy', ['--no-work', '--max-queued', '100000']);
	idle = await start('idle', []);
	const forgetful = await startForgetful();
	try {
		await sleep(REST_MS);
		report('gpu-local server', [
			...(await memory()),
			...(await throughput(forgetful.url)),
			await callbacks(),
			...(await latency()),
		]);
	} finally {
		await busy.stop();
		await idle.stop();
		await receiver.stop();
		forgetful.stop();
		await rm(folder, { recursive: true, force: true });
	}
}

function start(name: string, args: string[]) {
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
	return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

async function perSecond(call: (n: number) => Promise<unknown>): Promise<number> {
	for (let n = 0; n < PARALLEL; n++) await call(n);
	const startedMs = performance.now();
	let next = 0;
	const client = async () => {
		while (next < REQUESTS) await call(next++);
	};
	await Promise.all(Array.from({ length: PARALLEL }, client));
	return (REQUESTS * 1000) / (performance.now() - startedMs);
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

async function throughput(forgetfulUrl: string): Promise<Row[]> {
	const ids = new Map<string, string>();
	const create = (base: string) => async () => {
		ids.set(base, (await post(`${base}/v1/videos`, CLIP)).id);
	};
	const ask = (base: string) => async () => await get(`${base}/v1/videos/${ids.get(base)}`);
	return [
		{
			figure: 'jobs created a second',
			ours: await perSecond(create(busy.url)),
			beside: 'map in memory',
			other: await perSecond(create(forgetfulUrl)),
		},
		{
			figure: 'questions answered a second',
			ours: await perSecond(ask(busy.url)),
			beside: 'map in memory',
			other: await perSecond(ask(forgetfulUrl)),
		},
	];
}

/** Novita's test mode makes callbacks without making videos. */
async function callbacks(): Promise<Row> {
	const order = {
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
	const startedMs = performance.now();
	let sent = 0;
	const client = async () => {
		while (sent < REQUESTS) {
			sent += 1;
			await post(`${idle.url}/v3/async/txt2video`, order);
		}
	};
	await Promise.all(Array.from({ length: PARALLEL }, client));
	while (receiver.received.length - before < REQUESTS) await sleep(5);
	const ours = (REQUESTS * 1000) / (performance.now() - startedMs);
	const other = await perSecond(() => post(receiver.url, order));
	return { figure: 'callbacks ordered and delivered a second', ours, beside: 'bare posts', other };
}

async function latency(): Promise<Row[]> {
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
				const { id } = await post(`${idle.url}/v1/videos`, CLIP);
				for (;;) {
					const { status } = await get(`${idle.url}/v1/videos/${id}`);
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

async function memory(): Promise<Row[]> {
	const empty = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
	await sleep(500);
	const other = await residentMb(empty.pid!);
	empty.kill();
	return [
		{
			figure: 'memory at rest, MB',
			ours: await residentMb(idle.child.pid!),
			beside: 'empty Node',
			other,
		},
	];
}

async function residentMb(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
}

const median = (values: number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
