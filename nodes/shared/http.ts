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
import type { Provider, Reply } from '../../providers/contract';

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
	const { proxy, timeout, allowUnauthorizedCerts } = context.getNodeParameter(
		'requestOptions',
		{},
	) as { proxy?: string; timeout?: number; allowUnauthorizedCerts?: boolean };
	return {
		...(proxy && URL.canParse(proxy) ? { proxy: proxyOf(new URL(proxy)) } : {}),
		...(timeout ? { timeout } : {}),
		...(allowUnauthorizedCerts ? { skipSslCertificateValidation: true } : {}),
	};
}

function proxyOf({ hostname, port, protocol, username, password }: URL) {
	return {
		host: hostname,
		port: Number(port),
		protocol: protocol.replace(/:$/, ''),
		...(username ? { auth: { username, password } } : {}),
	};
}

/** A credential is optional where the provider can do without a key. */
export const hasCredential = (context: { getNode(): INode }, provider: Provider): boolean =>
	context.getNode().credentials?.[provider.credential] !== undefined;

/** The account without its key, which n8n's own helper adds to a request. */
export async function accountOf(context: RequestContext, provider: Provider): Promise<Account> {
	const baseUrl = hasCredential(context, provider)
		? (await context.getCredentials(provider.credential)).baseUrl
		: undefined;
	return { baseUrl: String(baseUrl || provider.account.defaultBaseUrl) };
}

export async function sendRequest(
	context: RequestContext,
	provider: Provider,
	request: HttpRequest,
	common: CommonOptions = {},
	signal?: AbortSignal,
): Promise<Reply> {
	const { method, url, query, headers, body, authenticate } = request;
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
	return await sendOptions(context, provider, options, authenticate, signal);
}

/** Sends options that are complete but for the key. */
export async function sendOptions(
	context: RequestContext,
	provider: Provider,
	options: IHttpRequestOptions,
	authenticate: boolean,
	signal?: AbortSignal,
): Promise<Reply> {
	const response = await send(
		context,
		provider,
		{ ...options, ...ANY_STATUS },
		authenticate,
		signal,
	);
	const reply = {
		status: response.statusCode,
		headers: replyHeaders(response.headers),
		body: parseReplyBody(response.body),
	};
	if (!authenticate || !hasCredential(context, provider)) return reply;
	const { apiKey } = await context.getCredentials(provider.credential);
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
		...ANY_STATUS,
		method: request.method,
		url: request.url,
		encoding: 'stream',
	};
	const response = await send(context, provider, options, request.authenticate, signal);
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

async function send(
	context: RequestContext,
	provider: Provider,
	options: IHttpRequestOptions,
	authenticate: boolean,
	signal?: AbortSignal,
): Promise<IN8nHttpFullResponse> {
	if (!authenticate || !hasCredential(context, provider)) {
		return (await context.helpers.httpRequest({
			...options,
			...(signal ? { abortSignal: signal } : {}),
		})) as IN8nHttpFullResponse;
	}
	// n8n aborts an authenticated request with the execution; which of ours may be aborted is the caller's to say.
	const scoped = Object.create(context, { getExecutionCancelSignal: { value: () => signal } });
	return (await context.helpers.httpRequestWithAuthentication.call(
		scoped,
		provider.credential,
		options,
	)) as IN8nHttpFullResponse;
}
