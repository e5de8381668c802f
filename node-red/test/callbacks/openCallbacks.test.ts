/** Callbacks that are not passed on yet outlive the process. */
import { describe, expect, it } from 'vitest';
import type { CallbackResult } from '../../../jobs/callback/receive';
import { newJob } from '../../../providers/replies/job';
import { createOpenCallbacks } from '../../src/callbacks/openCallbacks';

const result = (jobId: string, more: Partial<CallbackResult> = {}): CallbackResult => ({
	...{ status: 202, reason: 'ok', event: 'succeeded' },
	job: { ...newJob('localGpu', jobId, 0), status: 'succeeded' },
	...more,
});
const storeWith = (kept: { value?: unknown }) => () => ({
	lasts: true,
	read: async () => kept.value,
	write: async (value: unknown) => void (kept.value = structuredClone(value)),
});
const silent = () => undefined;

describe('an open callback', () => {
	it('is written down until it is passed on, and given to the next process once', async () => {
		const kept: { value?: unknown } = {};
		const first = createOpenCallbacks(storeWith(kept), silent);
		await first.add(result('a'));
		await first.add(result('b'));
		first.remove(result('a'));
		await first.add(result('c'));
		const next = createOpenCallbacks(storeWith(kept), silent);
		expect((await next.left()).map(({ job }) => job?.jobId)).toEqual(['b', 'c']);
		expect(await next.left()).toEqual([]);
		first.remove(result('b'));
		first.remove(result('c'));
		await first.add(result('d'));
		first.remove(result('d'));
		await new Promise((resolve) => setImmediate(resolve));
		expect(kept.value).toBeUndefined();
	});

	it('of an earlier process is read before anything is written over it', async () => {
		const kept: { value?: unknown } = { value: [result('old')] };
		const open = createOpenCallbacks(storeWith(kept), silent);
		await open.add(result('new'));
		expect((await open.left()).map(({ job }) => job?.jobId)).toEqual(['old']);
	});

	it('is believed by nobody because it lay in the store', async () => {
		const value = [null, 'x', { job: {} }, result('signed', { trusted: true }), result('plain')];
		const open = createOpenCallbacks(storeWith({ value }), silent);
		expect((await open.left()).map(({ job }) => job?.jobId)).toEqual(['plain']);
	});

	it('is no reason to fail where the store does', async () => {
		const told: string[] = [];
		const broken = () => ({
			lasts: true,
			read: async () => Promise.reject(new Error('disk')),
			write: async () => Promise.reject(new Error('full')),
		});
		const open = createOpenCallbacks(broken, (text) => told.push(text));
		await open.add(result('a'));
		expect(await open.left()).toEqual([]);
		expect(told).toEqual(['disk', 'full']);
	});
});
