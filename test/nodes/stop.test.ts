/** Stop, step by step. In a workflow of n8n's: `stopRetry.test.ts` and `stopWords.test.ts`. */
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../jobs/host';
import { type ItemError } from '../../nodes/shared/errors';
import { hostOf } from '../../nodes/shared/host';
import { refuseAfterStop, stopIfStopped } from '../../nodes/TextToVideo/submit/stop';
import type { Job, JobStatus } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { newJob } from '../../providers/replies/job';
import { hookContext } from '../support/hookContext';

const local = providerById('localGpu');
const novita = providerById('novita');
const account = { baseUrl: 'http://gpu.test' };
const PLACE = '(workflow "Shop" w1, execution 7, node "Video", item 1)';

/** The failure that the work throws; nothing where it throws none. */
const thrown = (work: () => void): ItemError['item'] | undefined => {
	try {
		work();
		return undefined;
	} catch (error) {
		return (error as ItemError).item;
	}
};

/** Stops an item that has this job, at a provider that gives these answers one after the other. */
async function stopped(provider = local, job: Partial<Job> = {}, answers: object[] = []) {
	const context = hookContext({ signal: AbortSignal.abort() });
	const asked: HttpRequest[] = [];
	const noted: string[] = [];
	const host = hostOf(context, provider, {});
	host.http = async (request) => {
		asked.push(request);
		const body = answers[asked.length - 1];
		if (!body) throw new Error('cut');
		return await Promise.resolve({ status: 200, headers: {}, body });
	};
	const item = thrown(() =>
		stopIfStopped(
			context,
			provider,
			account,
			{ ...newJob(provider.id, 'video_1', 0), status: 'processing', ...job },
			host,
			{
				cancelling: () => noted.push('cancelling'),
				ended: ({ status }) => noted.push(status),
			},
		),
	);
	const notedAtOnce = [...noted];
	// The cancel is not waited for by the node.
	for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
	return { item, asked, noted, notedAtOnce, logged: context.logged };
}
const told = (status: string) => ({ id: 'video_1', object: 'video', status });

describe('before an item is sent', () => {
	it('nothing is sent any more once the execution was stopped', () => {
		const context = hookContext({ signal: AbortSignal.abort() });
		expect(thrown(() => refuseAfterStop(context, local))).toMatchObject({
			message: 'The execution was stopped before this item was sent.',
			description: 'Nothing was submitted for this item, so nothing is paid for it.',
			accepted: 'no',
			failure: { code: 'cancelled' },
		});
	});

	it.each([[undefined], [new AbortController().signal]])(
		'all goes on where it was not',
		(signal) => {
			const context = hookContext(signal ? { signal } : {});
			const record = { cancelling: () => undefined, ended: () => undefined };
			const host = hostOf(context, local, {});
			expect(thrown(() => refuseAfterStop(context, local))).toBeUndefined();
			const job = newJob('localGpu', 'video_1', 0);
			expect(
				thrown(() => stopIfStopped(context, local, account, job, host, record)),
			).toBeUndefined();
		},
	);
});

describe('a job that goes on', () => {
	it('is cancelled, and the node ends at once with its id', async () => {
		const { item, asked, noted, notedAtOnce, logged } = await stopped(local, {}, [
			told('in_progress'),
			told('cancelled'),
		]);
		expect(item).toMatchObject({
			message: 'The execution was stopped. Job video_1 is being cancelled.',
			description:
				"What becomes of it, n8n's log says, and Fetch Result with the job ID video_1; do not order it again.",
			accepted: 'yes',
			job: { jobId: 'video_1', status: 'processing' },
		});
		expect(notedAtOnce).toStrictEqual(['cancelling']);
		expect(asked.map(({ method }) => method)).toStrictEqual(['GET', 'DELETE']);
		expect(noted).toStrictEqual(['cancelling', 'cancelled']);
		expect(logged).toStrictEqual([
			[
				'warn',
				`The execution was stopped. Job video_1 was cancelled. There is no video. What became of the job, Fetch Result and the job ID video_1 tell. ${PLACE}`,
			],
		]);
	});

	it('may have ended in the meantime', async () => {
		const { noted, logged } = await stopped(local, {}, [told('completed')]);
		expect(noted).toStrictEqual(['cancelling', 'succeeded']);
		expect(logged[0]?.[1]).toBe(
			`The execution was stopped. Job video_1 had ended before (succeeded). Get the video with Fetch Result and the job ID video_1; do not order it again. ${PLACE}`,
		);
	});

	it('may still finish where the cancel came to nothing', async () => {
		const { noted, logged } = await stopped();
		expect(noted).toStrictEqual(['cancelling']);
		expect(logged[0]?.[1]).toContain('Job video_1 was not cancelled and may still finish. Get the');
	});

	it('may still finish where the provider can cancel nothing', async () => {
		const { item, asked, noted, logged } = await stopped(novita);
		const message =
			'The execution was stopped. Job video_1 was not cancelled and may still finish.';
		expect(item).toMatchObject({ message, accepted: 'yes', job: { jobId: 'video_1' } });
		expect([asked, noted]).toStrictEqual([[], []]);
		expect(logged).toStrictEqual([
			[
				'warn',
				`${message} Get the video with Fetch Result and the job ID video_1; do not order it again. ${PLACE}`,
			],
		]);
	});
});

describe('a job that has ended', () => {
	it.each<[JobStatus, string, string]>([
		['succeeded', 'had ended before (succeeded)', 'Get the video with Fetch Result'],
		['failed', 'had ended before (failed)', 'There is no video.'],
		['cancelled', 'was cancelled', 'There is no video.'],
	])('(%s) is not cancelled, and its person is told so', async (status, what, advice) => {
		const { item, asked, noted } = await stopped(local, { status });
		expect(item?.message).toContain(`Job video_1 ${what}.`);
		expect(item?.description).toContain(advice);
		expect([asked, noted]).toStrictEqual([[], []]);
	});
});
