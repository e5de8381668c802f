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

/** A run that sleeps, or has just been woken. Plain JSON: it outlives the process and updates of this package. */
export interface Sleep {
	runIndex: number;
	/** When the waiting ends, in Unix milliseconds. */
	untilMs: number;
	/** The execution that sleeps; where a retry finds this, it was another one. Absent in what 0.1.0 wrote. */
	executionId?: string;
	/** When n8n is to run the node again, in Unix milliseconds. */
	wakeAtMs?: number;
	/** By job id: questions in a row that came to nothing. */
	failures?: Record<string, number>;
	/** Ids of jobs whose callback came before the provider's own answer showed the end. */
	told?: string[];
	/** Written by 0.1.0, whose copies of the items carry the jobs: the items as they came in. */
	items?: INodeExecutionData[];
	/** Written by 0.1.0: items that were complete before the run fell asleep, by item number. */
	done?: Record<string, INodeExecutionData>;
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
