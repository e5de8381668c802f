/** What is kept of a message. */
import { describe, expect, it } from 'vitest';
import { jsonSafe } from '../../src/jobs/jsonSafe';

describe('messages', () => {
	it('are kept over a restart without what is not data and without what is too large', () => {
		const msg = {
			...{ _msgid: 'm', topic: 'boats', payload: 'x'.repeat(100_000) },
			...{ req: { socket: true }, file: Buffer.from('x'), call: () => 1 },
		};
		expect(jsonSafe(msg)).toEqual({ _msgid: 'm', topic: 'boats' });
	});
});
