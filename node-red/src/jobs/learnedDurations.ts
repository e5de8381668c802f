/** How long a node's jobs took, by kind: over redeploys in memory, over restarts in the user's persistent context store. */
import type { Node, NodeAPI } from 'node-red';
import { learnedSeconds, noteDuration, withLearned, type Durations } from '../../../jobs/durations';
import type { Provider } from '../../../providers/contract';
import { isObject } from '../../../providers/schema/wire';
import { contextValue, type ContextValue } from '../runtime/contextValue';

const CONTEXT_KEY = 'durations';

/** By node; what was read of the store once. */
const nodes = new Map<string, Promise<Durations>>();

export class LearnedDurations {
	private readonly stored: ContextValue;
	private writing = Promise.resolve();

	constructor(
		RED: NodeAPI,
		private readonly node: Node,
	) {
		this.stored = contextValue(RED, node, CONTEXT_KEY);
	}

	/** The provider as it is known by now: the schedule and the line under the node go by what its jobs took. */
	async known(provider: Provider, kind: string | undefined): Promise<Provider> {
		if (kind === undefined) return provider;
		return withLearned(provider, learnedSeconds(await this.durations(), kind));
	}

	/** A job of the kind took so long. What can not be written is learned anew after a restart. */
	note(kind: string | undefined, seconds: number, nowMs: number): void {
		if (kind === undefined) return;
		this.writing = this.writing
			.then(async () => {
				const durations = await this.durations();
				noteDuration(durations, kind, seconds, nowMs);
				await this.stored.write(structuredClone(durations));
			})
			.catch((error: unknown) => this.node.warn((error as Error).message));
	}

	private durations(): Promise<Durations> {
		const known = nodes.get(this.node.id) ?? this.read();
		nodes.set(this.node.id, known);
		return known;
	}

	private async read(): Promise<Durations> {
		const found = await this.stored.read().catch(() => undefined);
		return isObject(found) ? (structuredClone(found) as unknown as Durations) : {};
	}
}
