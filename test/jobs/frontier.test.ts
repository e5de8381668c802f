import { describe, expect, it } from 'vitest';
import { frontierAt, leastMedian, mean, type KnownJob } from '../../bench/frontier';

const jobs = (...ends: number[]): KnownJob[] => ends.map((end) => ({ end, unit: 1 }));
const requests = (all: Array<{ requests: number }>) => mean(all.map((one) => one.requests));

describe('the best possible schedule', () => {
	it('meets each of two known ends where it may ask often enough', () => {
		const two = jobs(10, 10, 20, 20);
		const found = frontierAt(two, two, 1.5, 0);
		expect(found.map(({ lateness }) => lateness)).toEqual([0, 0, 0, 0]);
		expect(requests(found)).toBe(1.5);
	});

	it('asks once, at the last end, where it may ask no more', () => {
		const two = jobs(10, 20);
		expect(frontierAt(two, two, 1, 0).map(({ lateness }) => lateness)).toEqual([1, 0]);
	});

	it('is never later with more questions, and counts the way of the reply', () => {
		const many = jobs(...Array.from({ length: 40 }, (_none, index) => 50 + index));
		const late = (asked: number, trip = 0) =>
			mean(frontierAt(many, many, asked, trip).map(({ lateness }) => lateness));
		expect(late(2)).toBeGreaterThan(late(4));
		expect(late(4)).toBeGreaterThan(late(8));
		expect(late(4, 2)).toBeGreaterThan(late(4));
	});

	it('knows the least median: half of the jobs at no lateness costs one question', () => {
		// The first question meets the earlier half, and the second comes whenever.
		expect(leastMedian(jobs(10, 10, 10, 20, 30, 40), 1.5, 0)).toBeLessThan(0.01);
		expect(leastMedian(jobs(10, 20, 30, 40, 50, 60), 1, 0)).toBeGreaterThan(0.2);
	});
});
