import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConcurrencyLimit } from '../../jobs/concurrency';
import { createRateLimit, rateLimitOf } from '../../jobs/rateLimit';
import { providerById } from '../../providers/registry';

/** Time that passes only in sleeps; sleepers wake in the order of their times. */
function clock() {
	let nowMs = 0;
	return {
		now: () => nowMs,
		async sleep(ms: number, signal?: AbortSignal) {
			if (signal?.aborted) throw new DOMException('Stopped', 'AbortError');
			// Whoever may start now does so before time passes.
			await new Promise((resolve) => setImmediate(resolve));
			nowMs += ms;
		},
	};
}

describe('a limit of requests a minute', () => {
	it('holds in every 60 seconds, however many come, and lets them through in order', async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.nat(60), async (limit, count) => {
				const time = clock();
				const pace = createRateLimit(limit, time);
				const starts: Array<[number, number]> = [];
				await Promise.all(
					Array.from({ length: count }, async (_unused, index) => {
						await pace();
						starts.push([index, time.now()]);
					}),
				);
				expect(starts.map(([index]) => index)).toEqual(Array.from({ length: count }, (_, i) => i));
				for (const [, at] of starts) {
					const within = starts.filter(([, other]) => other >= at && other < at + 60_000);
					expect(within.length).toBeLessThanOrEqual(limit);
				}
				expect(time.now()).toBe(Math.max(0, Math.ceil(count / limit) - 1) * 60_000);
			}),
		);
	});

	it('is one for all that use the same service, and another for another', async () => {
		const time = clock();
		const novita = providerById('novita');
		const pace = async (baseUrl: string) => await rateLimitOf(novita, { baseUrl }, time)();
		for (let sent = 0; sent < 2; sent += 1) await pace('https://one.example.com');
		await pace('https://other.example.com');
		expect(time.now()).toBe(0);
		await pace('https://one.example.com');
		expect(time.now()).toBe(60_000);
	});

	it('lets those behind one that was stopped go on', async () => {
		const pace = createRateLimit(1, clock());
		await pace();
		await expect(pace(AbortSignal.abort(new Error('Stopped')))).rejects.toThrow('Stopped');
		await expect(pace()).resolves.toBeUndefined();
	});

	it('lets one that is stopped leave the line at once, without taking a place', async () => {
		let nowMs = 0;
		let wake = () => {};
		const sleep = async (ms: number) => {
			await new Promise<void>((resolve) => (wake = resolve));
			nowMs += ms;
		};
		const pace = createRateLimit(1, { now: () => nowMs, sleep });
		await pace();
		const first = pace();
		const stop = new AbortController();
		const stopped = pace(stop.signal);
		const last = pace();
		stop.abort(new Error('Stopped'));
		// Nobody's sleep is over yet.
		await expect(stopped).rejects.toThrow('Stopped');
		wake();
		await first;
		while (nowMs < 120_000) {
			wake();
			await new Promise((resolve) => setImmediate(resolve));
		}
		await last;
		expect(nowMs).toBe(120_000);
	});

	it('does not let one stand in line that is stopped already', async () => {
		let wake = () => {};
		const sleep = async () => await new Promise<void>((resolve) => (wake = resolve));
		const pace = createRateLimit(1, { now: () => 0, sleep });
		await pace();
		const sleeping = pace();
		// Nobody's sleep is over yet.
		await expect(pace(AbortSignal.abort(new Error('Stopped')))).rejects.toThrow('Stopped');
		wake();
		await sleeping;
	});

	it('waits for no more than a minute where the clock was set back', async () => {
		let nowMs = 3_600_000;
		const slept: number[] = [];
		const sleep = async (ms: number) => void slept.push(ms);
		const pace = createRateLimit(1, { now: () => nowMs, sleep });
		await pace();
		nowMs = 0;
		await pace();
		expect(slept).toEqual([60_000]);
	});

	it('is a minute from the oldest of as many requests, to the millisecond, and no wait after it', async () => {
		let nowMs = 1_000;
		const slept: number[] = [];
		const sleep = async (ms: number) => {
			slept.push(ms);
			nowMs += ms;
		};
		const pace = createRateLimit(2, { now: () => nowMs, sleep });
		const at = async (ms: number) => {
			nowMs = ms;
			await pace();
			return nowMs;
		};
		expect([await at(1_000), await at(2_000), slept.length]).toEqual([1_000, 2_000, 0]);
		// The oldest one's minute is over, the next one's is a millisecond short of it.
		expect([await at(61_000), await at(61_999)]).toEqual([61_000, 62_000]);
		expect(slept).toEqual([1]);
		expect([await at(200_000), await at(200_001), await at(200_002)]).toEqual([
			...[200_000, 200_001, 260_000],
		]);
		expect(slept).toEqual([1, 59_998]);
	});

	it('hands the stop to who sleeps, and leaves nothing hanging on it', async () => {
		const signals: unknown[] = [];
		const sleep = async (_ms: number, signal?: AbortSignal) => void signals.push(signal);
		const pace = createRateLimit(1, { now: () => 0, sleep });
		const { signal } = new AbortController();
		await pace(signal);
		await pace(signal);
		expect(signals).toEqual([signal]);
		expect(getEventListeners(signal, 'abort')).toEqual([]);
	});

	it('is each service’s own, whatever their addresses, and the same for who asks later', () => {
		const time = clock();
		const of = (id: string, baseUrl: string) => rateLimitOf(providerById(id), { baseUrl }, time);
		const first = of('novita', 'https://same.example.com');
		expect(of('novita', 'https://same.example.com')).toBe(first);
		expect(of('modelslabV6', 'https://same.example.com')).not.toBe(first);
	});

	it('does not exist where the provider documents none', async () => {
		const time = clock();
		const pace = createRateLimit(undefined, time);
		for (let index = 0; index < 100; index += 1) await pace();
		expect(time.now()).toBe(0);
	});
});

describe('parallel jobs', () => {
	it('are never more than allowed, and all come through, whatever fails', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 1, max: 8 }),
				fc.array(fc.boolean(), { maxLength: 40 }),
				async (parallel, fails) => {
					const gate = createConcurrencyLimit(parallel);
					let running = 0;
					let most = 0;
					const results = await Promise.allSettled(
						fails.map(
							async (fail) =>
								await gate(async () => {
									running += 1;
									most = Math.max(most, running);
									await Promise.resolve();
									running -= 1;
									if (fail) throw new Error('No');
								}),
						),
					);
					expect(most).toBeLessThanOrEqual(parallel);
					expect(results.map(({ status }) => status === 'rejected')).toEqual(fails);
				},
			),
		);
	});
});
