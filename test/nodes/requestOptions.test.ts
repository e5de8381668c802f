import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runFetch, runVideo } from '../support/videoNode';

let sim: Simulator;
let proxy: Server;
let proxyUrl: string;
/** What went through the proxy. */
let passed: string[] = [];

beforeEach(async () => {
	passed = [];
	proxy = createServer((incoming, outgoing) => {
		passed.push(`${incoming.method} ${incoming.url}`);
		const onward = httpRequest(
			incoming.url as string,
			{ method: incoming.method, headers: incoming.headers },
			(reply) => {
				outgoing.writeHead(reply.statusCode as number, reply.headers);
				reply.pipe(outgoing);
			},
		);
		incoming.pipe(onward);
	});
	await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterEach(async () => {
	proxy.closeAllConnections();
	proxy.close();
	await sim.close();
});

it('sends every call of a job’s life through the proxy', async () => {
	sim = await startSimulator({ durationMs: 1_200 });
	const result = await runVideo(sim, { parameters: { requestOptions: { proxy: proxyUrl } } });
	expect(result.error).toBeUndefined();
	expect(passed).toHaveLength(sim.book.requests.length);
	expect(passed.some((line) => line.startsWith('POST') && line.endsWith('/v1/videos'))).toBe(true);
	expect(passed.some((line) => line.includes('/content'))).toBe(true);
});

it('does so when a callback wakes the run', async () => {
	sim = await startSimulator({ durationMs: 3_600_000, autoCallbacks: false });
	const asleep = await runVideo(sim, {
		provider: 'modelslabV6',
		parameters: { whenSubmitted: 'suspend', requestOptions: { proxy: proxyUrl } },
	});
	const { id } = sim.book.jobs[0]!;
	await sim.finish(id);
	const { resumed } = await asleep.call({ id: Number(id), status: 'success' });
	expect(resumed?.status).toBe('success');
	expect(passed).toHaveLength(sim.book.requests.length);
});

it('gives up on an answer after the person’s own time, and says that it is in doubt', async () => {
	sim = await startSimulator();
	sim.faults.next('submit', { kind: 'slow', ms: 5_000 });
	const result = await runVideo(sim, {
		provider: 'novita',
		parameters: { requestOptions: { timeout: 200 } },
		settings: { onError: 'continueErrorOutput' },
	});
	expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({ details: { accepted: 'unknown' } });
});

it('keeps to batches', async () => {
	sim = await startSimulator();
	const batch = { batchSize: 1, batchInterval: 400 };
	const startedMs = Date.now();
	await runVideo(sim, {
		prompts: ['A', 'B', 'C'],
		parameters: { whenSubmitted: 'return', requestOptions: { batching: { batch } } },
	});
	const afterMs = sim.book
		.of('submit')
		.map(({ atMs }) => atMs - startedMs)
		.sort((a, b) => a - b);
	expect(afterMs).toHaveLength(3);
	// However busy the machine is, a pause lies before each but the first. A timer may ring a millisecond early.
	for (const [pauses, ms] of afterMs.entries()) {
		expect(ms).toBeGreaterThanOrEqual(pauses * (batch.batchInterval - 1));
	}
});

it('sends Fetch Result through the proxy too', async () => {
	sim = await startSimulator();
	const submitted = await runVideo(sim, { parameters: { whenSubmitted: 'return' } });
	const items = submitted.items('Video').map(({ json }) => ({ json }));
	await runFetch(sim, { items, parameters: { requestOptions: { proxy: proxyUrl } } });
	expect(passed).toHaveLength(sim.book.requests.length - 1);
	expect(passed.length).toBeGreaterThan(0);
});
