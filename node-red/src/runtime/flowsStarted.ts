/** When all flows run. One listener for all nodes: Node's emitters warn of a leak at the eleventh. */
import type { NodeAPI } from 'node-red';

const waiting = new WeakMap<object, Set<() => void>>();

/** @returns takes the call back */
export function whenStarted(RED: NodeAPI, call: () => void): () => void {
	const calls = waiting.get(RED.events) ?? listen(RED);
	calls.add(call);
	return () => calls.delete(call);
}

function listen({ events }: NodeAPI): Set<() => void> {
	const calls = new Set<() => void>();
	waiting.set(events, calls);
	events.once('flows:started', () => {
		waiting.delete(events);
		for (const call of calls) call();
	});
	return calls;
}
