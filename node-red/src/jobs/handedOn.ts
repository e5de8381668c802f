/**
 * What a node's instance leaves for the next one, in memory: Node-RED deletes a node's own context with every deploy
 * where no store is configured.
 */
import type { Pending } from './pendingJob';

export type Adopt = (pending: Pending) => void;

interface Left {
	pending: Pending[];
	/** Set while the node's next instance lives: what an old one still learns goes to it directly. */
	adopt?: Adopt;
}

const nodes = new Map<string, Left>();

const leftOf = (nodeId: string): Left => {
	let left = nodes.get(nodeId);
	if (!left) nodes.set(nodeId, (left = { pending: [] }));
	return left;
};

/** Leaves something for the node's next instance, or gives it to the one that lives. */
export function handOn(nodeId: string, pending: Pending): void {
	const left = leftOf(nodeId);
	if (left.adopt) left.adopt(pending);
	else left.pending.push(pending);
}

/** Gives all that was left and, from now on, what comes late. */
export function adoptAll(nodeId: string, adopt: Adopt): void {
	const left = leftOf(nodeId);
	left.adopt = adopt;
	for (const pending of left.pending.splice(0)) adopt(pending);
}

/** What is left from now on waits for the next instance. */
export function stopAdopting(nodeId: string, adopt: Adopt | undefined): void {
	// While somebody takes it, nothing is left.
	if (adopt && nodes.get(nodeId)?.adopt === adopt) nodes.delete(nodeId);
}

/** Of all nodes, what waits for a next instance. */
export const allHandedOn = (): Array<[nodeId: string, Pending]> =>
	[...nodes].flatMap(([nodeId, { pending }]) =>
		pending.map((one): [string, Pending] => [nodeId, one]),
	);

/** The node is gone for good: gives what was left for it, and forgets it. */
export function takeLeft(nodeId: string): Pending[] {
	const left = nodes.get(nodeId)?.pending ?? [];
	nodes.delete(nodeId);
	return left;
}
