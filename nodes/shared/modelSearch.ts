/** The searchable model lists of the editor, one method for each search that a provider declares. */
import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { searchModels } from '../../jobs/searchModels';
import { NotSentError } from '../../jobs/transportErrors';
import type { Provider } from '../../providers/contract';
import { failureText } from '../../providers/replies/failureText';
import { modelListOf } from '../../providers/modelChoices';
import { providers } from '../../providers/registry';
import { hostOf } from './host';
import { accountOf, requestSettings } from './http';

export const searchMethodName = (provider: Provider, kind: string): string =>
	`${provider.id}_${kind}`;

type SearchMethod = (
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
) => Promise<INodeListSearchResult>;

export function searchMethods(): Record<string, SearchMethod> {
	const entries = providers.flatMap((provider) =>
		kindsOf(provider).map(
			(kind) => [searchMethodName(provider, kind), searchMethod(provider, kind)] as const,
		),
	);
	return Object.fromEntries(entries);
}

const kindsOf = (provider: Provider): string[] => [
	...new Set([...Object.keys(provider.modelSearch ?? {}), modelListOf(provider) ?? []].flat()),
];

function searchMethod(provider: Provider, kind: string): SearchMethod {
	const isShipped = modelListOf(provider) === kind;
	return async function (filter, paginationToken) {
		const query = {
			kind,
			...(filter ? { text: filter } : {}),
			...(paginationToken ? { cursor: paginationToken } : {}),
		};
		const host = hostOf(this, provider, requestSettings(this));
		const account = await accountOf(this, provider).catch((error: Error) => {
			throw inEditor(this, error);
		});
		const found = await searchModels(provider, account, query, host);
		if (found.failure) {
			throw new NodeOperationError(this.getNode(), failureText(found.failure, provider.account), {
				description: found.failure.advice,
			});
		}
		return {
			results: found.models.map(({ value, label, description }) => ({
				// The shipped models have labels of their own; elsewhere several things bear one name.
				name: isShipped || label === value ? label : `${label} (${value})`,
				value,
				...(description ? { description } : {}),
			})),
			...(found.nextCursor ? { paginationToken: found.nextCursor } : {}),
		};
	};
}

/** What is wrong with the credential, for the person in the editor. */
const inEditor = (context: ILoadOptionsFunctions, error: Error): NodeOperationError =>
	new NodeOperationError(
		context.getNode(),
		error.message,
		error instanceof NotSentError ? { description: error.advice } : {},
	);
