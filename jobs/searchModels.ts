/** The models of a provider by name, for the searchable lists of an editor. */
import type { ModelChoice, Provider, ProviderFailure } from '../providers/contract';
import { failure } from '../providers/replies/failures';
import { requestOf, type Account, type Http } from './host';
import { transportFailure } from './transportErrors';

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

export async function searchModels(
	provider: Provider,
	account: Account,
	{ kind, text, cursor }: ModelQuery,
	http: Http,
	signal?: AbortSignal,
): Promise<ModelsFound> {
	const search = Object.hasOwn(provider.modelSearch ?? {}, kind)
		? provider.modelSearch?.[kind]
		: undefined;
	if (!search) {
		const message = `${provider.title} has no list of "${kind}".`;
		return { failure: failure('invalid_request', message, { accepted: 'no', advice: '' }) };
	}
	try {
		const call = search.call(text?.trim() || undefined, cursor);
		return search.read(await http(requestOf(provider, account, call), signal));
	} catch (error) {
		const { message } = transportFailure(error);
		return {
			failure: failure('network', `The service could not be reached (${message}).`, {
				accepted: 'no',
			}),
		};
	}
}
