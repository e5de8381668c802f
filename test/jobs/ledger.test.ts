import { describe, expect, it } from 'vitest';
import {
	digest,
	entriesOfRun,
	fingerprint,
	idempotencyKey,
	knownJob,
	ledgerKey,
	type Ledger,
} from '../../jobs/ledger';
import type { Job } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';
import { providerById } from '../../providers/registry';

const prints = { request: 'r', source: 's' };
const job = newJob('novita', 'j1', 0);
const ledgerOf = (change: Partial<Job>): Ledger => ({
	r0i0: { ...prints, attempt: 0, job: { ...job, ...change } },
});

describe('attaching to a job', () => {
	it('takes the same request, or one made from the same item and parameters', () => {
		const ledger = ledgerOf({});
		expect(knownJob(ledger, 'r0i0', prints)?.jobId).toBe('j1');
		expect(knownJob(ledger, 'r0i0', { request: 'other', source: 's' })?.jobId).toBe('j1');
		expect(knownJob(ledger, 'r0i0', { request: 'r', source: 'other' })?.jobId).toBe('j1');
		expect(knownJob(ledger, 'r0i0', { request: 'other', source: 'other' })).toBeUndefined();
	});

	it('keeps the rounds of a loop and the items of a round apart', () => {
		expect(new Set([ledgerKey(0, 0), ledgerKey(0, 1), ledgerKey(1, 0), ledgerKey(1, 1)]).size).toBe(
			4,
		);
		expect(knownJob(ledgerOf({}), ledgerKey(1, 0), prints)).toBeUndefined();
	});

	it.each(['failed', 'cancelled'] as const)('leaves one that %s alone', (status) => {
		expect(knownJob(ledgerOf({ status }), 'r0i0', prints)).toBeUndefined();
	});
});

it('does not care in which order the fields of a request stand', () => {
	const provider = providerById('novita');
	const one = fingerprint(provider, 'https://a', {
		seed: 1,
		prompts: [{ prompt: 'x', frames: 8 }],
	});
	const two = fingerprint(provider, 'https://a', {
		prompts: [{ frames: 8, prompt: 'x' }],
		seed: 1,
	});
	expect(one).toBe(two);
	expect(one).not.toBe(fingerprint(provider, 'https://b', { seed: 1 }));
});

it('gives each run, place, request and new attempt an idempotency key of its own', () => {
	const keys = [
		idempotencyKey('run', 'n1 r0i0', 'r', 0),
		idempotencyKey('other', 'n1 r0i0', 'r', 0),
		idempotencyKey('run', 'n2 r0i0', 'r', 0),
		idempotencyKey('run', 'n1 r0i0', 'x', 0),
		idempotencyKey('run', 'n1 r0i0', 'r', 1),
	];
	expect(new Set(keys).size).toBe(5);
	expect(idempotencyKey('run', 'n1 r0i0', 'r', 0)).toBe(keys[0]);
});

describe('what an earlier version of the package wrote', () => {
	const values = { prompt: 'A fox', seed: 7, flag: true, off: null, prompts: [{ prompt: 'x' }] };

	it('is known again: a changed print or key would pay for the same job once more', () => {
		const request = fingerprint(providerById('novita'), 'https://api.novita.ai', values);
		expect(request).toBe('5d42896cb4cc7d2216068313b3a9f0efe23cbaf7721edd7e22b32d48b12987b8');
		expect(idempotencyKey('run', 'n1 r0i0', request, 0)).toBe(
			'7d2879ef3ad91b2dcd99b2651931604fd264ac77',
		);
		expect(ledgerKey(2, 13)).toBe('r2i13');
	});

	it('is told in lists by each entry, and by where it stands', () => {
		const of = (list: unknown[]) => digest(list as string[]);
		expect(of([1, 'a'])).toBe('2010945388e2de98f5651051478912aa4ff38bb13a2cdb1a2c257bb97fbf98ff');
		expect(of([1, 'a'])).not.toBe(of(['a', 1]));
		expect(of([undefined, 1])).toBe(of([null, 1]));
		expect(of([undefined])).not.toBe(of([]));
	});

	it('is the same where a field was left out and where it is undefined', () => {
		const more = { ...values, width: undefined } as unknown as typeof values;
		expect(digest(more)).toBe(digest(values));
		expect(digest({ ...values, width: null })).not.toBe(digest(values));
	});
});

describe('the entries of a run', () => {
	it('are those of all its items, and of no other run whose number begins alike', () => {
		const places = [
			...[ledgerKey(1, 0), ledgerKey(1, 7), ledgerKey(1, 10), ledgerKey(1, 123)],
			...[ledgerKey(0, 1), ledgerKey(10, 0), ledgerKey(11, 7), ledgerKey(2, 1)],
		];
		const ledger = Object.fromEntries(places.map((place) => [place, { place }])) as never as Ledger;
		const own = places.slice(0, 4).map((place) => ({ place }));
		expect(entriesOfRun(ledger, 1)).toEqual(own);
	});
});
