import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

/** Just below what one attempt may take; beyond the heartbeat of jobs and every look for lost ones. */
const SLOW_MS = 14_000;

let server: TestServer;
beforeAll(async () => {
	server = await startTestServer(['--webhook-allow', '127.0.0.1']);
});
afterAll(() => server.stop());

it('a receiver that takes its time is called once', async () => {
	let calls = 0;
	const receiver = createServer((request, response) => {
		calls += 1;
		request.resume();
		setTimeout(() => response.end(), SLOW_MS);
	});
	await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
	const order = { prompt: 'A boat', size: '64x64', num_frames: 2, webhook: { url } };
	const { body } = await server.call('POST', '/v1/videos', order);
	const [delivery] = await eventually(async () => {
		const { data } = (await server.call('GET', `/v1/videos/${body.id}/callbacks`)).body;
		return data[0]?.status === 'delivered' ? data : undefined;
	}, 60_000);
	expect(delivery).toMatchObject({ attempts: 1, log: [{ status: 200 }] });
	expect(calls).toBe(1);
	receiver.closeAllConnections();
	receiver.close();
});
