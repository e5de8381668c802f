/** Texts of the editor, all from the account node's catalogue. */
namespace TextToVideo {
	const CATALOGUE = 'node-red-contrib-text-to-video/text-to-video-account';

	export const t = (key: string, values?: object): string => RED._(`${CATALOGUE}:${key}`, values);

	/** A provider's own word in the editor's language; the English one where there is none. */
	export function word(english: string): string {
		const key = `${CATALOGUE}:words.${english.replace(/[^A-Za-z0-9]+/g, '-')}`;
		const found = RED._(key, { defaultValue: '' });
		return found && !key.endsWith(found) ? found : english;
	}

	export const providerOf = (id: unknown): EditorProvider | undefined =>
		textToVideoProviders.find((provider) => provider.id === id);

	/** The provider of the account with this node id. */
	export function providerOfAccount(accountId: unknown): EditorProvider | undefined {
		return typeof accountId === 'string'
			? providerOf(RED.nodes.node(accountId)?.provider)
			: undefined;
	}
}
