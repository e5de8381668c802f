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

describe('what is stored', () => {
	const keyLength = 22;
	/** As it stands in n8n's static data: a key and the second of it, in base 36, for each message. */
	const entries = (store: IDataObject) =>
		String(store.seen)
			.trim()
			.split(' ')
			.map((entry) => ({
				key: entry.slice(0, keyLength),
				atMs: Number.parseInt(entry.slice(keyLength), 36) * 1000,
			}));

	it('is one short entry for each message, with its second', () => {
		const store: IDataObject = {};
		deliver(store, 'a', NOW_MS + 999);
		deliver(store, 'b', NOW_MS + 5_000);
		expect(entries(store).map(({ atMs }) => atMs - NOW_MS)).toEqual([0, 5_000]);
		expect(new Set(entries(store).map(({ key }) => key.length))).toEqual(new Set([keyLength]));
	});

	it('is read again to the second', async () => {
		const store: IDataObject = {};
		deliver(store, 'a');
		await restart();
		expect(deliver(store, 'a', NOW_MS + 73 * HOUR_MS - 1)).toBe(false);
		expect(deliver(store, 'a', NOW_MS + 73 * HOUR_MS)).toBe(true);
	});

	it('is not written where nothing new came, nor at the first message that was none', () => {
		const store: IDataObject = {};
		memory.beginDelivery('node', store).settle();
		expect(store).toEqual({});
		deliver(store, 'a');
		const frozen = Object.freeze({ ...store });
		const delivery = memory.beginDelivery('node', frozen);
		expect(delivery.seen.add('a', NOW_MS)).toBe(false);
		expect(() => delivery.settle()).not.toThrow();
	});

	it('is only ever added to', () => {
		const store: IDataObject = {};
		deliver(store, 'a');
		const before = String(store.seen);
		deliver(store, 'b', NOW_MS - 1_000);
		expect(String(store.seen).startsWith(before)).toBe(true);
		expect(entries(store)).toHaveLength(2);
	});

	it.each(['', 'x', 'no-entry 5', `${'k'.repeat(22)}`, `${'k'.repeat(22)}0`])(
		'may be nonsense: %j',
		async (seen) => {
			const store: IDataObject = { seen };
			expect(deliver(store, 'a')).toBe(true);
			await restart();
			expect(deliver(store, 'a')).toBe(false);
			expect(entries(store)).toHaveLength(1);
		},
	);

	it.each([7, null, {}])('may be no text: %j', (seen) => {
		const store: IDataObject = { seen };
		expect(deliver(store, 'a')).toBe(true);
		expect(entries(store)).toHaveLength(1);
	});

	it('is what was seen first, where two processes saw the same message', async () => {
		const theirs: IDataObject = {};
		deliver(theirs, 'a', NOW_MS + 60_000);
		await restart();
		deliver({}, 'a', NOW_MS);
		expect(deliver({ ...theirs }, 'a', NOW_MS + 73 * HOUR_MS)).toBe(true);
	});
});

describe('a delivery', () => {
	it('that came to nothing is let in again, now and after a restart', async () => {
		const store: IDataObject = {};
		const delivery = memory.beginDelivery('node', store);
		expect(delivery.seen.add('a', NOW_MS)).toBe(true);
		delivery.forget();
		delivery.settle();
		expect(store).toEqual({});
		expect(deliver(store, 'a')).toBe(true);
		const other = memory.beginDelivery('node', store);
		// What another delivery marked is not its own to forget.
		expect(other.seen.add('a', NOW_MS)).toBe(false);
		other.forget();
		expect(deliver(store, 'a')).toBe(false);
		await restart();
		expect(deliver(store, 'a')).toBe(false);
	});

	it('is counted while it waits for the provider’s word, however that ends', async () => {
		const deliveries = [1, 2].map(() => memory.beginDelivery('node', {}));
		const waiting = () => deliveries.map((delivery) => delivery.waiting());
		expect(waiting()).toEqual([0, 0]);
		const ends: Array<() => void> = [];
		const works = deliveries.map(
			async (delivery, index) =>
				await delivery.whileWaiting(
					async () =>
						await new Promise((resolve, reject) =>
							ends.push(index === 0 ? () => resolve('done') : () => reject(new Error('cut'))),
						),
				),
		);
		expect(waiting()).toEqual([2, 2]);
		expect(memory.beginDelivery('other', {}).waiting()).toBe(0);
		ends[0]!();
		expect(await works[0]).toBe('done');
		expect(waiting()).toEqual([1, 1]);
		ends[1]!();
		await expect(works[1]).rejects.toThrow('cut');
		expect(waiting()).toEqual([0, 0]);
	});

	it('that is through while another waits stores itself alone', () => {
		const first: IDataObject = {};
		const waiting = memory.beginDelivery('node', first);
		waiting.seen.add('waiting', NOW_MS);
		const second: IDataObject = {};
		deliver(second, 'through');
		expect(String(second.seen).trim().split(' ')).toHaveLength(1);
		waiting.settle();
		expect(String(first.seen).trim().split(' ')).toHaveLength(2);
		// Added behind, though it was marked before: what another request stored a moment ago is its beginning.
		expect(String(first.seen).startsWith(String(second.seen))).toBe(true);
	});

	it('that waits is not stored with what another process has seen, and is once it is through', async () => {
		const theirs: IDataObject = {};
		deliver(theirs, 'theirs');
		await restart();
		const waiting = memory.beginDelivery('node', {});
		waiting.seen.add('waiting', NOW_MS);
		const store = structuredClone(theirs);
		deliver(store, 'through');
		const mine = memory;
		await restart();
		expect(deliver(structuredClone(store), 'theirs')).toBe(false);
		expect(deliver(structuredClone(store), 'through')).toBe(false);
		expect(deliver(structuredClone(store), 'waiting')).toBe(true);
		const others: IDataObject = {};
		await restart();
		deliver(others, 'others');
		memory = mine;
		waiting.settle();
		deliver(others, 'more');
		await restart();
		for (const message of ['theirs', 'through', 'waiting', 'others', 'more'])
			expect(deliver(structuredClone(others), message)).toBe(false);
	});
});

describe('many messages', () => {
	const count = (store: IDataObject) => String(store.seen).trim().split(' ').length;
	const many = (store: IDataObject, from: number, to: number) => {
		const delivery = memory.beginDelivery('node', store);
		for (let at = from; at < to; at += 1) delivery.seen.add(`m${at}`, NOW_MS + at);
		delivery.settle();
	};

	it('are five thousand at most, however many come at a time', () => {
		const store: IDataObject = {};
		for (let at = 0; at < 12_000; at += 800) {
			many(store, at, at + 800);
			expect(count(store)).toBeLessThanOrEqual(5_000);
		}
		expect(count(store)).toBeGreaterThan(4_000);
	});

	it('are five thousand at most over a restart', async () => {
		const store: IDataObject = {};
		many(store, 0, 4_900);
		for (let at = 4_900; at < 7_000; at += 700) {
			await restart();
			many(store, at, at + 700);
			expect(count(store)).toBeLessThanOrEqual(5_000);
		}
	});
});
