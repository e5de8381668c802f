/** What is known of an item over tries, retries and sleeps, also by another process and while its job is cancelled. */
import { describe, expect, it } from 'vitest';
import type { Fingerprints, Ledger } from '../../jobs/ledger';
import { ItemLedger, type LedgerPlace } from '../../nodes/TextToVideo/submit/itemLedger';
import { keepLedger } from '../../nodes/TextToVideo/submit/keptLedger';
import type { Job, ProviderFailure } from '../../providers/contract';
import { failure } from '../../providers/replies/failures';

const JOB: Job = {
	provider: 'localGpu',
	jobId: 'video_1',
	status: 'processing',
	submittedAt: '2026-01-01T00:00:00.000Z',
	videos: [],
};

const ledgerOf = (ledger: Ledger, idempotent: boolean, executionId: string) =>
	new ItemLedger(
		ledger,
		{
			...{ runIndex: 0, executionId, nodeId: 'node', identity: 'token', maximumTries: 1 },
			...{ idempotent, woken: false },
		},
		[{ request: 'request', source: 'source' }],
	);

let runs = 0;

/** @returns what n8n saved, and the key that the job was ordered with */
function stoppedRun(idempotent: boolean) {
	runs += 1;
	const execution = `token ${runs}`;
	const ledger: Ledger = {};
	keepLedger(execution, ledger);
	const run = ledgerOf(ledger, idempotent, '1');
	const key = run.idempotencyKey(0);
	run.recordSubmitted(0, JOB, { videos: 1, quotedUsd: undefined });
	run.noteCancelling(0);
	return { run, key, execution, saved: structuredClone(ledger) };
}

describe('Retry in another process, of a job whose cancel had no answer yet', () => {
	it('asks by the same key where the provider honours it: it knows whether the job goes on', () => {
		const { key, saved } = stoppedRun(true);
		const retry = ledgerOf(saved, true, '2');
		expect(retry.attached(0)).toBeUndefined();
		expect(retry.idempotencyKey(0)).toBe(key);
	});

	it('keeps to the job where the provider knows no key: it may be paid for', () => {
		const { saved } = stoppedRun(false);
		expect(ledgerOf(saved, false, '2').attached(0)).toMatchObject({ jobId: 'video_1' });
	});
});

describe('Retry in the same process, after the cancel was answered', () => {
	it('orders anew, with another key, what was cancelled', () => {
		const { run, key, execution, saved } = stoppedRun(true);
		run.record(0, { ...JOB, status: 'cancelled' });
		keepLedger(execution, saved);
		const retry = ledgerOf(saved, true, '2');
		expect(retry.attached(0)).toBeUndefined();
		expect(retry.idempotencyKey(0)).not.toBe(key);
	});

	it('takes the video of a job that had ended before', () => {
		const { run, execution, saved } = stoppedRun(true);
		run.record(0, { ...JOB, status: 'succeeded' });
		keepLedger(execution, saved);
		expect(ledgerOf(saved, true, '2').attached(0)).toMatchObject({ status: 'succeeded' });
	});
});

const FAILED: Job = { ...JOB, status: 'failed' };
const SAME = { request: 'request', source: 'source' };
const doubt = failure('network', 'Cut.', { accepted: 'unknown' });
const refusal = failure('no_credit', 'No credit.', { accepted: 'no' });
const ONE = { videos: 1, quotedUsd: undefined };

function placed(
	ledger: Ledger,
	place: Partial<LedgerPlace> = {},
	fingerprints: Array<Fingerprints | undefined> = [SAME, SAME],
) {
	const usual: LedgerPlace = {
		...{ runIndex: 0, executionId: '1', nodeId: 'node', identity: 'token', maximumTries: 2 },
		...{ idempotent: false, woken: false },
	};
	return new ItemLedger(ledger, { ...usual, ...place }, fingerprints);
}

/** What a run writes down of an item, as n8n keeps it. */
function written(work: (run: ItemLedger) => void, place: Partial<LedgerPlace> = {}): Ledger {
	const ledger: Ledger = {};
	work(placed(ledger, place));
	return ledger;
}
const submitted = (job = JOB) => written((run) => run.recordSubmitted(0, job, ONE));

