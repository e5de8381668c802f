import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSleep, type OpenJob, type PlanInput } from '../../nodes/TextToVideo/sleep/plan';

const NOW = Date.UTC(2026, 0, 1);
const job = (more: Partial<OpenJob> = {}): OpenJob => ({
	pauseSeconds: 30,
	soon: false,
	callback: false,
	...more,
});
const plan = (more: Partial<PlanInput> = {}) =>
	planSleep({
		nowMs: NOW,
		deadlineMs: NOW + 3_600_000,
		open: [job()],
		random: 0,
		...more,
	});
const asleepFor = (more: Partial<PlanInput>) => {
	const planned = plan(more);
	return planned.step === 'asleep' ? (planned.wakeAtMs - NOW) / 1000 : planned.step;
};

describe('what a run does next', () => {
	it('is to finish when no job is open or the deadline has come', () => {
		expect(plan({ open: [] })).toEqual({ step: 'finish' });
		expect(plan({ deadlineMs: NOW })).toEqual({ step: 'finish' });
	});

	it('is to sleep to the end where that is just long enough, and to stay awake where it is not', () => {
		const asleep = { step: 'asleep', wakeAtMs: NOW + 61_000 };
		expect(plan({ deadlineMs: NOW + 61_000 })).toEqual(asleep);
		expect(plan({ deadlineMs: NOW + 60_999 })).toEqual({ step: 'awake', untilMs: NOW + 60_999 });
	});

	it('is to sleep for no less than n8n can, and a little longer by chance', () => {
		expect(asleepFor({})).toBe(61);
		expect(asleepFor({ random: 0.5 })).toBe(63.5);
	});

	it('is to sleep longer where the end is far or the provider calls, up to five minutes', () => {
		expect(asleepFor({ open: [job({ pauseSeconds: 200 })] })).toBe(200);
		expect(asleepFor({ open: [job({ pauseSeconds: 3_000 })] })).toBe(300);
		expect(asleepFor({ open: [job({ callback: true })] })).toBe(120);
	});

	it('follows the job that is asked for first, and the one that nobody calls about', () => {
		expect(asleepFor({ open: [job({ pauseSeconds: 200 }), job({ pauseSeconds: 90 })] })).toBe(90);
		expect(asleepFor({ open: [job({ callback: true }), job()] })).toBe(61);
	});

	it('is to stay awake, once, while every job is nearly done', () => {
		expect(plan({ open: [job({ soon: true })] })).toEqual({
			step: 'awake',
			untilMs: NOW + 61_000,
		});
		expect(asleepFor({ open: [job({ soon: true }), job()] })).toBe(61);
		expect(asleepFor({ open: [job({ soon: true })], awakeUntilMs: NOW })).toBe(61);
	});

	it('is to stay awake for what is left when that is too short to sleep', () => {
		const deadlineMs = NOW + 60_000;
		expect(plan({ deadlineMs })).toEqual({ step: 'awake', untilMs: deadlineMs });
		expect(plan({ deadlineMs, awakeUntilMs: NOW })).toEqual({ step: 'awake', untilMs: deadlineMs });
	});

	it('never sleeps for under a minute, nor past the deadline', () => {
		const seconds = fc.integer({ min: 0, max: 7_200 });
		const open = fc.array(
			fc.record({ pauseSeconds: seconds, soon: fc.boolean(), callback: fc.boolean() }),
		);
		const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
		fc.assert(
			fc.property(seconds, open, random, (leftSeconds, jobs, chance) => {
				const deadlineMs = NOW + leftSeconds * 1000;
				const planned = plan({ deadlineMs, open: jobs, random: chance, awakeUntilMs: NOW });
				const sleptMs = planned.step === 'asleep' ? planned.wakeAtMs - NOW : 61_000;
				expect(sleptMs).toBeGreaterThanOrEqual(61_000);
				expect(planned.step === 'asleep' ? planned.wakeAtMs : NOW).toBeLessThanOrEqual(deadlineMs);
			}),
		);
	});
});
