/** Jobs that only the provider still knows of. */
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import { providerById } from '../../../providers/registry';
import type { AccountHandle } from '../../src/account/account';
import { findAnswer } from '../../src/jobs/findJobs';
import type { Message } from '../../src/messages/message';
import { jobOf, LoneNode } from '../support/loneNode';
import { english } from '../support/texts';

const { signal } = new AbortController();
const row = (jobId: string, requestId?: string) => ({
	inference_id: jobId,
	...(requestId === undefined ? {} : { client_request_id: requestId }),
});

async function find(msg: Message, reply: Partial<Reply> = {}, id = 'aimlapiPixverse') {
	const lone = new LoneNode('find');
	let asked = 0;
	const handle = { ...(lone.account as AccountHandle), provider: providerById(id) };
	handle.host.http = async () => {
		asked += 1;
		const data = [row('two', 'mine.2'), row('one')];
		return { status: 200, headers: {}, body: { data }, ...reply };
	};
	const answered = await findAnswer(handle, msg, english).answer(signal);
	return { answered, asked };
}
const reason = failure('network', 'Cut', { accepted: 'unknown' });

describe('the job of a submit in doubt', () => {
	it.each<[string, Message]>([
		['the message', { requestId: ' mine.2 ' }],
		['its failure', { failure: { ...reason, requestId: 'mine.2' } }],
		['its job', { job: jobOf('x', { requestId: 'mine.2' }) }],
		[
			'the message, before all others',
			{ requestId: 'mine.2', failure: { ...reason, requestId: 'x' } },
		],
		[
			'its failure, where it names none',
			{ requestId: ' ', failure: { ...reason, requestId: 'mine.2' } },
		],
		[
			'its failure, where it names nothing',
			{ requestId: 7, failure: { ...reason, requestId: 'mine.2' } },
		],
	])(
		'is found by the id in %s, and given twice: to look at and to go on with',
		async (_what, msg) => {
			const { answered } = await find(msg);
			expect(answered.job).toMatchObject({ jobId: 'two', requestId: 'mine.2' });
			expect(answered.payload).toBe(answered.job);
		},
	);

	it('stays in doubt where the log does not have it at one look, and says what was looked at', async () => {
		const looking = find({ requestId: 'mine.3' });
		await expect(looking).rejects.toMatchObject({
			failure: { code: 'not_found', accepted: 'unknown', requestId: 'mine.3' },
		});
		await expect(looking).rejects.toThrow(
			/looked through once for request mine\.3: no job with it is there yet\. .+/,
		);
	});

	it('can not be found where the provider’s list bears no such id', async () => {
		const looking = find({ requestId: 'mine.3' }, {}, 'modelslabV6');
		await expect(looking).rejects.toMatchObject({
			failure: { code: 'not_allowed', accepted: 'unknown' },
		});
		await expect(looking).rejects.toThrow(/ModelsLab.*\. .+/);
	});
});

describe('without an id', () => {
	it('the newest jobs of the account are the payload', async () => {
		const { answered, asked } = await find({ payload: 'x', job: jobOf('mine') });
		expect(answered.payload).toMatchObject([{ jobId: 'two' }, { jobId: 'one' }]);
		expect(answered.job).toMatchObject({ jobId: 'mine' });
		expect(asked).toBe(1);
	});

	it('says why there are none', async () => {
		await expect(find({}, { status: 401 })).rejects.toMatchObject({ code: 'invalid_key' });
		await expect(find({}, {}, 'novita')).rejects.toMatchObject({ code: 'not_allowed' });
	});
});
