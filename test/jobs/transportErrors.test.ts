/** Whether a request that got no answer was certainly never sent, on Node's own errors. */
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import {
	isAbort,
	NotBegunError,
	NotSentError,
	transportFailure,
	transportProblem,
	type TransportFailure,
} from '../../jobs/transportErrors';

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

const coded = (code: string, message = 'trouble', more: object = {}): Error =>
	Object.assign(new Error(message), { code, ...more });

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
		['a connection was made before', coded('ETIMEDOUT', 'read after connect ETIMEDOUT')],
		['the answer was an HTTP status', withoutCause('Bad gateway', '502')],
		['nobody says why', new Error('Something else')],
		['not even an error was thrown', 'no'],
	])('is one where %s', (_what, error) => {
		expect(transportFailure(error).accepted).toBe('unknown');
	});
});

describe('a code', () => {
	it.each([
		...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ERR_INVALID_CHAR'],
		...['ERR_INVALID_URL', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_INVALID_ARG'],
	])('that only stands for a request that never left is believed (%s)', (code) => {
		expect(transportFailure(wrapped(coded(code)))).toMatchObject({ code, accepted: 'no' });
	});

	it.each([
		...['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EHOSTUNREACH', 'EHOSTDOWN'],
		...['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'UND_ERR_SOCKET'],
	])('of a connection that broke leaves doubt beside one that was never made (%s)', (code) => {
		const refused = system('connect', 'ECONNREFUSED');
		expect(transportFailure(several(code, refused, coded(code)))).toMatchObject({
			accepted: 'unknown',
		});
		// While a connection was made it means that there was none.
		expect(transportFailure(several(code, refused, system('connect', code)))).toMatchObject({
			accepted: 'no',
		});
	});

	it.each(['MY_EPIPE', 'EPIPELINE', 'HPE_INVALID', undefined])(
		'of another kind leaves none (%s)',
		(code) => {
			const other = code === undefined ? new Error('odd') : coded(code);
			expect(
				transportFailure(several('ECONNREFUSED', system('connect', 'ECONNREFUSED'), other)),
			).toMatchObject({ accepted: 'no' });
		},
	);

	it.each([
		['ERR_INVALID_URL', true],
		['UND_ERR_INVALID_ARG', true],
		['ERR_SSL_NO_CIPHER_MATCH', true],
		['EPROTO', true],
		['MY_EPROTO', false],
		['ECONNREFUSED', false],
	])('says whether the next attempt would end the same way (%s: %s)', (code, lasting) => {
		expect(transportFailure(coded(code)).lasting).toBe(lasting);
	});

	it('is the one that says most, of several', () => {
		const inner = coded('ECONNREFUSED', '', { cause: coded('ODD') });
		expect(transportFailure(coded('ERR_BAD', '', { cause: inner })).code).toBe('ECONNREFUSED');
		expect(transportFailure(coded('ERR_BAD', '', { cause: coded('ODD') })).code).toBe('ERR_BAD');
		expect(transportFailure(new Error('no code at all')).code).toBe('UNKNOWN');
		expect(transportFailure(withoutCause('odd', 'ECONNRESET')).code).toBe('ECONNRESET');
		for (const httpCode of ['502', 'xECONNRESET', 'ECONNRESET now']) {
			expect(transportFailure(withoutCause('odd', httpCode)).code).toBe('UNKNOWN');
		}
	});

	it('is found under a handful of wrappers, also where n8n keeps the answer, and where it wraps itself', () => {
		const under = (depth: number): unknown =>
			depth === 0
				? coded('ECONNREFUSED')
				: Object.assign(new Error('wrapper'), { errorResponse: under(depth - 1) });
		expect(transportFailure(under(5)).accepted).toBe('no');
		expect(transportFailure(under(6)).accepted).toBe('unknown');
		const among = (depth: number): unknown =>
			depth === 0
				? coded('ECONNREFUSED')
				: new AggregateError([new Error('odd'), among(depth - 1)], 'several');
		expect(transportFailure(among(5)).accepted).toBe('no');
		expect(transportFailure(among(6)).accepted).toBe('unknown');
		const own = coded('ECONNREFUSED');
		expect(transportFailure(Object.assign(own, { cause: own }))).toMatchObject({
			...{ code: 'ECONNREFUSED', message: 'trouble' },
		});
	});
});

describe('what people read', () => {
	it.each<[string, unknown, string]>([
		['a system error in words', system('read', 'ECONNRESET'), 'connection cut: 10.0.0.1:443'],
		['the innermost words', new Error('outer', { cause: new Error('inner') }), 'inner'],
		['the outer ones where it has none', new Error('outer', { cause: new Error('') }), 'outer'],
		['the code where nobody says anything', coded('ECONNREFUSED', ''), 'connection refused'],
		['that nothing is known', {}, 'UNKNOWN'],
		[
			'what OpenSSL says, without its numbers',
			coded(
				'EPROTO',
				'write EPROTO 00:error:0A00018E:SSL routines:tls_choose:no ciphers:../ssl.c:1:',
			),
			'no secure connection came about: no ciphers',
		],
		[
			'why a certificate is not trusted',
			coded('CERT_HAS_EXPIRED', 'certificate has expired ; see the manual; twice'),
			'its certificate is not trusted: certificate has expired',
		],
		[
			'that nothing secure answers',
			coded('ERR_SSL_WRONG_VERSION_NUMBER'),
			'the address begins with https, but nothing secure answers there',
		],
		[
			'that it was cut before it was secure',
			new Error('Client network socket disconnected before secure TLS connection was established'),
			'the connection was cut before it was secure',
		],
	])('is %s', (_what, error, message) => {
		expect(transportFailure(error).message).toBe(message);
	});

	it.each<[string, unknown, Partial<TransportFailure>]>([
		['a certificate', coded('CERT_REVOKED'), { kind: 'certificate', lasting: true }],
		['a connection', coded('ENOTFOUND'), { kind: 'connection', lasting: false }],
		[
			'a plain server where https is asked for',
			new Error('1:error:0A00010B:SSL routines:get:wrong version number:x.c:1:'),
			{ kind: 'connection', lasting: true, accepted: 'no', code: 'TLS_NOT_SPOKEN' },
		],
		[
			'a handshake that was cut',
			new Error('disconnected before secure TLS connection was established'),
			{ kind: 'connection', lasting: false, accepted: 'no', code: 'HANDSHAKE_CUT' },
		],
		[
			'what the host found wrong',
			new NotSentError('The credential is gone', 'Choose another'),
			{
				...{ kind: 'notSent', lasting: true, accepted: 'no', code: 'NOT_SENT' },
				message: 'The credential is gone',
			},
		],
	])('names the kind of trouble: %s', (_what, error, told) => {
		expect(transportFailure(error)).toMatchObject(told);
	});
});

describe('a request that has not begun to leave', () => {
	const axios = (request: unknown) => coded('ECONNABORTED', 'timeout', { request });
	it.each<[string, unknown, 'no' | 'unknown']>([
		['got no connection', axios({ socket: null }), 'no'],
		['waits for one to become secure', axios({ socket: { secureConnecting: true } }), 'no'],
		['has one', axios({ socket: { secureConnecting: false } }), 'unknown'],
		['is told of without one', axios({}), 'unknown'],
		['is told of in words', axios('GET /'), 'unknown'],
		['is said so by the host', wrapped(new NotBegunError(coded('ECONNRESET'))), 'no'],
	])('is one that %s', (_what, error, accepted) => {
		expect(transportFailure(error).accepted).toBe(accepted);
	});

	it('says what ended it, whatever was thrown', () => {
		const cause = new Error('proxy says no');
		expect(new NotBegunError(cause)).toMatchObject({
			...{ name: 'NotBegunError', message: 'proxy says no', cause },
		});
		expect(new NotBegunError('no reason').message).toBe('no reason');
		expect(new NotSentError('a', 'b')).toMatchObject({
			...{ name: 'NotSentError', failureCode: 'invalid_request' },
		});
	});
});

describe('the failure that comes of it', () => {
	const advice = { certificate: 'Import it.', connection: 'Set the proxy.' };
	const problem = (error: unknown, host: Parameters<typeof transportProblem>[3] = { advice }) => {
		const told = transportFailure(error);
		return transportProblem(told, (why) => `No (${why}).`, told.accepted, host);
	};

	it("is the host's own, where it knows why nothing was sent", () => {
		expect(problem(new NotSentError('Gone', 'Choose another', 'invalid_key'))).toMatchObject({
			...{ code: 'invalid_key', message: 'Gone', accepted: 'no', advice: 'Choose another' },
		});
	});

	it.each<[string, unknown, object]>([
		['nobody was there', coded('ENOTFOUND'), { advice: 'Set the proxy.', retryable: true }],
		['nobody is trusted', coded('CERT_REVOKED'), { advice: 'Import it.', retryable: false }],
		['it may have arrived', coded('EPIPE'), { accepted: 'unknown', retryable: false }],
	])('is told with what to do about it: %s', (_what, error, told) => {
		expect(problem(error)).toMatchObject({ code: 'network', ...told });
	});

	it('says nothing of proxies where the request may have arrived, or the host has none', () => {
		expect(problem(coded('EPIPE')).advice).toMatch(/may have been accepted/);
		expect(problem(coded('ENOTFOUND'), {}).advice).toMatch(/Check the base URL/);
		expect(problem(coded('ENOTFOUND'), { advice: {} }).advice).toMatch(/Check the base URL/);
		expect(problem(coded('ENOTFOUND')).message).toBe('No (trouble).');
	});
});

describe('a stop', () => {
	it.each<[string, unknown, boolean]>([
		['an AbortError', new DOMException('Stopped', 'AbortError'), true],
		["Node's", coded('ABORT_ERR'), true],
		["axios'", coded('ERR_CANCELED'), true],
		['one under wrappers', wrapped(wrapped(coded('ABORT_ERR'))), true],
		['one that ran out of time', new DOMException('Too long', 'TimeoutError'), false],
		['another error', coded('ECONNABORTED'), false],
		['no error', undefined, false],
	])('is told from trouble: %s', (_what, error, stopped) => {
		expect(isAbort(error)).toBe(stopped);
	});
});
