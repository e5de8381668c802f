/** Which jobs a message means to end. */
import { describe, expect, it } from 'vitest';
import { cancelRequest } from '../../src/jobs/cancelRequest';

const job = { provider: 'p', jobId: '7', status: 'queued' as const, videos: [], submittedAt: '' };

describe('msg.cancel and msg.reset', () => {
	it('mean all jobs with true, and with nothing else', () => {
		expect(cancelRequest({ cancel: true })).toMatchObject({ meant: 'all', property: 'cancel' });
		expect(cancelRequest({ reset: true })).toMatchObject({ meant: 'all', property: 'reset' });
	});

	it('mean the jobs with these ids', () => {
		expect(cancelRequest({ reset: 'a' })).toMatchObject({ meant: 'ids', ids: ['a'] });
		expect(cancelRequest({ cancel: 0 })).toMatchObject({ meant: 'ids', ids: ['0'] });
		expect(cancelRequest({ cancel: job })).toMatchObject({ meant: 'ids', ids: ['7'] });
		expect(cancelRequest({ cancel: ['a', 12, job] })).toMatchObject({
			...{ meant: 'ids', ids: ['a', '12', '7'] },
		});
	});

	it('mean no job with an empty list', () => {
		expect(cancelRequest({ cancel: [] })).toMatchObject({ meant: 'ids', ids: [] });
	});

	it.each([
		[{}],
		[[{}]],
		[['a', {}]],
		[[undefined]],
		[[true]],
		[{ jobId: 'a' }],
		[[['a']]],
		[[' ']],
	])('name no job with %j', (value) => {
		for (const property of ['cancel', 'reset'] as const) {
			expect(cancelRequest({ [property]: value })).toMatchObject({
				...{ meant: 'nothing readable', property, value },
			});
		}
	});

	it('are no request where they are off or blank', () => {
		for (const cancel of [undefined, false, '', ' ', null]) {
			expect(cancelRequest({ cancel })).toBeUndefined();
		}
		expect(cancelRequest({ cancel: false, reset: 'a' })).toMatchObject({ property: 'reset' });
	});

	it('differ in what becomes of the waiting', () => {
		expect(cancelRequest({ cancel: true })).toMatchObject({ stopsWaiting: false });
		expect(cancelRequest({ reset: true })).toMatchObject({ stopsWaiting: true });
	});
});
