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
