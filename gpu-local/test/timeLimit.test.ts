import { expect, it } from 'vitest';
import { startTestServer } from './support/server.ts';

it(
	'a job that runs for longer than --job-seconds fails, says so, and lets the next one run',
	{ timeout: 60_000 },
	async () => {
		const server = await startTestServer(['--job-seconds', '8']);
		try {
			const submit = async (model: string) =>
				(
					await server.call('POST', '/v1/videos', {
						prompt: 'a long way',
						model,
						size: '64x64',
						num_frames: 8,
					})
				).body.id as string;
			const slow = await submit('preview-slow');
			const next = await submit('preview');
			expect(await server.finished(slow)).toMatchObject({
				status: 'failed',
				error: { code: 'timeout', message: expect.stringContaining('8 seconds') as string },
			});
			expect((await server.finished(next)).status).toBe('completed');
		} finally {
			await server.stop();
		}
	},
);
