import { describe, expect, it } from 'vitest';
import { resolveJob } from '../../jobs/resolveJob';
import type { Job } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';
import { providerById } from '../../providers/registry';

const NOW = Date.UTC(2026, 0, 1);
const novita = providerById('novita');
const whole: Job = { ...newJob('novita', 'task-7', NOW - 60_000), seed: 42 };
const resolve = (given: unknown, ...candidates: unknown[]) =>
	resolveJob(novita, given, candidates, NOW);

describe('a job of which only the id is known', () => {
	it.each([
		['task-9', 'task-9'],
		['  task-9 ', 'task-9'],
		[13801718, '13801718'],
		['"task-9"', 'task-9'],
		[['task-9'], 'task-9'],
		['["task-9"]', 'task-9'],
		['[13801718]', '13801718'],
	])('%j', (given, jobId) => {
		expect(resolve(given).job).toEqual(newJob('novita', jobId, NOW));
	});

	it('is not mixed up with another job that lies beside it', () => {
		expect(resolve('task-9', whole).job).toEqual(newJob('novita', 'task-9', NOW));
	});
});

describe('a whole job', () => {
	it('keeps what the provider said earlier, given itself or found by its id', () => {
		expect(resolve(whole).job).toBe(whole);
		expect(resolve('task-7', { not: 'a job' }, whole).job).toBe(whole);
	});

	it('of another provider is refused, by id too', () => {
		const other = { ...whole, provider: 'modelslabV6' };
		expect(resolve(other)).toEqual({ problem: 'otherProvider', other });
		expect(resolve('task-7', other)).toEqual({ problem: 'otherProvider', other });
	});
});

it.each([undefined, null, '', '  ', 'undefined', 'null', '""', '[null]', [' ']])(
	'%j is no id',
	(given) => {
		expect(resolve(given, whole)).toEqual({ problem: 'missing' });
	},
);

it('an expression that nobody evaluated is told from an id', () => {
	expect(resolve('{{ $json.jobId }}')).toEqual({
		problem: 'unevaluated',
		jobId: '{{ $json.jobId }}',
	});
});

describe('a job that was kept in a table', () => {
	const row = { provider: 'novita', jobId: 'task-7', videos: '[]', title: 'Mine' };

	it.each([
		['as text', JSON.stringify(whole)],
		['as text with blanks', ` ${JSON.stringify(whole)}\n`],
		['as a list of one', [whole]],
		['as text of a list of one', JSON.stringify([whole])],
		['as text that was made text again', JSON.stringify(JSON.stringify(whole))],
	])('comes back whole %s', (_what, given) => {
		expect(resolve(given)).toEqual({ job: whole, isKnown: true });
	});

	it('comes back by its row, whose other columns are somebody’s own', () => {
		expect(resolve(row)).toEqual({ job: newJob('novita', 'task-7', NOW), isKnown: true });
		expect(resolve('task-7', { ...row, status: 'failed', submittedAt: whole.submittedAt })).toEqual(
			{
				job: newJob('novita', 'task-7', NOW - 60_000),
				isKnown: true,
			},
		);
	});

	it('is not asked for at another provider than its row names', () => {
		const other = resolve('task-7', { ...row, provider: 'modelslabV6' });
		expect(other).toMatchObject({ problem: 'otherProvider', other: { provider: 'modelslabV6' } });
	});

	it('is known by its id where the column "provider" is about something else', () => {
		expect(resolve('task-7', { ...row, provider: 'DHL' })).toMatchObject({ isKnown: false });
	});
});

it.each([
	[true],
	[{}],
	[[]],
	[[whole, whole]],
	['{"a": 1}'],
	['[1, 2]'],
	['{broken'],
	[Number.NaN],
	[1.5],
	[12345678901234567890],
	[[['task-7']]],
])('%j is neither an id nor a job', (given) => {
	expect(resolve(given, whole)).toEqual({ problem: 'noJob', given });
});
