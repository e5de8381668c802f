/** The models of a provider by name, for the searchable lists of an editor. */
import type { ModelChoice, Provider, ProviderFailure, Reply } from '../providers/contract';
import { modelChoices, modelListOf } from '../providers/modelChoices';
import { failure, questionFailure } from '../providers/replies/failures';
import { requestOf, type Account, type Host, type HttpRequest } from './host';
import { transportFailure, transportProblem } from './transportErrors';

export interface ModelQuery {
	/** Which of the provider's lists. */
	kind: string;
	text?: string;
	/** Where the answer before this one ended. */
	cursor?: string;
}

export type ModelsFound =
	| { models: ModelChoice[]; nextCursor?: string; failure?: undefined }
	| { failure: ProviderFailure; models?: undefined };

/** The page after the shipped models: what the provider itself lists. */
const LIVE = 'live';

/** Lists that are the same for everyone, by address, with the tag that says whether they changed. */
const kept = new Map<string, { etag: string; reply: Reply }>();

/**
 * The shipped models come first and at once, without a network; the page after them brings what the provider lists
 * beside them, where it can be reached.
 */
export async function searchModels(
	provider: Provider,
	account: Account,
	{ kind, text, cursor }: ModelQuery,
	host: Pick<Host, 'http' | 'advice'>,
	signal?: AbortSignal,
): Promise<ModelsFound> {
	const search = Object.hasOwn(provider.modelSearch ?? {}, kind)
		? provider.modelSearch?.[kind]
		: undefined;
	const isShipped = modelListOf(provider) === kind;
	if (isShipped && cursor === undefined) {
		const models = matching(modelChoices(provider), text);
		return search ? { models, nextCursor: LIVE } : { models };
	}
	if (!search) {
		const message = `${provider.title} has no list of "${kind}".`;
		return { failure: failure('invalid_request', message, { accepted: 'no', advice: '' }) };
	}
	try {
		const call = search.call(text?.trim() || undefined, cursor === LIVE ? undefined : cursor);
		const request = requestOf(provider, account, call);
		const found = search.read(
			search.isPublic ? await askPublic(request, host, signal) : await host.http(request, signal),
		);
		if (!isShipped) return 'failure' in found ? { failure: questionFailure(found.failure) } : found;
		// A list of presets does without the live one.
		return 'failure' in found ? { models: [] } : { ...found, models: matching(found.models, text) };
	} catch (error) {
		if (isShipped) return { models: [] };
		const happened = (message: string) => `The service could not be reached (${message}).`;
		return { failure: transportProblem(transportFailure(error), happened, 'no', host) };
	}
}

function matching(models: ModelChoice[], text = ''): ModelChoice[] {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	return models.filter(({ value, label, description = '' }) => {
		const whole = `${value} ${label} ${description}`.toLowerCase();
		return words.every((word) => whole.includes(word));
	});
}

/** Without the key, and without its body where nothing has changed since. */
async function askPublic(
	request: HttpRequest,
	host: Pick<Host, 'http'>,
	signal?: AbortSignal,
): Promise<Reply> {
	const address = `${request.url}?${new URLSearchParams(request.query).toString()}`;
	const known = kept.get(address);
	const headers = { ...request.headers, ...(known ? { 'if-none-match': known.etag } : {}) };
	const reply = await host.http({ ...request, headers, authenticate: false }, signal);
	if (reply.status === 304 && known) return known.reply;
	const { etag } = reply.headers;
	if (reply.status === 200 && etag) kept.set(address, { etag, reply });
	return reply;
}
