/** The user's persistent context store, where there is one: what outlives Node-RED's process. */
import type { Node, NodeAPI } from 'node-red';
import { isObject } from '../../../providers/schema/wire';

/** Pure: the name of the context store that outlives the process; the default one where it does. */
export function persistentStore(contextStorage: unknown): string | undefined {
	if (!isObject(contextStorage)) return undefined;
	const stores: Record<string, unknown> = contextStorage;
	const first = Object.keys(stores)[0] ?? '';
	const alias = typeof stores.default === 'string' ? stores.default : undefined;
	const preferred = alias ?? ('default' in stores ? 'default' : first);
	const outlives = (name: string): boolean => {
		const store = stores[name];
		return isObject(store) && store.module !== undefined && store.module !== 'memory';
	};
	return [preferred, ...Object.keys(stores)].find(outlives);
}

export interface ContextValue {
	/** What is written is there after a restart. */
	lasts: boolean;
	/** `undefined` where nothing was kept, or nothing can be. */
	read(): Promise<unknown>;
	/** `undefined` empties it. Does nothing where nothing lasts. */
	write(value: unknown): Promise<void>;
}

/** One value in a node's own context, kept over a restart. Node-RED clears it away with the node. */
export function contextValue(RED: NodeAPI, node: Node, key: string): ContextValue {
	const store = persistentStore(
		(RED.settings as unknown as { contextStorage?: unknown }).contextStorage,
	);
	return {
		lasts: store !== undefined,
		async read() {
			if (store === undefined) return undefined;
			return await new Promise((resolve, reject) => {
				node
					.context()
					.get(key, store, (error: Error | null, value: unknown) =>
						error ? reject(error) : resolve(value),
					);
			});
		},
		async write(value) {
			if (store === undefined) return;
			await new Promise<void>((resolve, reject) => {
				node
					.context()
					.set(key, value, store, (error?: Error | null) => (error ? reject(error) : resolve()));
			});
		},
	};
}
