import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPollSeconds, type ScheduleInput } from '../../jobs/schedule';

const any: fc.Arbitrary<ScheduleInput> = fc.record(
	{
		elapsedSeconds: fc.double({ min: 0, max: 86_400, noNaN: true }),
		failures: fc.nat(20),
		typicalSeconds: fc.integer({ min: 1, max: 3_600 }),
		etaSeconds: fc.double({ min: 0, max: 86_400, noNaN: true }),
		progress: fc.double({ min: 0, max: 100, noNaN: true }),
		retryAfterSeconds: fc.double({ min: 0, max: 600, noNaN: true }),
	},
	{ requiredKeys: ['elapsedSeconds', 'failures', 'typicalSeconds'] },
) as never;

/** Asks until the job is over and says when each question came. */
function questions(duration: number, tell: (elapsed: number) => Partial<ScheduleInput>): number[] {
	const asked: number[] = [];
	let elapsed = 0;
	while (elapsed < duration) {
		elapsed += nextPollSeconds({
			elapsedSeconds: elapsed,
			failures: 0,
			typicalSeconds: 60,
			...tell(elapsed),
		});
		asked.push(elapsed);
	}
	return asked;
}

describe('when to ask next', () => {
	it.each([
		['a minute where a reply may tell more', true, 60],
		['two where the provider has estimated for good', false, 120],
	])('is never under a second, and over %s only when asked for', (_what, tellsProgress, most) => {
		fc.assert(
			fc.property(any, (input) => {
				const seconds = nextPollSeconds({ ...input, tellsProgress });
				const allowed = Math.max(
					input.etaSeconds === undefined ? 60 : most,
					input.retryAfterSeconds ?? 0,
				);
				expect(seconds).toBeGreaterThanOrEqual(1);
				expect(seconds).toBeLessThanOrEqual(allowed + 0.001);
			}),
		);
	});

	it('is between a second and a day, whatever nonsense is told', () => {
		const number = fc.double();
		const nonsense = fc.record({
			...{ elapsedSeconds: number, etaSeconds: number, progress: number, typicalSeconds: number },
			...{ retryAfterSeconds: number, failures: fc.nat(2_000) },
		});
		fc.assert(
			fc.property(nonsense, (input) => {
				const seconds = nextPollSeconds(input);
				expect(seconds).toBeGreaterThanOrEqual(1);
				expect(seconds).toBeLessThanOrEqual(86_400);
			}),
			{ numRuns: 2_000 },
		);
	});

	it('is never before the provider wants to be asked again', () => {
		fc.assert(
			fc.property(any, fc.double({ min: 0, max: 600, noNaN: true }), (input, retryAfterSeconds) => {
				const seconds = nextPollSeconds({ ...input, retryAfterSeconds });
				expect(seconds).toBeGreaterThanOrEqual(retryAfterSeconds - 0.001);
			}),
		);
	});

	it('finds a job of any length at most 9 % (or a second) late where nothing is told', () => {
		fc.assert(
			fc.property(fc.double({ min: 24, max: 7_200, noNaN: true }), (duration) => {
				const late = questions(duration, () => ({})).at(-1)! - duration;
				expect(late).toBeLessThanOrEqual(Math.max(duration * 0.09, 1) + 0.001);
			}),
		);
	});

	it('asks at most nine times where the estimate is right', () => {
		fc.assert(
			fc.property(fc.double({ min: 10, max: 200, noNaN: true }), (duration) => {
				const asked = questions(duration, (elapsed) => ({ etaSeconds: duration - elapsed }));
				expect(asked.length).toBeLessThanOrEqual(9);
				expect(asked.at(-1)! - duration).toBeLessThanOrEqual(Math.max(duration * 0.06, 1) + 0.001);
			}),
		);
	});

	it('asks in proportion to what has passed once an estimate has proved wrong', () => {
		const asked = questions(300, (elapsed) => ({ etaSeconds: Math.max(0, 200 - elapsed) }));
		expect(asked.at(-1)! - 300).toBeLessThanOrEqual(18);
	});

	it('comes to an end for every job', () => {
		fc.assert(
			fc.property(fc.double({ min: 0.1, max: 86_400, noNaN: true }), (duration) => {
				expect(questions(duration, () => ({ etaSeconds: 0 })).length).toBeLessThan(3_000);
			}),
			{ numRuns: 30 },
		);
	});

	it('is sooner where the reply to a question tells what the one to the submit did not', () => {
		const fresh = { elapsedSeconds: 0, failures: 0, typicalSeconds: 90 };
		expect(nextPollSeconds(fresh)).toBe(36);
		expect(nextPollSeconds({ ...fresh, tellsProgress: true })).toBe(18);
		// It told nothing: as for the others.
		expect(nextPollSeconds({ ...fresh, elapsedSeconds: 18, tellsProgress: true })).toBe(18);
	});

	it('leaves an estimate of the submit the room by which it erred from the start', () => {
		const told = { elapsedSeconds: 85, failures: 0, typicalSeconds: 60, etaSeconds: 15 };
		expect(nextPollSeconds({ ...told, toldSeconds: 100 })).toBe(4.25);
		// The same, told by the newest reply.
		expect(nextPollSeconds({ ...told, toldSeconds: 15 })).toBe(12.75);
	});

	it('goes by the progress where no estimate is given', () => {
		const after = (elapsedSeconds: number, progress: number) =>
			nextPollSeconds({ elapsedSeconds, progress, failures: 0, typicalSeconds: 60 });
		// Half is done after 30 s: 30 s are left, and three quarters of that pass before the question.
		expect(after(30, 50)).toBe(22.5);
		// A fifth after 10 s: 40 s are left.
		expect(after(10, 20)).toBe(30);
		const asked = questions(600, (elapsed) => ({ progress: (100 * elapsed) / 600 }));
		expect(asked.length).toBeLessThanOrEqual(16);
		expect(asked.at(-1)! - 600).toBeLessThanOrEqual(36);
	});

	it.each([
		['the first percents, which say nothing yet', 2],
		['a hundred percent of a job that is not done', 100],
	])('does not go by %s', (_what, progress) => {
		const blind = { elapsedSeconds: 10, failures: 0, typicalSeconds: 60 };
		expect(nextPollSeconds({ ...blind, progress })).toBe(nextPollSeconds(blind));
	});
});
