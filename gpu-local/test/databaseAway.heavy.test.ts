/** PostgreSQL comes later than the server, goes away for a while, and comes back. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres } from './support/postgres.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let server: TestServer;

beforeAll(async () => {
	postgres = await startPostgres();
	await postgres.pause();
	const starting = startTestServer(['--database-url', postgres.url]);
	await new Promise((resolve) => setTimeout(resolve, 2500));
	await postgres.resume();
	server = await starting;
});
afterAll(async () => {
	await server.stop();
	await postgres.stop();
});

const SMALL = { prompt: 'A boat', size: '64x64', num_frames: 2 };

it('a server that started first waits for it', async () => {
	const { body } = await server.call('POST', '/v1/videos', SMALL);
	expect(await server.finished(body.id)).toMatchObject({ status: 'completed' });
});

it('what is asked meanwhile is answered with 503 and when to ask again', async () => {
	const { body: job } = await server.call('POST', '/v1/videos', SMALL);
	await server.finished(job.id);
	await postgres.pause();
	const answers = [
		await server.call('GET', `/v1/videos/${job.id}`),
		await server.call('POST', '/v1/videos', SMALL),
		await server.call('GET', '/readyz'),
	];
	for (const { status, headers, body } of answers) {
		expect(status).toBe(503);
		expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
		expect(JSON.stringify(body)).toMatch(/cannot reach its database/);
	}
	expect((await server.call('GET', '/healthz')).status).toBe(200);
	await postgres.resume();
	const after = await eventually(async () => {
		const { status, body } = await server.call('POST', '/v1/videos', SMALL);
		return status === 200 ? body : undefined;
	}, 60_000);
	const done = await eventually(async () => {
		const { body } = await server.call('GET', `/v1/videos/${after.id}`);
		return ['completed', 'failed'].includes(body.status) ? body : undefined;
	}, 60_000);
	expect(done).toMatchObject({ status: 'completed' });
});
