/** A node with a context store in memory, where a test wants no Node-RED around it. */
import type { Node, NodeAPI } from 'node-red';

/** @param kept what the store holds; read and written by the node */
export function nodeWithContext(
	id: string,
	kept: Record<string, unknown>,
	module: string,
): { RED: NodeAPI; node: Node } {
	const context = {
		get: (key: string, _store: string, done: (error: null, value: unknown) => void) =>
			done(null, kept[key]),
		set: (key: string, value: unknown, _store: string, done: () => void) => {
			kept[key] = structuredClone(value);
			done();
		},
	};
	const RED = { settings: { contextStorage: { default: { module } } } } as unknown as NodeAPI;
	const node = { id, context: () => context, warn: () => undefined } as unknown as Node;
	return { RED, node };
}
