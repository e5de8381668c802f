/** One credential slot for the chosen provider. */
import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import { needsKey, type Provider } from '../../providers/contract';
import { providers } from '../../providers/registry';

/**
 * n8n picks the credential of a declarative node by a parameter that is literally called `authentication`; the editor
 * would hide the Provider list and merge all slots if it took that parameter for its "main authentication field". Two
 * things keep it from doing so: the option with the value `none`, and the `/provider` key, which must come first.
 */
export const authenticationProperty: INodeProperties = {
	displayName: 'Authentication',
	name: 'authentication',
	type: 'hidden',
	default: '={{ $parameter["provider"] }}',
	options: [{ name: 'None', value: 'none' }],
};

export function credentialSlots(
	among: readonly Provider[] = providers,
): INodeCredentialDescription[] {
	const types = [...new Set(among.map(({ credential }) => credential))];
	return types.map((name) => {
		const users = among.filter(({ credential }) => credential === name);
		const ids = users.map(({ id }) => id);
		return {
			name,
			// Without it, the editor shows the credential type's full name, which is made for n8n's list of all types.
			displayName: `Credential for ${users[0]?.account.title}`,
			required: users.some(({ account }) => needsKey(account.authentication)),
			displayOptions: { show: { '/provider': ids, authentication: ids } },
		};
	});
}

/** No provider: a slot that shows for it is never seen. */
const NEVER_SHOWN = ['-'];

/**
 * The slots of a node whose requests n8n routes. n8n fails such a node at a required credential that is missing or can
 * not be read, before our code hears of it: it hands its input items on as if they were results, past the error output,
 * and an agent is told nothing. So there are two of each required slot: one that the editor shows and asks for, which
 * n8n's routing does not find, and one that the routing finds, which may be empty. What is wrong with the credential is
 * then said by `sendOptions`, as for everything else that is never sent.
 */
export const routedCredentialSlots = (): INodeCredentialDescription[] =>
	credentialSlots().flatMap((slot) => {
		if (!slot.required) return [slot];
		const { '/provider': ids, authentication } = slot.displayOptions!.show!;
		return [
			// n8n reads a credential by the first slot of its name, so the shown one is the first.
			{ ...slot, displayOptions: { show: { '/provider': ids! } } },
			{
				...slot,
				required: false,
				displayOptions: { show: { '/provider': NEVER_SHOWN, authentication: authentication! } },
			},
		];
	});

/** Under the node's name on the canvas: the provider's title instead of its id. */
export const providerTitleExpression = `${JSON.stringify(
	Object.fromEntries(providers.map(({ id, title }) => [id, title])),
)}[$parameter["provider"]]`;

/** Where requests go: as the credential says, which may be absent. n8n 1.x tells it to no option, only to the property. */
const baseUrlExpression = (among: readonly Provider[]): string =>
	`={{ $credentials?.baseUrl || ${JSON.stringify(
		Object.fromEntries(among.map(({ id, account }) => [id, account.defaultBaseUrl])),
	)}[$value] }}`;

/** The Provider list; each option carries the path of its requests. */
export function providerProperty(
	routed: boolean,
	among: readonly Provider[] = providers,
): INodeProperties {
	const [{ id: firstProvider }] = among as [Provider];
	return {
		displayName: 'Provider',
		name: 'provider',
		type: 'options',
		// One run has one provider: n8n resolves the credential once for all items.
		noDataExpression: true,
		default: firstProvider,
		description: 'Who makes the video',
		...(routed ? { routing: { request: { baseURL: baseUrlExpression(among) } } } : {}),
		options: [...among]
			// Plain comparison: the first localeCompare of a process loads all of its locale data.
			.sort((a, b) => (a.title < b.title ? -1 : 1))
			.map((provider) => ({
				name: provider.title,
				value: provider.id,
				description: provider.description,
				...(routed
					? {
							routing: {
								request: {
									method: provider.submitCall.method,
									...(typeof provider.submitCall.url === 'string'
										? { url: provider.submitCall.url }
										: {}),
								},
							},
						}
					: {}),
			})),
	};
}
