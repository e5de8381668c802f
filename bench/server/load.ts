/** Clients of a server on this machine, and what they cost it. */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Of the clock that the system counts processor time with. */
const TICK_MS = 10;

export interface Target {
	url: string;
	pid: number;
}

export interface Load {
	perSecond: number;
	/** Processor time of the server's process, a call. */
	cpuMs: number;
	/** Of `/healthz`, asked all the while. */
	healthP99Ms: number;
	/** Of the calls themselves. */
	p99Ms: number;
	/** Calls that got no answer. */
	broken: number;
}

/** One after another over a connection that is kept, as a client does. */
export class Client {
	readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

	async call(url: string, body?: object): Promise<unknown> {
		const text = body && JSON.stringify(body);
		return await new Promise((resolve, reject) => {
			const sent = request(
				url,
				{
					agent: this.#agent,
					method: text === undefined ? 'GET' : 'POST',
					headers:
						text === undefined
							? {}
							: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
				},
				(reply) => {
					const chunks: Buffer[] = [];
					reply.on('data', (chunk: Buffer) => chunks.push(chunk));
					reply.on('end', () => {
						const answer = Buffer.concat(chunks).toString();
						if (reply.statusCode === 200) resolve(JSON.parse(answer));
						else reject(new Error(`${reply.statusCode} ${answer}`));
					});
					reply.on('error', reject);
				},
			);
			sent.on('error', reject);
			sent.end(text);
		});
	}

	close(): void {
		this.#agent.destroy();
	}
}

/** All clients make calls one after another until `calls` are made. */
export async function load(
	server: Target,
	{ clients, calls }: { clients: number; calls: number },
	call: (client: Client) => Promise<unknown>,
): Promise<Load> {
	const all = Array.from({ length: clients }, () => new Client());
	// The first call of each makes its connection and warms the server up.
	for (const client of all) await call(client);
	let left = calls;
	return await measured(server, calls, async (timed) => {
		await Promise.all(
			all.map(async (client) => {
				while (left-- > 0) await timed(() => call(client));
				client.close();
			}),
		);
	});
}

/** Clients that ask every `everyMs`, each at a moment of its own, for a while. */
export async function poll(
	server: Target,
	{ clients, everyMs, rounds }: { clients: number; everyMs: number; rounds: number },
	call: (client: Client) => Promise<unknown>,
): Promise<Load> {
	const all = Array.from({ length: clients }, () => new Client());
	return await measured(server, clients * rounds, async (timed) => {
		const startedMs = performance.now();
		await Promise.all(
			all.map(async (client, nth) => {
				for (let round = 0; round < rounds; round++) {
					const dueMs = startedMs + (round + nth / clients) * everyMs;
					await sleep(Math.max(0, dueMs - performance.now()));
					await timed(() => call(client));
				}
				client.close();
			}),
		);
	});
}

/** Runs `work`, whose calls it times, with `/healthz` asked meanwhile. */
export async function measured(
	server: Target,
	calls: number,
	work: (timed: (call: () => Promise<unknown>) => Promise<void>) => Promise<void>,
): Promise<Load> {
	const health = probeHealth(server.url);
	const times: number[] = [];
	let broken = 0;
	const cpuBefore = await cpuMsOf(server.pid);
	const startedMs = performance.now();
	await work(async (call) => {
		const calledMs = performance.now();
		try {
			await call();
		} catch (error) {
			if (broken++ === 0) console.log(`A call failed: ${String(error)}`);
		}
		times.push(performance.now() - calledMs);
	});
	const wallMs = performance.now() - startedMs;
	const cpuMs = ((await cpuMsOf(server.pid)) - cpuBefore) / calls;
	return {
		perSecond: (calls * 1000) / wallMs,
		cpuMs,
		healthP99Ms: p99(await health()),
		p99Ms: p99(times),
		broken,
	};
}

/** Ends with all the times that it took. */
export function probeHealth(url: string): () => Promise<number[]> {
	const probe = new Worker(new URL('./healthProbe.mts', import.meta.url), { workerData: url });
	const times = new Promise<number[]>((resolve, reject) => {
		probe.once('message', resolve);
		probe.once('error', reject);
	});
	return async () => {
		probe.postMessage('over');
		return await times;
	};
}

export const p99 = (values: number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;

/** User and system time of all threads. */
export async function cpuMsOf(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export async function memoryMb(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)![1]) / 1024;
}