describe('what is written down', () => {
	it('of a job is who ordered it, for what, and how often', () => {
		expect(submitted()).toStrictEqual({
			r0i0: { ...SAME, attempt: 0, job: JOB, executionId: '1', tries: 1 },
		});
	});

	it('of a job of several videos, or with a price, is these too', () => {
		const ledger = written((run) => run.recordSubmitted(1, JOB, { videos: 2, quotedUsd: 0.5 }));
		expect(ledger.r0i1).toMatchObject({ videos: 2, quotedUsd: 0.5 });
	});

	it('of a submit that made no job is why', () => {
		expect(written((run) => run.recordFailure(0, refusal))).toStrictEqual({
			r0i0: { ...SAME, attempt: 0, refusal, tries: 0 },
		});
		expect(written((run) => run.recordFailure(0, doubt))).toStrictEqual({
			r0i0: { ...SAME, attempt: 0, doubt, tries: 0 },
		});
	});

	it('keeps how often this execution has ordered, over a failure in between', () => {
		const ledger = submitted(FAILED);
		const run = placed(ledger);
		run.recordFailure(0, refusal);
		expect(ledger.r0i0).toMatchObject({ attempt: 1, tries: 1, executionId: '1', refusal });
		run.recordSubmitted(0, JOB, ONE);
		expect(ledger.r0i0).toMatchObject({ attempt: 2, tries: 2, executionId: '1' });
		expect(ledger.r0i0).not.toHaveProperty('refusal');
		placed(ledger, { executionId: '2' }).recordSubmitted(0, JOB, ONE);
		expect(ledger.r0i0).toMatchObject({ tries: 1, executionId: '2' });
	});

	it('stands in a place of its own for each run and item', () => {
		const ledger: Ledger = {};
		placed(ledger, { runIndex: 3 }).recordSubmitted(1, JOB, ONE);
		expect(Object.keys(ledger)).toStrictEqual(['r3i1']);
	});

	it('is there even of an item that can not be told by its request', () => {
		const ledger: Ledger = {};
		placed(ledger, {}, []).recordSubmitted(0, JOB, ONE);
		expect(ledger.r0i0).toMatchObject({ request: '', source: '', job: JOB });
	});

	it('follows the job, and only where there is an entry', () => {
		const ledger = submitted();
		const run = placed(ledger);
		run.noteCancelling(0);
		expect(ledger.r0i0).toMatchObject({ cancelling: true });
		run.record(0, FAILED);
		expect(ledger.r0i0).toMatchObject({ job: FAILED });
		expect(ledger.r0i0).not.toHaveProperty('cancelling');
		run.record(1, JOB);
		run.noteCancelling(1);
		expect(Object.keys(ledger)).toStrictEqual(['r0i0']);
	});

	it('tells whose callback comes to this execution', () => {
		expect(placed(submitted()).reportsHere(0)).toBe(true);
		expect(placed(submitted(), { executionId: '2' }).reportsHere(0)).toBe(false);
		expect(placed({}).reportsHere(0)).toBe(false);
	});
});

describe('an item is attached to', () => {
	it.each([
		['the same request', SAME],
		['another request made of the same', { request: 'other', source: 'source' }],
		['the same request made of something else', { request: 'request', source: 'other' }],
	])('its job, for %s', (_what, fingerprints) => {
		expect(placed(submitted(), {}, [fingerprints]).attached(0)).toStrictEqual(JOB);
	});

	it.each([
		['another order', submitted(), [{ request: 'other', source: 'other' }]],
		['an item that can not be sent', submitted(), [undefined]],
		['a place without a job', {}, [SAME]],
		['a job that failed', submitted(FAILED), [SAME]],
	])('nothing, for %s', (_what, ledger, fingerprints) => {
		expect(placed(ledger, {}, fingerprints).attached(0)).toBeUndefined();
	});

	it('the job that failed, once this execution has tried often enough', () => {
		const ledger = submitted(FAILED);
		expect(placed(ledger, { maximumTries: 1 }).attached(0)).toStrictEqual(FAILED);
		expect(placed(ledger, { maximumTries: 1, executionId: '2' }).attached(0)).toBeUndefined();
		placed(ledger).recordSubmitted(0, FAILED, ONE);
		expect(placed(ledger).attached(0)).toStrictEqual(FAILED);
		expect(placed(ledger, { maximumTries: 3 }).attached(0)).toBeUndefined();
	});

	it('nothing for a failed job of which no tries are counted: an earlier version wrote it', () => {
		const ledger = submitted(FAILED);
		delete ledger.r0i0!.tries;
		const run = placed(ledger, { maximumTries: 1 });
		expect(run.attached(0)).toBeUndefined();
		run.recordSubmitted(0, JOB, ONE);
		expect(ledger.r0i0).toMatchObject({ tries: 1 });
	});

	it('whatever it had, after a sleep', () => {
		const woken = { woken: true, maximumTries: 9 };
		expect(placed(submitted(FAILED), woken, [undefined]).attached(0)).toStrictEqual(FAILED);
		expect(placed({}, woken).attached(0)).toBeUndefined();
	});
});

