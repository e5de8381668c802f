/** What a person reads where nothing of a run is sent. */
import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../jobs/reservations';
import { NotSentError } from '../../jobs/transportErrors';
import { invalidRun, overLimits } from '../../nodes/TextToVideo/submit/refusal';
import { hookContext } from '../support/hookContext';

const wrong = (...problems: Array<string | undefined>) =>
	invalidRun(
		hookContext(),
		problems.map((problem) => (problem ? { problem } : {})),
		undefined,
	);

describe('items that are wrong', () => {
	it('are none where all are right', () => {
		expect(wrong()).toBeUndefined();
		expect(wrong(undefined, undefined)).toBeUndefined();
	});

	it('are told without a number where there is one item only', () => {
		const refused = wrong('Prompt is missing.');
		expect(refused).toMatchObject({
			message: 'Prompt is missing.',
			failureCode: 'invalid_request',
		});
		expect(refused?.context.itemIndex).toBe(0);
		expect(refused?.description).toBe(
			'Nothing was submitted. If the field takes its value from an earlier step, look in the input whether it is there.',
		);
	});

	it('are told all, each with its number, and the first is the error', () => {
		const refused = wrong(undefined, 'Prompt is missing.', undefined, 'Seed is odd.');
		expect(refused?.message).toBe('[item 2] Prompt is missing.');
		expect(refused?.context.itemIndex).toBe(1);
		expect(refused?.description).toMatch(/^\[item 4\] Seed is odd\.\nNothing was submitted\. /);
	});

	it('stop nothing where the workflow goes on past errors', () => {
		const context = hookContext({ goesOn: true });
		expect(invalidRun(context, [{ problem: 'Prompt is missing.' }], undefined)).toBeUndefined();
	});
});

it('an account that can not be used stops the run, even where the workflow goes on', () => {
	const problem = new NotSentError('No credential is chosen', 'Choose one.', 'invalid_key');
	for (const goesOn of [true, false]) {
		expect(invalidRun(hookContext({ goesOn }), [{}], problem)).toMatchObject({
			message: 'No credential is chosen. Nothing was submitted.',
			description: 'Choose one.',
			failureCode: 'invalid_key',
		});
	}
});

describe('limits', () => {
	const jobs = (held: number, items: number, wanted: number, limit: number) =>
		({ reason: 'jobs', held, wanted, limit, items }) as const;
	const cost = (held: number, wanted: number, limit: number) =>
		({ reason: 'cost', held, wanted, limit }) as const;

	it.each<[Refusal, string]>([
		[jobs(0, 1, 1, 0), 'There is 1 item, and Maximum Jobs is 0.'],
		[jobs(0, 2, 2, 1), 'There are 2 items, and Maximum Jobs is 1.'],
		[jobs(0, 1, 4, 3), 'There is 1 item that order 4 videos, and Maximum Jobs is 3.'],
		[jobs(0, 2, 4, 3), 'There are 2 items that order 4 videos, and Maximum Jobs is 3.'],
		[
			jobs(1, 2, 2, 2),
			'There are 2 items, 1 job was submitted before in this execution, and Maximum Jobs is 2.',
		],
		[
			jobs(2, 1, 1, 2),
			'There is 1 item, 2 jobs were submitted before in this execution, and Maximum Jobs is 2.',
		],
		[cost(0, 0.6, 0.5), 'The videos would cost 0.6 USD, and Maximum Cost is 0.5 USD.'],
		[
			cost(0.3, 0.3, 0.5),
			'The videos would cost 0.3 USD, 0.3 USD were spent before in this execution, and Maximum Cost is 0.5 USD.',
		],
		[
			cost(1, 0.3, 1),
			'The videos would cost 0.3 USD, 1 USD were spent before in this execution, and Maximum Cost is 1 USD.',
		],
		[
			{ reason: 'unpriced', places: ['a', 'b'] },
			'Maximum Cost is set, and what the videos cost can not be said before: basis of a; basis of b.',
		],
	])('are told, each with its numbers: %j', (refusal, sentence) => {
		const { message } = overLimits(hookContext(), refusal, (place) => `basis of ${place}`);
		expect(message).toBe(`${sentence} Nothing was submitted.`);
	});

	it.each<[Refusal, string]>([
		[
			{ reason: 'jobs', held: 0, wanted: 2, limit: 1, items: 2 },
			'Raise Maximum Jobs under Options',
		],
		[{ reason: 'cost', held: 0, wanted: 2, limit: 1 }, 'Raise Maximum Cost under Options'],
		[{ reason: 'unpriced', places: [] }, 'Set When There Is No Price under Options to Run Anyway'],
	])('come with what to do about them (%j)', (refusal, advice) => {
		const refused = overLimits(hookContext(), refusal, () => '');
		expect(refused.failureCode).toBe('not_allowed');
		expect(refused.description).toContain(advice);
	});
});
