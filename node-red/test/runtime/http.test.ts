/** What is known of a request that failed, by where it failed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transportFailure } from '../../../jobs/transportErrors';
import { BrokenServers } from '../../../test/support/brokenServers';
import { createHttp } from '../../src/runtime/http';

let broken: BrokenServers;
beforeEach(async () => (broken = await BrokenServers.open()));
afterEach(() => broken.close());

const { http } = createHttp({ authentication: { kind: 'bearer' }, key: 'a-key' });

async function failureAt(url: string, headers: Record<string, string> = {}, signal?: AbortSignal) {
	const request = { method: 'POST', url, headers, body: {}, authenticate: true } as const;
	return await http(request, signal).then(
		() => expect.unreachable('answered'),
		(error: unknown) => transportFailure(error),
	);
}

describe('a request that never began to leave', () => {
	it.each<[string, () => Promise<string>]>([
		['a name that nobody has', async () => 'http://nobody.invalid-name'],
		[
			'a server that speaks an older TLS only',
			async () => await broken.secure({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
		],
		['a server that nobody vouches for', async () => await broken.secure()],
		[
			'a connection that is reset while it becomes secure',
			async () => `https://${await broken.tcp((socket) => socket.resetAndDestroy())}`,
		],
		[
			'a connection that ends while it becomes secure',
			async () => `https://${await broken.tcp((socket) => socket.end())}`,
		],
		[
			'a service that speaks something else',
			async () => `https://${await broken.tcp((socket) => socket.end('hello\r\n'))}`,
		],
	])('is one to %s', async (_what, open) => {
		expect(await failureAt(await open())).toMatchObject({
			accepted: 'no',
			message: expect.not.stringMatching(/SSL routines/) as string,
		});
	});

	it('is one with a header that can not be sent', async () => {
		const url = `http://${await broken.tcp((socket) => socket.end())}`;
		const told = await failureAt(url, { 'x-name': 'a\nb' });
		expect(told).toMatchObject({ accepted: 'no', lasting: true });
	});

	it('is one that was aborted before', async () => {
		const url = `http://${await broken.tcp((socket) => socket.end())}`;
		expect(await failureAt(url, {}, AbortSignal.abort())).toMatchObject({ accepted: 'no' });
	});
});

describe('a request of which nobody knows', () => {
	it.each<[string, () => Promise<string>]>([
		[
			'was cut off after it began',
			async () => `http://${await broken.tcp((socket) => socket.resetAndDestroy())}`,
		],
		['was answered by nothing', async () => `http://${await broken.tcp((socket) => socket.end())}`],
		[
			'got an answer that is none',
			async () => `http://${await broken.tcp((socket) => socket.end('hello\r\n'))}`,
		],
	])('is one that %s', async (_what, open) => {
		expect(await failureAt(await open())).toMatchObject({ accepted: 'unknown' });
	});
});
