/** The searchable model lists of the editor, one method for each search that a provider declares. */
import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import type { ModelSearch, Provider, Reply } from '../../providers/contract';
import { requestOf } from '../../jobs/host';
import { providers } from '../../providers/registry';
import { accountOf, sendRequest } from './http';

export const searchMethodName = (provider: Provider, kind: string): string =>
	`${provider.id}_${kind}`;

type SearchMethod = (
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
) => Promise<INodeListSearchResult>;

export function searchMethods(): Record<string, SearchMethod> {
	const entries = providers.flatMap((provider) =>
		Object.entries(provider.modelSearch ?? {}).map(
			([kind, search]) =>
				[searchMethodName(provider, kind), searchMethod(provider, search)] as const,
		),
	);
	return Object.fromEntries(entries);
}

function searchMethod(provider: Provider, search: ModelSearch): SearchMethod {
	return async function (filter, paginationToken) {
		const account = await accountOf(this, provider);
		const call = search.call(filter?.trim() || undefined, paginationToken);
		const reply: Reply = await sendRequest(this, provider, requestOf(provider, account, call));
		const found = search.read(reply);
		if ('failure' in found) {
			throw new NodeOperationError(this.getNode(), found.failure.message, {
				description: found.failure.advice,
			});
		}
		return {
			results: found.models.map(({ value, label, description, url }) => ({
				name: label === value ? label : `${label} (${value})`,
				value,
				...(description ? { description } : {}),
				...(url ? { url } : {}),
			})),
			...(found.nextCursor ? { paginationToken: found.nextCursor } : {}),
		};
	};
}
