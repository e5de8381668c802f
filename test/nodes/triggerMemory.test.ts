/** What the trigger remembers: for long enough, in bounded space, over restarts and beside other processes. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { IDataObject } from 'n8n-workflow';
import type * as Memory from '../../nodes/TextToVideoTrigger/deliveries';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 20, 12);

let memory: typeof Memory;
/** A process of n8n that has just started. */
const restart = async () => {
	vi.resetModules();
	memory = await import('../../nodes/TextToVideoTrigger/deliveries');
};
beforeEach(restart);

/** Each request reads what is stored, and what it wrote is stored after it. */
function deliver(store: IDataObject, message: string, nowMs = NOW_MS): boolean {
	const own = structuredClone(store);
	const delivery = memory.beginDelivery('node', own);
	const isNew = delivery.seen.add(message, nowMs);
	delivery.settle();
	Object.assign(store, own);
	return isNew;
}

describe('the memory of a trigger', () => {
	it('keeps a message over a restart, for more than a day', async () => {
		const store = {};
		expect(deliver(store, 'a')).toBe(true);
		await restart();
		expect(deliver(store, 'a', NOW_MS + 25 * HOUR_MS)).toBe(false);
		expect(deliver(store, 'a', NOW_MS + 74 * HOUR_MS)).toBe(true);
	});

	it('does not grow beyond five thousand messages and 150 KiB', async () => {
		const store: IDataObject = {};
		const delivery = memory.beginDelivery('node', store);
		for (let index = 0; index < 6_000; index += 1) delivery.seen.add(`m${index}`, NOW_MS + index);
		delivery.settle();
		const kept = String(store.seen).trim().split(' ').length;
		expect(kept).toBeGreaterThan(4_400);
		expect(kept).toBeLessThanOrEqual(5_000);
		expect(JSON.stringify(store).length).toBeLessThan(150 * 1024);
		await restart();
		expect(deliver(store, 'm5999', NOW_MS + 6_000)).toBe(false);
		expect(deliver(store, 'm0', NOW_MS + 6_000)).toBe(true);
	});

	it('learns what another process has stored', async () => {
		const store = {};
		deliver(store, 'mine');
		const mine = memory;
		await restart();
		deliver(store, 'theirs');
		memory = mine;
		expect(deliver(store, 'theirs')).toBe(false);
		expect(deliver(store, 'mine')).toBe(false);
	});

	it('decides by what it knows, though n8n gave two requests the same old store', () => {
		const first = memory.beginDelivery('node', {});
		const second = memory.beginDelivery('node', {});
		expect([first, second].map(({ seen }) => seen.add('a', NOW_MS))).toEqual([true, false]);
	});

	it('does not store what is still being confirmed, so that it is let in after a crash', async () => {
		const store = {};
		const waiting = memory.beginDelivery('node', {});
		waiting.seen.add('waiting', NOW_MS);
		deliver(store, 'through');
		await restart();
		expect(deliver(store, 'through')).toBe(false);
		expect(deliver(store, 'waiting')).toBe(true);
	});

	it('keeps triggers apart, and what is tried in the editor to itself', () => {
		memory.beginDelivery('one', {}).seen.add('a', NOW_MS);
		memory.beginDelivery(undefined, {}).seen.add('b', NOW_MS);
		expect(memory.beginDelivery('two', {}).seen.add('a', NOW_MS)).toBe(true);
		expect(memory.beginDelivery(undefined, {}).seen.add('b', NOW_MS)).toBe(true);
	});
});
