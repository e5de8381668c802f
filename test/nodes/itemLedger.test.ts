/** What another process makes of a run that was saved while its job was being cancelled. */
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../jobs/ledger';
import { ItemLedger } from '../../nodes/TextToVideo/submit/itemLedger';
import { keepLedger } from '../../nodes/TextToVideo/submit/keptLedger';
import type { Job } from '../../providers/contract';

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
