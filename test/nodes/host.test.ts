/** n8n as the host of a job's life. */
import type * as N8n from 'n8n-workflow';
import { describe, expect, it, vi } from 'vitest';
import { hostOf, sleepOrStop } from '../../nodes/shared/host';
import type { HttpRequest } from '../../jobs/host';
import { providerById } from '../../providers/registry';
import { hookContext } from '../support/hookContext';

/** That of the oldest n8n, which takes no signal. */
vi.mock('n8n-workflow', async (original) => ({
	...(await original<typeof N8n>()),
	sleep: async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms)),
}));

const local = providerById('localGpu');
const get: HttpRequest = { method: 'GET', url: 'http://gpu.test/v1', authenticate: false };

describe('the host', () => {
	it('sends and streams by the node’s own options, and stops with the signal', async () => {
		const context = hookContext();
		const host = hostOf(context, local, { timeout: 7 });
		const { signal } = new AbortController();
		await host.http(get, signal);
		await host.stream(get, signal);
		expect(context.sent).toMatchObject([
			{ url: get.url, timeout: 7, abortSignal: signal },
			{ url: get.url, timeout: 7, abortSignal: signal, encoding: 'stream' },
		]);
	});

	it('logs at the level that it is told', () => {
		const context = hookContext();
		const host = hostOf(context, local, {});
		host.log?.('info', 'a');
		host.log?.('warn', 'b');
		expect(context.logged).toStrictEqual([
			['info', 'a'],
			['warn', 'b'],
		]);
	});

	it('says where to allow a certificate, and of no proxy where there is none', () => {
		const { advice } = hostOf(hookContext(), local, {});
		expect(advice?.certificate).toContain('turn on Ignore SSL Issues in the credential');
		expect(advice).not.toHaveProperty('connection');
	});

	it.each([
		[{ host: 'proxy', port: 3128 }, 'http://proxy:3128'],
		[{ host: 'proxy', port: 443, protocol: 'https' }, 'https://proxy:443'],
	])('names the proxy that everything goes through', (proxy, address) => {
		expect(hostOf(hookContext(), local, { proxy }).advice?.connection).toContain(
			`go through the proxy ${address} (`,
		);
	});
});

describe('sleep', () => {
	const isOver = async (sleeping: Promise<void>) =>
		await Promise.race([sleeping.then(() => true), Promise.resolve().then(() => false)]);

	it.each([[undefined], [new AbortController().signal]])('takes its time', async (signal) => {
		vi.useFakeTimers();
		try {
			const sleeping = sleepOrStop(1_000, signal);
			await vi.advanceTimersByTimeAsync(999);
			expect(await isOver(sleeping)).toBe(false);
			await vi.advanceTimersByTimeAsync(1);
			await sleeping;
		} finally {
			vi.useRealTimers();
		}
	});

	it('ends at once when the execution is stopped, or was', async () => {
		const stop = new AbortController();
		const sleeping = sleepOrStop(3_600_000, stop.signal);
		stop.abort();
		await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' });
		await expect(sleepOrStop(3_600_000, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
	});

	it('leaves no listener behind: a run that waits for hours sleeps hundreds of times', async () => {
		const { signal } = new AbortController();
		const added = vi.spyOn(signal, 'addEventListener');
		const removed = vi.spyOn(signal, 'removeEventListener');
		await sleepOrStop(0, signal);
		expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toStrictEqual(
			expect.arrayContaining(added.mock.calls.map(([type, listener]) => [type, listener])),
		);
		expect(added).toHaveBeenCalled();
	});
});
