/** What leaves the node: with whose key, through which proxy, and what is never sent. */
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../jobs/host';
import {
	accountOf,
	accountProblemOf,
	commonOptions,
	hasCredential,
	openStream,
	requestSettings,
	sendOptions,
	sendRequest,
} from '../../nodes/shared/http';
import { NotSentError } from '../../jobs/transportErrors';
import { providerById } from '../../providers/registry';
import { hookContext, type HookContextOptions } from '../support/hookContext';

const novita = providerById('novita');
const modelslab = providerById('modelslabV7');
const local = providerById('localGpu');
const KEY = 'the-secret-key-0123456789';

const withKey = (provider = novita, more: object = {}, options: HookContextOptions = {}) =>
	hookContext({ credentials: { [provider.credential]: { apiKey: KEY, ...more } }, ...options });
const get: HttpRequest = { method: 'GET', url: 'https://api.novita.ai/v3/x', authenticate: true };
/** Of every request: a reply of any status is an answer, and no redirect sees the key. */
const PLAIN = {
	returnFullResponse: true,
	ignoreHttpStatusErrors: true,
	disableFollowRedirect: true,
};

describe('Request Options', () => {
	const settings = (requestOptions: unknown) =>
		requestSettings(hookContext({ parameters: { requestOptions } }));

	it.each<[string, object]>([
		['http://proxy:3128', { host: 'proxy', port: 3128, protocol: 'http' }],
		['http://proxy', { host: 'proxy', port: 80, protocol: 'http' }],
		['https://proxy', { host: 'proxy', port: 443, protocol: 'https' }],
		['https://proxy:443', { host: 'proxy', port: 443, protocol: 'https' }],
		[
			'http://me:p%40ss@proxy:1',
			{ host: 'proxy', port: 1, protocol: 'http', auth: { username: 'me', password: 'p@ss' } },
		],
		[
			'http://m%65:100%@proxy:1',
			{ host: 'proxy', port: 1, protocol: 'http', auth: { username: 'me', password: '100%' } },
		],
	])('go through the proxy %s', (proxy, parts) => {
		expect(settings({ proxy })).toStrictEqual({ proxy: parts });
	});

	it.each([[{}], [undefined], [null], [{ proxy: '', timeout: 0, allowUnauthorizedCerts: false }]])(
		'are none where nothing is set (%j)',
		(requestOptions) => {
			expect(settings(requestOptions)).toStrictEqual({});
		},
	);

	it('are no proxy where the address is none, and all else all the same', () => {
		expect(settings({ proxy: 'nowhere', timeout: 5, allowUnauthorizedCerts: true })).toStrictEqual({
			timeout: 5,
			skipSslCertificateValidation: true,
		});
	});

	it('are what is taken over of what n8n prepared, and nothing besides', () => {
		const proxy = { host: 'proxy', port: 1 };
		const all = { proxy, skipSslCertificateValidation: true, timeout: 5 };
		expect(commonOptions({ ...all, url: 'https://x', body: {} } as never)).toStrictEqual(all);
		expect(commonOptions({ skipSslCertificateValidation: false, timeout: 0 })).toStrictEqual({});
	});
});

describe('the account', () => {
	it('is where the credential says, or the provider’s own', async () => {
		expect(await accountOf(withKey(novita, { baseUrl: 'https://own.test' }), novita)).toStrictEqual(
			{
				baseUrl: 'https://own.test',
			},
		);
		expect(await accountOf(withKey(), novita)).toStrictEqual({ baseUrl: 'https://api.novita.ai' });
		expect(await accountOf(hookContext(), novita)).toStrictEqual({
			baseUrl: 'https://api.novita.ai',
		});
	});

	it('is nowhere where the address is none', async () => {
		await expect(accountOf(withKey(novita, { baseUrl: 'htps://x' }), novita)).rejects.toMatchObject(
			{
				name: new NotSentError('', '').name,
				message: expect.stringContaining('Base URL is "htps://x"') as string,
				advice: 'Correct Base URL in the credential.',
			},
		);
	});

	it('has a credential where the node names one of its type', () => {
		expect(hasCredential(withKey(), novita)).toBe(true);
		expect(hasCredential(withKey(), modelslab)).toBe(false);
		expect(hasCredential({ getNode: () => ({}) as never }, novita)).toBe(false);
	});
});

