import { describe, expect, it } from 'vitest';
import {
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
