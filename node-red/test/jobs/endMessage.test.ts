/** How a message ends whose end someone asked for. */
import { describe, expect, it } from 'vitest';
import type { AccountHandle } from '../../src/account/account';
import { cancelledInLine, endJob, endMessage } from '../../src/jobs/cancel';
import { jobOf, LoneNode } from '../support/loneNode';
import { english } from '../support/texts';

let nodes = 0;
const scene = () => {
	const lone = new LoneNode(`end ${(nodes += 1)}`);
	return { lone, handle: () => lone.account as AccountHandle };
};

describe('a message', () => {
	it('in line ends without a job, and nothing was sent', async () => {
		const { lone, handle } = scene();
		const error = await endMessage(undefined, handle, english);
		expect(error).toMatchObject({ code: 'cancelled', failure: { accepted: 'no' } });
		expect(error.message).toBe(cancelledInLine(english).message);
		expect(error.message).toMatch(/^The message was cancelled before it was submitted\. .+/);
		expect(lone.requests).toEqual([]);
	});

	it('with a job ends with it, in the name of its provider', async () => {
		const { lone, handle } = scene();
		const error = await endMessage(jobOf('a'), handle, english);
		expect(error).toMatchObject({
			...{ code: 'cancelled', title: 'Local GPU', job: { jobId: 'a', status: 'cancelled' } },
			failure: { accepted: 'yes' },
		});
		expect(lone.asked('DELETE')).toEqual(['a']);
	});

	it('whose job was over asks nobody', async () => {
		const { lone, handle } = scene();
		const failed = await endMessage(jobOf('a', { status: 'failed' }), handle, english);
		expect(failed).toMatchObject({ code: 'generation_failed', job: { jobId: 'a' } });
		const stopped = await endMessage(jobOf('a', { status: 'succeeded' }), handle, english);
		expect(stopped).toMatchObject({ code: 'cancelled', failure: { accepted: 'yes' } });
		expect(stopped.message).toMatch(/The download was stopped\. .+/);
		expect(stopped.job).toMatchObject({ status: 'succeeded' });
		expect(lone.requests).toEqual([]);
	});

	it('fails to end where the provider does not end its job, with the reason', async () => {
		const { lone, handle } = scene();
		lone.onCancel = { status: 500, headers: {}, body: { error: { message: 'Broken' } } };
		await expect(endJob(handle(), jobOf('a'))).rejects.toMatchObject({
			...{ code: 'provider_error', title: 'Local GPU', job: { jobId: 'a' } },
		});
	});
});
