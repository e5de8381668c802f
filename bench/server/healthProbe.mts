/** Asks `/healthz` all the time from a thread of its own, so that busy clients do not count as a slow server. */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 10;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const times: number[] = [];
let over = false;

const ask = (url: string): Promise<void> =>
	new Promise((resolve, reject) => {
		get(url, { agent }, (reply) => reply.resume().on('end', resolve)).on('error', reject);
	});

parentPort!.once('message', () => (over = true));
while (!over) {
	const startedMs = performance.now();
	await ask(`${workerData as string}/healthz`);
	times.push(performance.now() - startedMs);
	await sleep(EVERY_MS);
}
agent.destroy();
parentPort!.postMessage(times);