describe('what keeps everything from being sent', () => {
	const problem = async (context = withKey(), baseUrl?: string, proxy?: object) =>
		await accountProblemOf(context, novita, baseUrl, proxy ? { proxy: proxy as never } : {});

	it('is nothing where all is well', async () => {
		expect(await problem()).toBeUndefined();
		for (const protocol of ['http', 'https', undefined])
			expect(await problem(withKey(), undefined, { host: 'p', port: 1, protocol })).toBeUndefined();
	});

	it('is an address that is none', async () => {
		expect(await problem(withKey(), 'Base URL is odd.')).toMatchObject({
			message: 'Base URL is odd.',
			advice: 'Correct Base URL in the credential.',
			failureCode: 'invalid_key',
		});
	});

	it.each(['socks5', 'xhttp', 'httpsx'])('is a proxy of the kind %s', async (protocol) => {
		expect(await problem(withKey(), undefined, { host: 'p', port: 1, protocol })).toMatchObject({
			message: expect.stringContaining(`Proxy is "${protocol}://p"`) as string,
			advice: 'Correct Proxy in the node under Settings, Request Options.',
			failureCode: 'network',
		});
	});

	it('is no key, where there has to be one', async () => {
		expect(await problem(hookContext())).toMatchObject({
			message: 'No credential for Novita is chosen.',
			advice: 'Open the node and choose or make one.',
			failureCode: 'invalid_key',
		});
		expect(await accountProblemOf(hookContext(), local, undefined, {})).toBeUndefined();
	});

	it('is a key that can not be read', async () => {
		const context = withKey();
		context.getCredentials = async () => await Promise.reject(new Error('It was deleted.'));
		expect(await problem(context)).toMatchObject({
			message: 'The credential for Novita can not be used: It was deleted.',
			advice: 'Open the node and choose another credential, or save this one anew.',
			failureCode: 'invalid_key',
		});
	});
});

describe('a request', () => {
	it('has what was asked for, the common options and the key', async () => {
		const context = withKey();
		const { signal } = new AbortController();
		const query = { a: '1' };
		const headers = { 'x-a': 'b' };
		await sendRequest(context, novita, { ...get, query, headers }, { timeout: 5 }, signal);
		expect(context.sent).toStrictEqual([
			{
				...{ ...PLAIN, method: 'GET', url: get.url, json: true, qs: query, headers, timeout: 5 },
				...{ keyOf: 'textToVideoNovitaApi', abortedBy: signal },
			},
		]);
	});

	it('has nothing that was not asked for', async () => {
		const context = withKey();
		await sendRequest(context, novita, get);
		expect(context.sent).toStrictEqual([
			{
				...{ ...PLAIN, method: 'GET', url: get.url, json: true },
				...{ keyOf: 'textToVideoNovitaApi', abortedBy: undefined },
			},
		]);
	});

	it('has a body where one is sent, for a key that travels in it', async () => {
		const context = withKey();
		await sendRequest(context, novita, { ...get, method: 'POST' });
		await sendRequest(context, novita, { ...get, method: 'DELETE' });
		await sendRequest(context, novita, { ...get, method: 'DELETE', body: { a: 1 } });
		expect(context.sent.map(({ body }) => body)).toStrictEqual([{}, undefined, { a: 1 }]);
	});

	it('has no key where none may go along', async () => {
		const context = withKey();
		const { signal } = new AbortController();
		await sendRequest(context, novita, { ...get, authenticate: false });
		await sendRequest(context, novita, { ...get, authenticate: false }, {}, signal);
		const bare = { ...PLAIN, method: 'GET', url: get.url, json: true };
		expect(context.sent).toStrictEqual([bare, { ...bare, abortSignal: signal }]);
	});

	it('is not sent without the key that it needs', async () => {
		const context = hookContext();
		await expect(sendRequest(context, novita, get)).rejects.toBeInstanceOf(NotSentError);
		expect(context.sent).toStrictEqual([]);
		await sendRequest(context, local, get);
		expect(context.sent).toMatchObject([{ url: get.url }]);
		expect(context.sent[0]).not.toHaveProperty('keyOf');
	});

	it('goes past a certificate that nobody signed where the credential says so', async () => {
		for (const allowUnauthorizedCerts of [true, false, 'yes']) {
			const context = withKey(novita, { allowUnauthorizedCerts });
			await sendRequest(context, novita, get);
			expect(context.sent[0]?.skipSslCertificateValidation).toBe(
				allowUnauthorizedCerts === true ? true : undefined,
			);
		}
	});
});

