/** n8n's HTTP helpers as the `Http` of `jobs/`. Nothing else in the nodes talks HTTP. */
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	INode,
} from 'n8n-workflow';
import type { Account, ByteStream, HttpRequest, StreamReply } from '../../jobs/host';
import { redactKey } from '../../jobs/redactKey';
import { parseReplyBody, replyHeaders } from '../../jobs/reply';
import { NotSentError } from '../../jobs/transportErrors';
import { readBaseUrl } from '../../providers/baseUrl';
import { needsKey, type Provider, type Reply } from '../../providers/contract';

/** What the contexts of an execution, of a webhook and of the editor's lists have in common. */
export interface RequestContext {
	getNode(): INode;
	getCredentials(type: string): Promise<ICredentialDataDecryptedObject>;
	helpers: {
		httpRequest(options: IHttpRequestOptions): Promise<unknown>;
		httpRequestWithAuthentication(
			this: unknown,
			type: string,
			options: IHttpRequestOptions,
		): Promise<unknown>;
	};
}

/** The user's own request options (proxy, timeout, ignored certificates), honoured by every call of a job's life. */
export type CommonOptions = Pick<
	IHttpRequestOptions,
	'proxy' | 'skipSslCertificateValidation' | 'timeout'
>;

export function commonOptions(options: CommonOptions): CommonOptions {
	const { proxy, skipSslCertificateValidation, timeout } = options;
	return {
		...(proxy ? { proxy } : {}),
		...(skipSslCertificateValidation ? { skipSslCertificateValidation } : {}),
		...(timeout ? { timeout } : {}),
	};
}

/** The Request Options of the node's settings, for calls that n8n's own routing does not prepare. */
export function requestSettings(context: {
	getNodeParameter(name: string, fallback: unknown): unknown;
}): CommonOptions {
	const { proxy, timeout, allowUnauthorizedCerts } = (context.getNodeParameter(
		'requestOptions',
		{},
	) ?? {}) as { proxy?: string; timeout?: number; allowUnauthorizedCerts?: boolean };
	return {
		...(proxy && URL.canParse(proxy) ? { proxy: proxyOf(new URL(proxy)) } : {}),
		...(timeout ? { timeout } : {}),
		...(allowUnauthorizedCerts ? { skipSslCertificateValidation: true } : {}),
	};
}

