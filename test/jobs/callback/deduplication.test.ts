import { describe, expect, it } from 'vitest';
import {
	createDeduplication,
	KEEP_MS,
	type DeduplicationRecord,
} from '../../../jobs/callback/deduplication';

describe('what was already delivered', () => {
	it('lets the first through and drops the second', () => {
		const seen = createDeduplication();
		expect(seen.add('a', 0)).toBe(true);
		expect(seen.add('a', 1_000)).toBe(false);
		expect(seen.has('a', 1_000)).toBe(true);
		expect(seen.has('b', 1_000)).toBe(false);
	});

	it('still knows a delivery after a day, and forgets it in the end', () => {
		const seen = createDeduplication();
		seen.add('a', 0);
		expect(seen.add('a', 24 * 60 * 60 * 1000)).toBe(false);
		expect(seen.add('a', KEEP_MS)).toBe(true);
	});

	it('can be told to let the next one through', () => {
		const seen = createDeduplication();
		seen.add('a', 0);
		seen.forget('a');
		expect(seen.add('a', 1)).toBe(true);
	});

	it('never grows beyond its bound and forgets the oldest first', () => {
		const seen = createDeduplication({}, { maxEntries: 3 });
		for (let index = 0; index < 10; index += 1) seen.add(`id ${index}`, index);
		expect(seen.size()).toBe(3);
		expect(['id 6', 'id 7', 'id 8', 'id 9'].map((id) => seen.has(id, 10))).toEqual([
			false,
			true,
			true,
			true,
		]);
	});

	const HOUR_MS = 3_600_000;

	it('is known for 73 hours, for senders repeat for 72', () => {
		const seen = createDeduplication();
		seen.add('a', 0);
		expect(seen.has('a', 73 * HOUR_MS - 1)).toBe(true);
		expect(seen.add('a', 73 * HOUR_MS - 1)).toBe(false);
		expect(seen.has('a', 73 * HOUR_MS)).toBe(false);
		expect(seen.add('a', 73 * HOUR_MS)).toBe(true);
		expect(seen.has('a', 145 * HOUR_MS)).toBe(true);
	});

	it('is five thousand entries at most; then a tenth is forgotten, the oldest first', () => {
		const record = Object.fromEntries(
			Array.from({ length: 4_999 }, (_, index) => [`entry ${index}`, index + 10]),
		);
		const seen = createDeduplication(record);
		seen.add('one more', 0);
		expect(seen.size()).toBe(5_000);
		seen.add('one too many', 6_000);
		expect(seen.size()).toBe(4_500);
		expect(Object.keys(record)).not.toContain('entry 499');
		expect(Object.keys(record)).toContain('entry 500');
		expect(seen.has('one too many', 6_000)).toBe(true);
		expect(seen.has('one more', 6_000)).toBe(false);
	});

	it('loses what is too old before anything else', () => {
		const seen = createDeduplication({}, { keepMs: 10, maxEntries: 3 });
		for (const [id, atMs] of [
			['a', 2],
			['b', 2],
			['c', 6],
			['d', 12],
		] as const)
			seen.add(id, atMs);
		expect(seen.size()).toBe(2);
		expect([seen.has('c', 12), seen.has('d', 12)]).toEqual([true, true]);
	});

	it('counts what it holds, whatever was forgotten or told again', () => {
		const forgetful = createDeduplication({}, { maxEntries: 3 });
		for (const id of ['a', 'b', 'c']) forgetful.add(id, 1);
		forgetful.forget('a');
		for (const id of ['x', 'x', 'y']) forgetful.forget(id);
		forgetful.add('d', 2);
		expect(forgetful.size()).toBe(3);
		forgetful.add('e', 3);
		expect([forgetful.size(), forgetful.has('e', 3)]).toEqual([3, true]);
		const many = createDeduplication({}, { maxEntries: 20 });
		for (let id = 0; id < 20; id += 1) many.add(`${id}`, 1);
		many.forget('7');
		many.add('another', 2);
		expect(many.size()).toBe(20);
		const repeated = createDeduplication({}, { keepMs: 10, maxEntries: 3 });
		for (const id of ['a', 'b', 'c']) repeated.add(id, 0);
		expect(repeated.add('a', 20)).toBe(true);
		expect(repeated.size()).toBe(3);
		for (const id of ['d', 'e', 'f', 'g']) repeated.add(id, 21);
		expect(repeated.size()).toBe(3);
	});

	it('is kept under short keys that any store takes', () => {
		const record: DeduplicationRecord = {};
		const seen = createDeduplication(record);
		for (const id of ['a', 'x'.repeat(10_000), 'job 7/ä?']) seen.add(id, 5);
		for (const key of Object.keys(record)) expect(key).toMatch(/^[A-Za-z0-9_-]{22}$/);
		expect(Object.values(record)).toEqual([5, 5, 5]);
	});

	it('lives in a plain JSON record of the host, whatever the ids look like', () => {
		const record: DeduplicationRecord = {};
		createDeduplication(record).add('__proto__', 5);
		createDeduplication(record).add('x'.repeat(10_000), 5);
		const restored = createDeduplication(JSON.parse(JSON.stringify(record)) as DeduplicationRecord);
		expect(restored.has('__proto__', 6)).toBe(true);
		expect(restored.has('x'.repeat(10_000), 6)).toBe(true);
		expect(JSON.stringify(record).length).toBeLessThan(100);
	});
});
