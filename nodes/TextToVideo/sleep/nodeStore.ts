/**
 * What a node remembers over the tries, retries and sleeps of one execution, in n8n's own node context. n8n saves it
 * with the execution's data; it is lost where n8n dies in the middle of a run.
 */
import {
	NodeHelpers,
	type IExecuteSingleFunctions,
	type INode,
	type INodeExecutionData,
	type IRunExecutionData,
} from 'n8n-workflow';
import type { Ledger } from '../../../jobs/ledger';

/** A run that sleeps, or has just been woken. */
export interface Sleep {
	runIndex: number;
	/** Unix milliseconds. */
	untilMs: number;
	/** The items as they came in, while n8n's own copies carry the jobs (they are what it passes on at the deadline). */
	items: INodeExecutionData[];
	/** Items that were complete before the run fell asleep, by item number. */
	done: Record<string, INodeExecutionData>;
	awake?: true;
}

interface Store {
	jobs?: Ledger;
	sleep?: Sleep;
}

export class NodeStore {
	constructor(private readonly store: Store) {}

	static of(context: IExecuteSingleFunctions): NodeStore {
		return new NodeStore(context.getContext('node') as Store);
	}

	/** A webhook has no context of its own; the sleeping execution's data holds it. */
	static inData(data: IRunExecutionData, node: INode): NodeStore {
		return new NodeStore(NodeHelpers.getContext(data, 'node', node) as Store);
	}

	get ledger(): Ledger {
		return (this.store.jobs ??= {});
	}

	get sleep(): Sleep | undefined {
		return this.store.sleep;
	}

	set sleep(sleep: Sleep | undefined) {
		if (sleep) this.store.sleep = sleep;
		else delete this.store.sleep;
	}
}