function proxyOf({ hostname, port, protocol, username, password }: URL) {
	return {
		host: hostname,
		// A URL drops the port that its protocol has anyway, also where it was written.
		port: Number(port || (protocol === 'https:' ? 443 : 80)),
		protocol: protocol.replace(/:$/, ''),
		...(username ? { auth: { username: decoded(username), password: decoded(password) } } : {}),
	};
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

export const hasCredential = (context: { getNode(): INode }, provider: Provider): boolean =>
	context.getNode().credentials?.[provider.credential] !== undefined;

/**
 * The account without its key, which n8n's own helper adds to a request.
 *
 * @throws NotSentError where there is no usable credential or base URL
 */
export async function accountOf(context: RequestContext, provider: Provider): Promise<Account> {
	const credential = await credentialOf(context, provider);
	const { baseUrl, problem } = readBaseUrl(provider, credential?.baseUrl);
	if (baseUrl === undefined) throw new NotSentError(problem, BASE_URL_ADVICE);
	return { baseUrl };
}

export const BASE_URL_ADVICE = 'Correct Base URL in the credential.';

/**
 * n8n's helper reads the credential when it sends, and what is wrong with it would look like a connection that broke.
 * It is read before, so that it is known that nothing was sent.
 *
 * @returns undefined where the node has none
 * @throws NotSentError where it was deleted, is not shared or can not be decrypted
 */
async function credentialOf(
	context: RequestContext,
	provider: Provider,
): Promise<ICredentialDataDecryptedObject | undefined> {
	if (!hasCredential(context, provider)) return undefined;
	return await context.getCredentials(provider.credential).catch((error: Error) => {
		throw new NotSentError(
			`The credential for ${provider.account.title} can not be used: ${error.message}`,
			'Open the node and choose another credential, or save this one anew.',
			'invalid_key',
		);
	});
}

/** For a request that the key goes along with. @throws NotSentError where there has to be one and is none, too */
async function keyFor(
	context: RequestContext,
	provider: Provider,
): Promise<ICredentialDataDecryptedObject | undefined> {
	const credential = await credentialOf(context, provider);
	if (credential || !needsKey(provider.account.authentication)) return credential;
	throw new NotSentError(
		`No credential for ${provider.account.title} is chosen.`,
		'Open the node and choose or make one.',
		'invalid_key',
	);
}

/**
 * What keeps every request of a node from being sent, looked for before any is.
 *
 * @param baseUrlProblem what is wrong with the address, where something is
 */
export async function accountProblemOf(
	context: RequestContext,
	provider: Provider,
	baseUrlProblem: string | undefined,
	{ proxy }: CommonOptions,
): Promise<NotSentError | undefined> {
	if (baseUrlProblem) return new NotSentError(baseUrlProblem, BASE_URL_ADVICE, 'invalid_key');
	// n8n would send past a proxy of another kind, without a word.
	if (proxy?.protocol && !/^https?$/.test(proxy.protocol)) {
		return new NotSentError(
			`Proxy is "${proxy.protocol}://${proxy.host}", and n8n sends through a proxy that is addressed by http:// or https:// only.`,
			'Correct Proxy in the node under Settings, Request Options.',
			'network',
		);
	}
	return await keyFor(context, provider).then(
		() => undefined,
		(error: NotSentError) => error,
	);
}

export async function sendRequest(
	context: RequestContext,
	provider: Provider,
	request: HttpRequest,
	common: CommonOptions = {},
	signal?: AbortSignal,
): Promise<Reply> {
	const { method, url, query, headers, body, authenticate, keyInQuery } = request;
	const options: IHttpRequestOptions = {
		...common,
		method,
		url,
		json: true,
		...(query ? { qs: query } : {}),
		...(headers ? { headers } : {}),
		// A key that travels in the body needs a body to travel in.
		...(body || method === 'POST' ? { body: (body ?? {}) as IDataObject } : {}),
	};
	if (authenticate && keyInQuery) return await sendKeyInQuery(context, provider, options, signal);
	return await sendOptions(context, provider, options, authenticate, signal);
}

/** n8n's helper puts a key of this kind into the body, and this question has none. */
async function sendKeyInQuery(
	context: RequestContext,
	provider: Provider,
	options: IHttpRequestOptions,
	signal?: AbortSignal,
): Promise<Reply> {
	const credential = await keyFor(context, provider);
	const { authentication } = provider.account;
	const key = typeof credential?.apiKey === 'string' ? credential.apiKey : undefined;
	const named = authentication.kind === 'bodyKey' && key ? { [authentication.property]: key } : {};
	const skips = credential?.allowUnauthorizedCerts === true;
	const keyed = {
		...options,
		qs: { ...options.qs, ...named },
		...(skips ? { skipSslCertificateValidation: true } : {}),
	};
	const reply = await sendOptions(context, provider, keyed, false, signal);
	return redactKey(reply, key);
}

/** Sends options that are complete but for the key. */
export async function sendOptions(
	context: RequestContext,
	provider: Provider,
	options: IHttpRequestOptions,
	authenticate: boolean,
	signal?: AbortSignal,
): Promise<Reply> {
	const credential = authenticate ? await keyFor(context, provider) : undefined;
	const response = await send(context, provider, options, credential, signal);
	const reply = {
		status: response.statusCode,
		headers: replyHeaders(response.headers),
		body: parseReplyBody(response.body),
	};
	const { apiKey } = credential ?? {};
	return redactKey(reply, typeof apiKey === 'string' ? apiKey : undefined);
}

export async function openStream(
	context: RequestContext,
	provider: Provider,
	request: HttpRequest,
	common: CommonOptions = {},
	signal?: AbortSignal,
): Promise<StreamReply> {
	const options: IHttpRequestOptions = {
		...common,
		method: request.method,
		url: request.url,
		encoding: 'stream',
	};
	const credential = request.authenticate ? await keyFor(context, provider) : undefined;
	const response = await send(context, provider, options, credential, signal);
	return {
		status: response.statusCode,
		headers: replyHeaders(response.headers),
		stream: response.body as unknown as ByteStream,
	};
}

/** Redirects are not followed: the next address may not see the key, and a POST would become a GET. */
const ANY_STATUS = {
	returnFullResponse: true,
	ignoreHttpStatusErrors: true,
	disableFollowRedirect: true,
} as const;

/** @param credential the one whose key goes along, if any does */
async function send(
	context: RequestContext,
	provider: Provider,
	request: IHttpRequestOptions,
	credential: ICredentialDataDecryptedObject | undefined,
	signal?: AbortSignal,
): Promise<IN8nHttpFullResponse> {
	const options: IHttpRequestOptions = { ...request, ...ANY_STATUS };
	if (!credential) {
		return (await context.helpers.httpRequest({
			...options,
			...(signal ? { abortSignal: signal } : {}),
		})) as IN8nHttpFullResponse;
	}
	if (credential.allowUnauthorizedCerts === true) options.skipSslCertificateValidation = true;
	// n8n aborts an authenticated request with the execution; which of ours may be aborted is the caller's to say.
	const scoped = Object.create(context, { getExecutionCancelSignal: { value: () => signal } });
	return (await context.helpers.httpRequestWithAuthentication.call(
		scoped,
		provider.credential,
		options,
	)) as IN8nHttpFullResponse;
}
