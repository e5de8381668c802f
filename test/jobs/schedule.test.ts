import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedSecondsLeft, nextPollSeconds, type ScheduleInput } from '../../jobs/schedule';

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

const FRESH: ScheduleInput = { elapsedSeconds: 0, failures: 0, typicalSeconds: 100 };

describe('the next question, by what is known', () => {
	it.each<[string, Partial<ScheduleInput>, number]>([
		['nothing: at two fifths of the usual time', {}, 40],
		['nothing, and that is over soon', { elapsedSeconds: 38 }, 2],
		['nothing, and it is over', { elapsedSeconds: 100 }, 9],
		['nothing, and a reply may tell more', { tellsProgress: true }, 20],
		['nothing, and the first reply is due', { elapsedSeconds: 19, tellsProgress: true }, 1],
		['nothing, and the first reply told nothing', { elapsedSeconds: 20, tellsProgress: true }, 20],
		['an estimate', { etaSeconds: 100 }, 85],
		['an estimate and that replies tell more', { etaSeconds: 50, tellsProgress: true }, 42.5],
		['an estimate longer than it was told', { etaSeconds: 100, toldSeconds: 10 }, 85],
		['an estimate that was told as longer', { etaSeconds: 20, toldSeconds: 100 }, 5],
		['that it may be over any moment', { elapsedSeconds: 100, etaSeconds: 0 }, 5],
		['a twentieth of progress', { elapsedSeconds: 2, progress: 5 }, 28.5],
		['progress within the first second', { elapsedSeconds: 0.5, progress: 5 }, 7.125],
		['less than that', { elapsedSeconds: 2, progress: 4.9 }, 38],
		['nearly all progress', { elapsedSeconds: 100, progress: 99 }, 5],
		['progress in no time, which is none', { progress: 50 }, 40],
		[
			'progress, and replies tell more',
			{ elapsedSeconds: 10, progress: 50, tellsProgress: true },
			7.5,
		],
		['a long job without an estimate', { elapsedSeconds: 7_200 }, 60],
		['a long estimate that replies mend', { etaSeconds: 1_000, tellsProgress: true }, 60],
		['a long estimate for good', { etaSeconds: 1_000 }, 120],
		['a long job and how long to pause at most', { elapsedSeconds: 7_200, longestSeconds: 30 }, 30],
		['one question that came to nothing', { elapsedSeconds: 50, etaSeconds: 0, failures: 1 }, 2.5],
		['three that did', { elapsedSeconds: 50, etaSeconds: 0, failures: 3 }, 8],
		['that it was asked for patience', { elapsedSeconds: 50, retryAfterSeconds: 77 }, 77],
		['that it was asked for a day of it', { retryAfterSeconds: 86_400 }, 86_400],
		['that it was asked for more', { retryAfterSeconds: 90_000 }, 86_400],
		['a clock that is none', { elapsedSeconds: Number.NaN }, 60],
		['a time that is none', { retryAfterSeconds: Number.NaN }, 40],
		['milliseconds', { etaSeconds: 10.0006 }, 8.501],
	])('%s', (_what, known, seconds) => {
		expect(nextPollSeconds({ ...FRESH, ...known })).toBe(seconds);
	});

	const even = [100, 100, 100];
	it.each<[string, Partial<ScheduleInput>, number]>([
		['when they all were over', { learnedSeconds: even }, 102],
		['of short ones, two seconds', { learnedSeconds: [30, 30, 30] }, 31],
		['a first time', { learnedSeconds: even, elapsedSeconds: 101 }, 1],
		['every few seconds then', { learnedSeconds: even, elapsedSeconds: 102.1 }, 5.2],
		['of short ones, more often', { learnedSeconds: [30, 30, 30], elapsedSeconds: 31.1 }, 2.6],
		['until the last of them were over', { learnedSeconds: even, elapsedSeconds: 105.1 }, 5.2],
		['later as if nothing were known', { learnedSeconds: even, elapsedSeconds: 106 }, 9.54],
		['after a quarter of an hour at the latest', { learnedSeconds: [7_200] }, 900],
		['within what was set', { learnedSeconds: [7_200], longestSeconds: 60 }, 60],
		['when a quarter was over', { learnedSeconds: [80, 100, 125] }, 88.113],
		['the same of an even number', { learnedSeconds: [80, 80, 125, 125] }, 86.144],
		['until nearly all were over', { learnedSeconds: [80, 100, 125], elapsedSeconds: 144 }, 5.2],
		['and no longer', { learnedSeconds: [80, 100, 125], elapsedSeconds: 146 }, 13.14],
		['as if one odd job had not been so odd', { learnedSeconds: [100, 100, 10_000] }, 98.88],
		['as if one short job had not been so short', { learnedSeconds: [1, 100, 100] }, 62.29],
		[
			'around a wide end in nine steps',
			{ learnedSeconds: [1, 1_000], elapsedSeconds: 400 },
			26.749,
		],
		['when the provider expects it, if much later', { learnedSeconds: even, etaSeconds: 201 }, 120],
		['not if twice as late', { learnedSeconds: even, etaSeconds: 200 }, 102],
		[
			'when the provider expects it, if much sooner',
			{ learnedSeconds: even, etaSeconds: 49 },
			41.65,
		],
		['the same in half a second', { learnedSeconds: even, elapsedSeconds: 10, etaSeconds: 0.5 }, 1],
		['not if half as late', { learnedSeconds: even, etaSeconds: 50.1 }, 102],
		['not by an estimate that has run out', { learnedSeconds: even, etaSeconds: 0 }, 102],
	])('what others took: %s', (_what, known, seconds) => {
		expect(nextPollSeconds({ ...FRESH, ...known })).toBe(seconds);
	});

	it.each<[string, number, number, number]>([
		['a new one', 20, 20, 15],
		['one that is nearly new', 18, 20, 13.5],
		['not an older one', 17.9, 20, 5.2],
		['half a second', 0.5, 0.5, 4],
		['a new one, no sooner than the video may be late', 2, 2, 4],
	])('what others took, near the end: an estimate counts: %s', (_what, eta, told, seconds) => {
		const near = { ...FRESH, learnedSeconds: even, elapsedSeconds: 102.1 };
		expect(nextPollSeconds({ ...near, etaSeconds: eta, toldSeconds: told })).toBe(seconds);
	});
});

describe('the seconds that are left', () => {
	it.each<[string, Partial<ScheduleInput>, number | undefined]>([
		['as the provider says', { etaSeconds: 7, progress: 50, learnedSeconds: [50] }, 7],
		['by the progress', { elapsedSeconds: 10, progress: 20, learnedSeconds: [50] }, 40],
		['by the middle of what others took', { elapsedSeconds: 5, learnedSeconds: [10, 20, 40] }, 15],
		['by the only one there was', { elapsedSeconds: 10, learnedSeconds: [50] }, 40],
		['half a second before that', { elapsedSeconds: 19.5, learnedSeconds: [10, 20, 40] }, 0.5],
		['half a second before the earliest usual end', { elapsedSeconds: 39.5 }, 0.5 / 0.75],
		['between the two in the middle', { learnedSeconds: [10, 20, 30, 100] }, 25],
		['unknown once that is over', { elapsedSeconds: 20, learnedSeconds: [10, 20, 40] }, undefined],
		['by what is usual where nothing was learned', { learnedSeconds: [] }, 40 / 0.75],
		['unknown once the earliest such job is over', { elapsedSeconds: 40 }, undefined],
	])('%s', (_what, known, seconds) => {
		expect(expectedSecondsLeft({ ...FRESH, ...known })).toBe(seconds);
	});
});