describe('a key in the query', () => {
	const ask: HttpRequest = { ...get, url: 'https://modelslab.com/x', keyInQuery: true };

	it('has its own name there, beside the rest, and is in no header', async () => {
		const context = withKey(modelslab);
		const { signal } = new AbortController();
		await sendRequest(context, modelslab, { ...ask, query: { a: '1' } }, {}, signal);
		expect(context.sent).toStrictEqual([
			{
				...{ ...PLAIN, method: 'GET', url: ask.url, json: true, qs: { a: '1', key: KEY } },
				abortSignal: signal,
			},
		]);
	});

	it('is not there where none may go along', async () => {
		const context = withKey(modelslab);
		await sendRequest(context, modelslab, { ...ask, authenticate: false });
		expect(context.sent[0]?.qs).toBeUndefined();
	});

	it('is the provider’s own kind of key, or none', async () => {
		const context = withKey(novita);
		await sendRequest(context, novita, { ...ask, query: { a: '1' } });
		const empty = withKey(modelslab, { apiKey: '' });
		await sendRequest(empty, modelslab, { ...ask, query: { a: '1' } });
		const odd = withKey(modelslab, { apiKey: 7 });
		await sendRequest(odd, modelslab, { ...ask, query: { a: '1' } });
		expect([context, empty, odd].map(({ sent }) => sent[0]?.qs)).toStrictEqual(
			Array(3).fill({ a: '1' }),
		);
	});

	it('is not asked for without a credential', async () => {
		await expect(sendRequest(hookContext(), modelslab, ask)).rejects.toBeInstanceOf(NotSentError);
	});

	it.each([
		[true, true],
		[false, undefined],
	])('goes past the certificate where the credential says so (%j)', async (given, skips) => {
		const context = withKey(modelslab, { allowUnauthorizedCerts: given });
		await sendRequest(context, modelslab, ask);
		expect(context.sent[0]?.skipSslCertificateValidation).toBe(skips);
	});

	it('is in no answer', async () => {
		const http = () => ({ statusCode: 400, headers: {}, body: `Bad key ${KEY}` });
		const reply = await sendRequest(withKey(modelslab, {}, { http }), modelslab, ask);
		expect(reply.body).toBe('Bad key [API key]');
	});
});

describe('a reply', () => {
	it('has the status, its headers in lower case, and the JSON in its text', async () => {
		const http = () => ({ statusCode: 404, headers: { 'X-A': 1 }, body: '{"a":[1]}' });
		expect(await sendRequest(withKey(novita, {}, { http }), novita, get)).toStrictEqual({
			status: 404,
			headers: { 'x-a': '1' },
			body: { a: [1] },
		});
	});

	it('repeats no key', async () => {
		const http = () => ({ statusCode: 401, headers: { 'x-key': KEY }, body: { said: [KEY] } });
		const options = { method: 'GET', url: get.url } as const;
		const told = await sendOptions(withKey(novita, {}, { http }), novita, options, true);
		expect(told).toStrictEqual({
			status: 401,
			headers: { 'x-key': '[API key]' },
			body: { said: ['[API key]'] },
		});
		const untold = await sendOptions(withKey(novita, {}, { http }), novita, options, false);
		expect(untold.body).toStrictEqual({ said: [KEY] });
	});

	it('is read where the key is no text', async () => {
		const context = withKey(novita, { apiKey: 12345678 });
		const options = { method: 'GET', url: get.url } as const;
		expect(await sendOptions(context, novita, options, true)).toMatchObject({ status: 200 });
	});
});

describe('a file', () => {
	const http = () => ({ statusCode: 206, headers: { 'Content-Type': 'video/mp4' }, body: 'bytes' });

	it('is streamed, without a key where none may go along', async () => {
		const context = withKey(novita, {}, { http });
		const { signal } = new AbortController();
		const asked = { ...get, authenticate: false };
		expect(await openStream(context, novita, asked, { timeout: 9 }, signal)).toStrictEqual({
			status: 206,
			headers: { 'content-type': 'video/mp4' },
			stream: 'bytes',
		});
		expect(context.sent).toStrictEqual([
			{
				...{ ...PLAIN, method: 'GET', url: get.url, encoding: 'stream', timeout: 9 },
				abortSignal: signal,
			},
		]);
	});

	it('is streamed with the key where the host is the provider’s own', async () => {
		const context = withKey(novita, {}, { http });
		await openStream(context, novita, get);
		expect(context.sent[0]?.keyOf).toBe('textToVideoNovitaApi');
	});
});
