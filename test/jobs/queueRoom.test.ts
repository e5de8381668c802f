/** Submits wait for room in the provider's queue where its use can be asked. */
import { describe, expect, it } from 'vitest';
import { waitForRoom, type FullQueue } from '../../jobs/queueRoom';
import { providerById } from '../../providers/registry';

const provider = providerById('modelslabV6');

/** @param counts what the provider answers, one after the other; the last one for ever */
function hostOf(counts: Array<number | 'broken'>) {
	let nowMs = 0;
	let asked = 0;
	const host = {
		now: () => nowMs,
		random: () => 0,
		async sleep(ms: number) {
			nowMs += ms;
			await Promise.resolve();
		},
		async http() {
			const count = counts[Math.min(asked, counts.length - 1)];
			asked += 1;
			if (count === 'broken') throw new Error('offline');
			return { status: 200, headers: {}, body: { status: 'success', processing_count: count } };
		},
	};
	return { host, asked: () => asked, seconds: () => nowMs / 1000 };
}

let accounts = 0;
const account = () => ({ baseUrl: `https://queue-${(accounts += 1)}.example.com` });

describe('room in the queue', () => {
	it('is there at once where the account has fewer jobs than it may', async () => {
		const { host, asked, seconds } = hostOf([4]);
		await waitForRoom(provider, account(), host);
		expect([asked(), seconds()]).toEqual([1, 0]);
	});

	it('is waited for, with ever longer pauses, and whoever waits is told', async () => {
		const { host, seconds } = hostOf([5, 5, 6, 4]);
		const told: FullQueue[] = [];
		await waitForRoom(provider, account(), host, { onFull: (queue) => told.push(queue) });
		expect(told).toEqual([
			{ jobs: 5, limit: 5, nextAtMs: 5_000 },
			{ jobs: 5, limit: 5, nextAtMs: 15_000 },
			{ jobs: 6, limit: 5, nextAtMs: 35_000 },
		]);
		expect(seconds()).toBe(35);
	});

	it('is not found twice by two submits of one moment', async () => {
		const { host, seconds } = hostOf([4]);
		const where = account();
		const leave = await waitForRoom(provider, where, host);
		// The first one's submit gets its answer while the second waits; twice is once.
		const onFull = () => [leave(), leave()];
		await waitForRoom(provider, where, host, { onFull });
		expect(seconds()).toBe(5);
	});

	it('is asked for by one after the other, though they come together', async () => {
		const { host, seconds } = hostOf([4]);
		const where = account();
		let leave = () => {};
		const onFull = () => leave();
		const first = waitForRoom(provider, where, host).then((left) => (leave = left));
		await Promise.all([first, waitForRoom(provider, where, host, { onFull })]);
		expect(seconds()).toBe(5);
	});

	it('is not asked for ever, nor where the provider can not say', async () => {
		const full = hostOf([5]);
		await waitForRoom(provider, account(), full.host);
		expect(full.seconds()).toBeGreaterThan(14 * 60);
		expect(full.seconds()).toBeLessThanOrEqual(15 * 60);
		const broken = hostOf(['broken']);
		await waitForRoom(provider, account(), broken.host);
		const silent = hostOf([5]);
		await waitForRoom(providerById('localGpu'), account(), silent.host);
		expect([broken.seconds(), silent.asked()]).toEqual([0, 0]);
	});

	it('is looked for after five, ten, twenty and then thirty seconds, for a quarter of an hour', async () => {
		const { host, seconds, asked } = hostOf([5]);
		const told: number[] = [];
		const onFull = ({ nextAtMs }: FullQueue) => void told.push(nextAtMs / 1_000);
		await waitForRoom(provider, account(), host, { onFull });
		expect(told.slice(0, 6)).toEqual([5, 15, 35, 65, 95, 125]);
		expect([seconds(), told.length, asked()]).toEqual([875, 31, 32]);
	});

	it.each([
		[895_000, 2],
		[895_001, 1],
	])('is looked for again where that is still within it (%i ms gone)', async (takesMs, times) => {
		const { host, asked } = hostOf([5, 4]);
		const { now, http } = host;
		let moreMs = 0;
		const slow = {
			...host,
			now: () => now() + moreMs,
			async http() {
				moreMs = takesMs;
				return await http();
			},
		};
		await waitForRoom(provider, account(), slow);
		expect(asked()).toBe(times);
	});

	it('is one for each account, and all that are on their way count', async () => {
		const where = account();
		const { host } = hostOf([2]);
		const leaves = [];
		for (let more = 0; more < 3; more += 1) leaves.push(await waitForRoom(provider, where, host));
		const told: FullQueue[] = [];
		const full = hostOf([2, 1]);
		await waitForRoom(provider, where, full.host, { onFull: (queue) => told.push(queue) });
		expect(told).toEqual([{ jobs: 5, limit: 5, nextAtMs: 5_000 }]);
		await waitForRoom(provider, account(), hostOf([4]).host, {
			onFull: (queue) => told.push(queue),
		});
		for (const leave of leaves) leave();
		await waitForRoom(provider, where, hostOf([3]).host, { onFull: (queue) => told.push(queue) });
		expect(told).toHaveLength(1);
	});

	it('is given back once by each that had it, however often it says so', async () => {
		const where = account();
		const { host } = hostOf([2]);
		const leave = await waitForRoom(provider, where, host);
		for (let more = 0; more < 2; more += 1) await waitForRoom(provider, where, host);
		leave();
		leave();
		const told: number[] = [];
		const onFull = ({ jobs }: FullQueue) => void told.push(jobs);
		await waitForRoom(provider, where, hostOf([3, 0]).host, { onFull });
		expect(told).toEqual([5]);
	});

	it('is left at once by whoever is stopped', async () => {
		const { host } = hostOf([5]);
		const controller = new AbortController();
		const stopped = { ...host, sleep: async () => Promise.reject(new Error('stopped')) };
		const where = account();
		const { signal } = controller;
		await expect(waitForRoom(provider, where, stopped, { signal })).rejects.toThrow('stopped');
		// Nobody behind it is held up.
		await waitForRoom(provider, where, hostOf([0]).host);
	});
});
