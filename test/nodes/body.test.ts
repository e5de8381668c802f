/** The body of a callback, read to the byte. */
import { describe, expect, it } from 'vitest';
import { readBody, type BodyRequest } from '../../nodes/TextToVideoTrigger/body';

const MIB = 1_048_576;

/** A message in chunks of these sizes; `read` says how many of them were taken. */
function message(sizes: number[], headers: BodyRequest['headers'] = {}) {
	const taken: number[] = [];
	const destroyed: boolean[] = [];
	const request: BodyRequest = {
		headers: { 'content-type': 'application/json', ...headers },
		iterator: ({ destroyOnReturn }) => {
			destroyed.push(destroyOnReturn);
			return {
				next: async () => {
					const size = sizes[taken.length];
					if (size === undefined) return await Promise.resolve({ value: undefined, done: true });
					taken.push(size);
					return { value: Buffer.alloc(size, taken.length), done: false };
				},
			};
		},
	};
	return { request, taken, destroyed };
}
const tooLarge = { status: 413, reason: 'The message is larger than 1 MiB.' };

it('is put together in the order of its parts, and the connection stays open for the answer', async () => {
	const { request, destroyed } = message([2, 0, 1]);
	expect(await readBody(request)).toStrictEqual(Buffer.from([1, 1, 3]));
	expect(destroyed).toStrictEqual([false]);
	expect(await readBody(message([]).request)).toStrictEqual(Buffer.alloc(0));
});

it('may have a mebibyte and not one byte more', async () => {
	const whole = (await readBody(message([MIB - 1, 1]).request)) as Uint8Array;
	expect(whole.byteLength).toBe(MIB);
	expect(await readBody(message([MIB, 1]).request)).toStrictEqual(tooLarge);
	expect(await readBody(message([MIB + 1]).request)).toStrictEqual(tooLarge);
	// However it goes on.
	expect(await readBody(message([MIB, 1, 0]).request)).toStrictEqual(tooLarge);
});

it('that is too large is read to its end up to 16 MiB, and then cut off', async () => {
	const upTo = message([...Array<number>(16).fill(MIB), 0]);
	expect(await readBody(upTo.request)).toStrictEqual(tooLarge);
	expect(upTo.taken).toHaveLength(17);
	const beyond = message([...Array<number>(16).fill(MIB), 1, 7, 7]);
	expect(await readBody(beyond.request)).toStrictEqual({
		...tooLarge,
		headers: { Connection: 'close' },
	});
	expect(beyond.taken).toHaveLength(17);
});

it('is not read where this n8n has read it', async () => {
	const rawBody = Buffer.from('{}');
	const { request, taken } = message([1]);
	expect(await readBody({ ...request, rawBody })).toBe(rawBody);
	expect(taken).toStrictEqual([]);
});

describe('what is not read', () => {
	it.each(['text/html', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
		'is %s',
		async (type) => {
			const { request, taken } = message([1], { 'content-type': type });
			expect(await readBody({ ...request, rawBody: Buffer.from('{}') })).toStrictEqual({
				status: 415,
				reason: 'The message must be JSON (Content-Type: application/json).',
				headers: { Accept: 'application/json' },
			});
			expect(taken).toStrictEqual([]);
		},
	);

	it.each([
		['gzip', 'gzip'],
		['a-name-that-is-longer-than-any', 'a-name-that-is-longe'],
	])('is packed as %s', async (packing, shown) => {
		const { request, taken } = message([1], { 'content-encoding': packing });
		expect(await readBody(request)).toStrictEqual({
			status: 415,
			reason: `The message must not be packed (Content-Encoding: ${shown}).`,
			headers: { 'Accept-Encoding': 'identity' },
		});
		expect(taken).toStrictEqual([]);
	});

	it('is nothing that says it is not packed', async () => {
		const { request } = message([1], { 'content-encoding': 'identity' });
		expect(await readBody(request)).toStrictEqual(Buffer.from([1]));
	});
});
