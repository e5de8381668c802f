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

	it('are kept with 64 KiB of it at most, the smallest first', () => {
		const large = 'x'.repeat(30_000);
		const msg = { first: `${large}${large}`, topic: 'boats', second: large, third: large };
		expect(Object.keys(jsonSafe(msg as never)).sort()).toEqual(['second', 'third', 'topic']);
		// Two quotes each.
		expect(jsonSafe({ whole: 'x'.repeat(65_534) } as never)).toHaveProperty('whole');
		expect(jsonSafe({ whole: 'x'.repeat(65_535) } as never)).toEqual({});
	});

	it('are kept without requests, responses, bytes and what holds itself', () => {
		const circle: Record<string, unknown> = {};
		circle.own = circle;
		const msg = {
			...{ req: { a: 1 }, res: { a: 1 }, circle, big: 1n, bytes: new Uint8Array(3) },
			...{ view: new DataView(new ArrayBuffer(2)), nothing: undefined, no: null, zero: 0 },
		};
		expect(jsonSafe(msg as never)).toEqual({ no: null, zero: 0 });
	});

	it('are copies', () => {
		const msg = { payload: { a: [1] } };
		const kept = jsonSafe(msg);
		expect(kept).toEqual(msg);
		expect(kept.payload).not.toBe(msg.payload);
	});
});