describe('an item is not submitted', () => {
	const ofFailure = (told: ProviderFailure) => written((run) => run.recordFailure(0, told));

	it('while nobody knows whether it was taken, unless the same key tells', () => {
		expect(placed(ofFailure(doubt)).refused(0)).toStrictEqual(doubt);
		expect(placed(ofFailure(doubt), { idempotent: true }).refused(0)).toBeUndefined();
	});

	it('for that reason alone: another order is another matter, and a refusal may be over', () => {
		const other = [{ request: 'other', source: 'other' }];
		expect(placed(ofFailure(doubt), {}, other).refused(0)).toBeUndefined();
		expect(placed(ofFailure(doubt), {}, [undefined]).refused(0)).toBeUndefined();
		expect(placed(ofFailure(refusal)).refused(0)).toBeUndefined();
		expect(placed({}).refused(0)).toBeUndefined();
	});

	it('after a sleep, for whatever reason it was not before', () => {
		const woken = { woken: true, idempotent: true };
		expect(placed(ofFailure(doubt), woken).refused(0)).toStrictEqual(doubt);
		expect(placed(ofFailure(refusal), woken).refused(0)).toStrictEqual(refusal);
		expect(placed({}, woken).refused(0)).toBeUndefined();
	});

	it('once this execution has tried often enough, whatever key there is', () => {
		const ledger = submitted(FAILED);
		placed(ledger).recordFailure(0, refusal);
		expect(placed(ledger, { maximumTries: 1, idempotent: true }).refused(0)).toStrictEqual(refusal);
		expect(placed(ledger, { maximumTries: 2, idempotent: true }).refused(0)).toBeUndefined();
	});
});

describe('the idempotency key', () => {
	const key = (ledger: Ledger = {}, place: Partial<LedgerPlace> = {}, of = [SAME, SAME]) =>
		placed(ledger, place, of).idempotencyKey(0);

	it('is the same for the same order of the same execution', () => {
		expect(key()).toBe(key());
		expect(key()).toMatch(/^[0-9a-f]{40}$/);
	});

	it.each([
		['execution', key({}, { identity: 'other' })],
		['node', key({}, { nodeId: 'other' })],
		['run', key({}, { runIndex: 1 })],
		['order', key({}, {}, [{ request: 'other', source: 'other' }])],
		['item', placed({}).idempotencyKey(1)],
	])('is another one for another %s', (_what, other) => {
		expect(other).not.toBe(key());
	});

	it('is the same while nobody knows, and another one after a refusal or a job', () => {
		expect(key(written((run) => run.recordFailure(0, doubt)))).toBe(key());
		const later = key(written((run) => run.recordFailure(0, refusal)));
		expect(later).not.toBe(key());
		expect(key(submitted())).toBe(later);
		expect(key(submitted(), { idempotent: true })).toBe(later);
	});

	it('is the same while a cancel has no answer, where the provider honours it', () => {
		const cancelling = written((run) => {
			run.recordSubmitted(0, JOB, ONE);
			run.noteCancelling(0);
		});
		expect(key(cancelling, { idempotent: true })).toBe(key());
		expect(key(cancelling)).not.toBe(key());
	});
});
