import { describe, expect, it } from 'vitest';
import { isJob, jobIdOf, namesJob, resolveJob } from '../../jobs/resolveJob';
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

describe('what is a job', () => {
	it.each(['jobId', 'provider', 'status', 'videos'] as const)('is nothing without %s', (name) => {
		const { [name]: _left, ...rest } = whole;
		expect(isJob(whole)).toBe(true);
		expect(isJob(rest)).toBe(false);
		expect(isJob({ ...whole, [name]: 7 })).toBe(false);
	});

	it.each<[string, unknown, string | undefined]>([
		['a whole job', whole, 'task-7'],
		['its text', JSON.stringify(whole), 'task-7'],
		['a row', { provider: 'novita', jobId: ' task-8 ' }, 'task-8'],
		['a row with a number', { provider: 'novita', jobId: 9 }, '9'],
		['a row of nobody', { provider: 'someone', jobId: 'task-8' }, undefined],
		['a row without an id', { provider: 'novita', jobId: ' ' }, undefined],
		['an id', ' task-9 ', 'task-9'],
		['an id in quotes', '"task-9"', 'task-9'],
		['an id with marks in it', 'task-{9}"["', 'task-{9}"["'],
		['a number', 12, '12'],
		['a fraction', 1.5, undefined],
		['a number whose last digits are lost', 2 ** 53, undefined],
		['half a job as text', '{"jobId":', undefined],
		['a blank', ' ', undefined],
		['a list of two', ['a', 'b'], undefined],
		['an empty list', [], undefined],
		['nothing', undefined, undefined],
	])('has an id or none: %s', (_what, value, jobId) => {
		expect(jobIdOf(value)).toBe(jobId);
	});

	it('is told from an id', () => {
		const row = { provider: 'novita', jobId: 'task-8' };
		expect([whole, [whole], JSON.stringify(row), row].map(namesJob)).not.toContain(false);
		expect(['task-7', 7, [row, row], {}, null].map(namesJob)).not.toContain(true);
	});
});

describe('of a row', () => {
	const row = { provider: 'novita', jobId: 'task-7' };

	it('what names the job is taken, where it is there', () => {
		const more = { fetchUrl: 'https://a.example/7', trackingId: 'row-1' };
		const submittedAt = '2026-01-01T00:00:00.500Z';
		expect(resolve({ ...row, ...more, submittedAt, seed: 7 }).job).toStrictEqual({
			...newJob('novita', 'task-7', NOW),
			...{ ...more, submittedAt },
		});
		expect(resolve({ ...row, fetchUrl: '', trackingId: '', submittedAt: '' }).job).toStrictEqual(
			newJob('novita', 'task-7', NOW),
		);
	});

	it.each(['yesterday', '1970-01-01T00:00:00.000Z', '1969-01-01T00:00:00.000Z'])(
		'and of a whole job that was submitted at %s it is now that counts',
		(submittedAt) => {
			expect(resolve({ ...whole, submittedAt }).job?.submittedAt).toBe('2026-01-01T00:00:00.000Z');
			expect(resolve({ ...row, submittedAt }).job?.submittedAt).toBe('2026-01-01T00:00:00.000Z');
		},
	);

	it('which is another job’s is left alone', () => {
		expect(resolve('task-7', { ...row, jobId: 'task-8' })).toEqual({
			...{ job: newJob('novita', 'task-7', NOW), isKnown: false },
		});
		const other = { ...row, provider: 'modelslabV6' };
		expect(resolve(other)).toMatchObject({ problem: 'otherProvider', other: { jobId: 'task-7' } });
	});
});

it.each<[unknown, object]>([
	[{ some: 'thing' }, { problem: 'noJob', given: { some: 'thing' } }],
	[['a', 'b'], { problem: 'noJob', given: ['a', 'b'] }],
	[1.5, { problem: 'noJob', given: 1.5 }],
	[true, { problem: 'noJob', given: true }],
	['job {{ 1 }} of it', { problem: 'unevaluated', jobId: 'job {{ 1 }} of it' }],
	['}} {{', { job: newJob('novita', '}} {{', NOW), isKnown: false }],
])('%j is told for what it is', (given, told) => {
	expect(resolve(given)).toEqual(told);
});

it('a prompt with braces in a whole job is no expression', () => {
	const job = { ...whole, settings: { prompt: '{{ a }}' } };
	for (const given of [JSON.stringify(job), [JSON.stringify(job)]]) {
		expect(resolve(given)).toMatchObject({ job: { jobId: 'task-7' }, isKnown: true });
	}
});
