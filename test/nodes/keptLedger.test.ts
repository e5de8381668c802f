/** What a process knows of an execution's jobs, where n8n has lost it. */
import { expect, it } from 'vitest';
import type { Ledger, LedgerEntry } from '../../jobs/ledger';
import { keepLedger } from '../../nodes/TextToVideo/submit/keptLedger';
import type { JobStatus } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';

const entry = (jobId: string, status: JobStatus = 'processing'): LedgerEntry => ({
	...{ request: 'r', source: 's', attempt: 0 },
	job: { ...newJob('novita', jobId, 0), status },
});

let executions = 0;
/** What a retry finds, where n8n has saved this and the process knows that. */
function retried(saved: Ledger, known: Ledger): Ledger {
	executions += 1;
	keepLedger(`execution ${executions}`, known);
	keepLedger(`execution ${executions}`, saved);
	return saved;
}

it('gives back what n8n has lost, as a copy', () => {
	const known = { r0i0: entry('a') };
	const found = retried({}, known);
	expect(found).toStrictEqual(known);
	expect(found.r0i0).not.toBe(known.r0i0);
});

it('gives what is written into it after the run was saved', () => {
	const known: Ledger = {};
	keepLedger('late', known);
	known.r0i1 = entry('b');
	const saved: Ledger = {};
	keepLedger('late', saved);
	expect(saved.r0i1?.job?.jobId).toBe('b');
});

it.each<[string, LedgerEntry, LedgerEntry, string]>([
	['the end of the same job', entry('a'), entry('a', 'succeeded'), 'succeeded'],
	['no end of another job', entry('b'), entry('a', 'failed'), 'processing'],
	['nothing older than what n8n has', entry('a', 'failed'), entry('a'), 'failed'],
])('knows %s better than n8n', (_what, saved, known, status) => {
	const found = retried({ r0i0: saved }, { r0i0: known });
	expect(found.r0i0?.job).toMatchObject({ jobId: saved.job?.jobId, status });
});

it('knows nothing better of a place without a job', () => {
	const { job: _none, ...without } = entry('a');
	expect(retried({ r0i0: without }, { r0i0: without }).r0i0).toStrictEqual(without);
	expect(retried({ r0i0: without }, { r0i0: entry('a', 'failed') }).r0i0).toStrictEqual(without);
});

it('keeps executions apart, and those that were here last', () => {
	keepLedger('first', { r0i0: entry('a') });
	for (let more = 0; more < 499; more += 1) keepLedger(`more ${more}`, {});
	const known: Ledger = {};
	keepLedger('first', known);
	expect(known.r0i0).toBeDefined();
	for (let more = 0; more < 500; more += 1) keepLedger(`others ${more}`, {});
	const forgotten: Ledger = {};
	keepLedger('first', forgotten);
	expect(forgotten).toStrictEqual({});
});
