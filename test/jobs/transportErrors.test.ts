/** Whether a request that got no answer was certainly never sent, on Node's own errors. */
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { NotSentError, transportFailure } from '../../jobs/transportErrors';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that is no web server. */
async function serve(onConnection: Parameters<typeof createTcpServer>[1]): Promise<number> {
	server = createTcpServer(onConnection as never);
	await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
	return (server.address() as AddressInfo).port;
}

const errorOf = async (send: typeof httpRequest, options: object): Promise<unknown> =>
	await new Promise((resolve, reject) => {
		try {
			send({ host: '127.0.0.1', method: 'POST', ...options }, () => reject(new Error('answered')))
				.on('error', resolve)
				.end('{}');
		} catch (error) {
			resolve(error);
		}
	});

/** As n8n wraps them, and as fetch and happy eyeballs do. */
const wrapped = (error: unknown): unknown => {
	const { code, message } = error as { code?: string; message: string };
	const axios = Object.assign(new Error(message, { cause: error }), { code });
	return new Error('The service did not answer', { cause: axios });
};
/** As n8n 1.x does. */
const withoutCause = (message: string, httpCode: string | null): unknown =>
	Object.assign(new Error(message), { httpCode });
const system = (syscall: string, code: string): Error =>
	Object.assign(new Error(`${syscall} ${code} 10.0.0.1:443`), { syscall, code });
const several = (code: string, ...errors: Error[]): unknown =>
	wrapped(Object.assign(new AggregateError(errors, ''), { code }));

describe('a request that never left', () => {
	it('is one to an https address where plain HTTP is spoken', async () => {
		const port = await serve((socket) => {
			socket.on('error', () => undefined);
			socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
		});
		const told = transportFailure(wrapped(await errorOf(httpsRequest as never, { port })));
		expect(told).toMatchObject({
			code: 'TLS_NOT_SPOKEN',
			message: 'the address begins with https, but nothing secure answers there',
			accepted: 'no',
		});
	});

	it('is one whose connection was cut before it was secure', async () => {
		const port = await serve((socket) => void socket.once('data', () => socket.end()));
		const told = transportFailure(wrapped(await errorOf(httpsRequest as never, { port })));
		expect(told).toMatchObject({ code: 'HANDSHAKE_CUT', accepted: 'no' });
	});

	it('is one with a key that can not be in a header', async () => {
		const headers = { authorization: 'Bearer smart “quotes”' };
		const told = transportFailure(wrapped(await errorOf(httpRequest, { port: 9, headers })));
		expect(told).toMatchObject({ code: 'ERR_INVALID_CHAR', accepted: 'no' });
		expect(told.message).not.toContain('quotes');
	});

	it.each([
		['a connection that was refused', wrapped(system('connect', 'ECONNREFUSED'))],
		[
			'a connection that was refused, of which n8n 1.x keeps no cause',
			withoutCause('The service refused the connection - perhaps it is offline', 'ECONNREFUSED'),
		],
		...[
			'CERT_HAS_EXPIRED',
			'CERT_NOT_YET_VALID',
			'CERT_REVOKED',
			'CERT_UNTRUSTED',
			'DEPTH_ZERO_SELF_SIGNED_CERT',
			'ERR_TLS_CERT_ALTNAME_INVALID',
			'HOSTNAME_MISMATCH',
			'SELF_SIGNED_CERT_IN_CHAIN',
			'UNABLE_TO_GET_ISSUER_CERT',
			'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
			'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		].map((code): [string, unknown] => [
			`one to a server whose certificate is not believed (${code})`,
			wrapped(Object.assign(new Error('certificate problem'), { code })),
		]),
		[
			'a connection that was refused, under as many wrappers as hosts and proxies put around it',
			wrapped(wrapped(new Error('via the proxy', { cause: system('connect', 'ECONNREFUSED') }))),
		],
		['a connection that nobody answered', wrapped(system('connect', 'ETIMEDOUT'))],
		['a connection for which there was no way', wrapped(system('connect', 'EHOSTUNREACH'))],
		['a connection for which there was no network', wrapped(system('connect', 'ENETUNREACH'))],
		['a connection that had no address left', wrapped(system('connect', 'EADDRNOTAVAIL'))],
		[
			'what a host found wrong before it began',
			wrapped(new NotSentError('The credential is gone', 'Choose another')),
		],
		['a connection that was cut off while it was made', wrapped(system('connect', 'ECONNRESET'))],
		[
			'every address of a host that nobody answered at',
			several('ETIMEDOUT', system('connect', 'ETIMEDOUT'), system('connect', 'ENETUNREACH')),
		],
	])('is %s', (_what, error) => {
		expect(transportFailure(error).accepted).toBe('no');
	});
});

describe('a request of which nobody knows', () => {
	it('is one whose connection was cut after it was sent', async () => {
		const port = await serve((socket) => void socket.once('data', () => socket.resetAndDestroy()));
		const told = transportFailure(wrapped(await errorOf(httpRequest, { port })));
		expect(told).toMatchObject({ accepted: 'unknown', message: 'connection cut' });
	});

	it.each([
		['time ran out', wrapped(system('read', 'ETIMEDOUT'))],
		['the pipe broke', wrapped(system('write', 'EPIPE'))],
		['the way was lost while the answer was awaited', wrapped(system('read', 'EHOSTUNREACH'))],
		['the network went away meanwhile', wrapped(system('read', 'ENETUNREACH'))],
		['the network went away while it was sent', wrapped(system('write', 'ENETDOWN'))],
		['n8n 1.x says only that there was no way', withoutCause('Host unreachable', 'EHOSTUNREACH')],
		[
			'one of several connections was cut later',
			several('ECONNREFUSED', system('connect', 'ECONNREFUSED'), system('read', 'ECONNRESET')),
		],
		[
			'the connection was cut, of which n8n 1.x keeps no cause',
			withoutCause('The connection to the server was closed unexpectedly', 'ECONNRESET'),
		],
		['the answer was an HTTP status', withoutCause('Bad gateway', '502')],
		['nobody says why', new Error('Something else')],
		['not even an error was thrown', 'no'],
	])('is one where %s', (_what, error) => {
		expect(transportFailure(error).accepted).toBe('unknown');
	});
});
