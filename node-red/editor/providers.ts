/** The providers that the build writes into the page. */
export const providerOf = (id: unknown): EditorProvider | undefined =>
	textToVideoProviders.find((provider) => provider.id === id);

/** The provider of the account with this node id. */
export function providerOfAccount(accountId: unknown): EditorProvider | undefined {
	return typeof accountId === 'string'
		? providerOf(RED.nodes.node(accountId)?.provider)
		: undefined;
}
