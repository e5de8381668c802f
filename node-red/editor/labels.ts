/** What stands on a node: its name, or what it is and whose account it has. */
import { providerOf } from './providers';

/** @param palette what such a node is called in the palette */
export function labelOf(node: EditorNode, palette: string): string {
	if (typeof node.name === 'string' && node.name !== '') return node.name;
	const account = typeof node.account === 'string' ? RED.nodes.node(node.account) : null;
	const whose = account?.name || providerOf(account?.provider)?.accountTitle;
	return typeof whose === 'string' ? `${palette} · ${whose}` : palette;
}
