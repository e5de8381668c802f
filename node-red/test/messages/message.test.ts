/** What a message asks for, and what is kept of it. */
import { describe, expect, it } from 'vitest';
import { cancelRequest, jsonSafe } from '../../src/messages/message';

describe('messages', () => {
	it('are kept over a restart without what is not data and without what is too large', () => {
		const msg = {
			...{ _msgid: 'm', topic: 'boats', payload: 'x'.repeat(100_000) },
			...{ req: { socket: true }, file: Buffer.from('x'), call: () => 1 },
		};
		expect(jsonSafe(msg)).toEqual({ _msgid: 'm', topic: 'boats' });
	});

	it('ask for the end of all jobs or of some', () => {
		const job = { provider: 'p', jobId: '7', status: 'queued' as const, videos: [] };
		expect(cancelRequest({ cancel: true })).toBe('all');
		expect(cancelRequest({ reset: 'a' })).toEqual(['a']);
		expect(cancelRequest({ cancel: ['a', 12, { ...job, submittedAt: '' }] })).toEqual([
			'a',
			'12',
			'7',
		]);
		for (const cancel of [undefined, false, '', null]) {
			expect(cancelRequest({ cancel })).toBeUndefined();
		}
	});
});
