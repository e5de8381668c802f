/** What stands before and behind a submit. */
import { describe, expect, it } from 'vitest';
import { failure } from '../../../providers/replies/failures';
import { providerById } from '../../../providers/registry';
import type { AccountHandle } from '../../src/account/account';
import { withBudget, withRoom } from '../../src/jobs/guardedSubmit';
import { newJobRun } from '../../src/jobs/jobRun';
import { JobError } from '../../src/messages/errors';
import { jobOf } from '../support/loneNode';

let accounts = 0;

/** An account with so many jobs in the provider's queue, one look after the other. */
function queueOf(...counts: number[]) {
	let nowMs = 0;
	let asked = 0;
	const host = {
		now: () => nowMs,
		random: () => 0,
		async sleep(ms: number, signal?: AbortSignal) {
			signal?.throwIfAborted();
			nowMs += ms;
		},
		async http() {
			const count = counts[Math.min(asked, counts.length - 1)];
			asked += 1;
			return { status: 200, headers: {}, body: { status: 'success', processing_count: count } };
		},
	};
	const account = { baseUrl: `https://room-${(accounts += 1)}.example.com` };
	return { provider: providerById('modelslabV6'), host, account } as unknown as AccountHandle;
}
const runOf = () =>
	newJobRun(
		{ plan: { mode: 'job', maxBytes: 1 }, deadlineMs: 0, wait: true },
		...([{}, () => undefined, () => undefined] as const),
	);

describe('room in the queue', () => {
	it('is waited for, the line under the node says so, and no longer once there is some', async () => {
		const run = runOf();
		const shown: unknown[] = [];
		const show = () => void shown.push(run.fullQueue);
		const job = await withRoom(queueOf(5, 6, 4), run, show, async () => {
			expect(run).not.toHaveProperty('fullQueue');
			return jobOf('a');
		});
		expect(job.jobId).toBe('a');
		expect(shown).toEqual([
			{ jobs: 5, limit: 5, nextAtMs: 5_000 },
			{ jobs: 6, limit: 5, nextAtMs: 15_000 },
			undefined,
		]);
	});

	it('is left again though the submit fails, so that the next one finds it', async () => {
		const handle = queueOf(4);
		const fails = async () => await Promise.reject<never>(new Error('No'));
		await expect(withRoom(handle, runOf(), () => undefined, fails)).rejects.toThrow('No');
		const shown: number[] = [];
		const run = runOf();
		await withRoom(
			handle,
			run,
			() => void shown.push(run.fullQueue?.jobs ?? 0),
			async () => jobOf('a'),
		);
		expect(shown).toEqual([0]);
	});

	it('is not waited for by one that is stopped', async () => {
		const run = runOf();
		run.controller.abort();
		await expect(
			withRoom(
				queueOf(5),
				run,
				() => undefined,
				async () => jobOf('a'),
			),
		).rejects.toThrow();
	});
});

describe('what was reserved', () => {
	it.each([
		['is spent where there is a job', undefined, 'settled'],
		['is spent where there may be one', 'unknown', 'settled'],
		['is spent where there is one all the same', 'yes', 'settled'],
		['is free again where the provider took none', 'no', 'released'],
		['is free again where nothing was sent', 'not sent', 'released'],
	] as const)('%s', async (_what, accepted, end) => {
		const ends: string[] = [];
		const budget = {
			quoted: Promise.resolve(undefined),
			release: () => void ends.push('released'),
			settle: () => void ends.push('settled'),
		};
		const submit = async () => {
			if (accepted === undefined) return jobOf('a');
			if (accepted === 'not sent') throw new Error('No file');
			throw new JobError(failure('network', 'Cut', { accepted }));
		};
		const ended = await withBudget(budget, submit).then(
			({ jobId }) => jobId,
			(error: Error) => error.message.split(' ')[0],
		);
		expect(ends).toEqual([end]);
		expect(ended).toMatch(accepted === undefined ? /^a$/ : /^(Cut\.|No)$/);
	});
});
