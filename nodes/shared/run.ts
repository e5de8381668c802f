/**
 * What the items of one run share. n8n runs a declarative node's items side by side, each with a context of its own;
 * the execute data object is the one thing that they have in common, so the run hangs on it.
 */
import {
	NodeOperationError,
	type IDataObject,
	type IExecuteData,
	type IExecuteSingleFunctions,
} from 'n8n-workflow';
import type { Account } from '../../jobs/http';
import { fingerprint, knownJob, ledgerKey, type Ledger } from '../../jobs/ledger';
import { createGate, createPacer } from '../../jobs/pace';
import type { Job, Provider, ProviderFailure, RequestValues } from '../../providers/contract';
import { issueText, validate } from '../../providers/validation';
import { sleepOrStop } from './host';
import { contextOfItem, itemCount, readValues } from './values';

export const DEFAULT_MAX_JOBS = 100;

interface PreparedItem {
	values?: RequestValues;
	fingerprint?: string;
	/** Why this item can not be sent. */
	problem?: string;
}

export interface RunOptions {
	parallelJobs?: number;
	maximumJobs?: number;
}

export class Run {
	readonly gate: ReturnType<typeof createGate>;
	readonly pace: ReturnType<typeof createPacer>;
	private readonly items: PreparedItem[];
	private readonly started = new Set<number>();
	private readonly jobs = new Map<number, Job>();
	private readonly thrown: Array<{ itemIndex: number; error: NodeOperationError; advice: string }> =
		[];

	constructor(
		private readonly context: IExecuteSingleFunctions,
		readonly provider: Provider,
		account: Account,
		options: RunOptions,
	) {
		const parallel = options.parallelJobs || provider.limits.parallelJobs;
		this.gate = createGate(parallel);
		this.pace = pacerOf(provider, account);
		this.items = prepareAll(context, provider, account);
		this.refuse(options.maximumJobs ?? DEFAULT_MAX_JOBS);
	}

	/** False when the item was here before: the node is being tried again and needs a run of its own. */
	enter(itemIndex: number): boolean {
		if (this.started.has(itemIndex)) return false;
		this.started.add(itemIndex);
		return true;
	}

	item(itemIndex: number): PreparedItem {
		return this.items[itemIndex] ?? {};
	}

	/** The job that this very item already has, from an earlier try of the same execution. */
	attached(itemIndex: number): Job | undefined {
		return knownJob(this.ledger(), this.key(itemIndex), this.items[itemIndex]?.fingerprint ?? '');
	}

	/** A submit whose outcome nobody knows is remembered too: trying again could pay twice. */
	doubt(itemIndex: number): ProviderFailure | undefined {
		const entry = this.ledger()[this.key(itemIndex)] as
			{ doubt?: ProviderFailure; fingerprint: string } | undefined;
		return entry?.fingerprint === this.items[itemIndex]?.fingerprint ? entry?.doubt : undefined;
	}

	recordDoubt(itemIndex: number, doubt: ProviderFailure): void {
		const print = this.items[itemIndex]?.fingerprint ?? '';
		(this.ledger() as IDataObject)[this.key(itemIndex)] = {
			fingerprint: print,
			doubt: doubt as unknown as IDataObject,
		};
	}

	record(itemIndex: number, job: Job): void {
		this.jobs.set(itemIndex, job);
		this.ledger()[this.key(itemIndex)] = {
			fingerprint: this.items[itemIndex]?.fingerprint ?? '',
			job,
		};
		for (const entry of this.thrown) this.describe(entry);
	}

	/** An error that stops the node also names the other items' jobs, which are paid and can be fetched. */
	thrownBy(itemIndex: number, error: NodeOperationError): NodeOperationError {
		const entry = { itemIndex, error, advice: error.description ?? '' };
		this.thrown.push(entry);
		this.describe(entry);
		return error;
	}

	private describe({ itemIndex, error, advice }: Run['thrown'][number]): void {
		const others = [...this.jobs]
			.filter(([index]) => index !== itemIndex)
			.map(([index, job]) => `item ${index}: job ${job.jobId} (${job.status})`);
		error.description =
			others.length === 0
				? advice
				: `${advice} The other jobs of this run, ready for Fetch Result: ${others.join(', ')}.`;
	}

	private ledger(): Ledger {
		const store = this.context.getContext('node');
		return (store.jobs ??= {}) as Ledger;
	}

	private key(itemIndex: number): string {
		return ledgerKey(Number(this.context.getWorkflowDataProxy(itemIndex).$runIndex), itemIndex);
	}

	/** Everything is known to be right before anything is sent, unless the user chose to go on past errors. */
	private refuse(maximumJobs: number): void {
		const node = this.context.getNode();
		if (this.items.length > maximumJobs) {
			throw new NodeOperationError(
				node,
				`There are ${this.items.length} items, and Maximum Jobs is ${maximumJobs}. Nothing was submitted.`,
				{ description: 'Raise Maximum Jobs under Options if you really want that many videos.' },
			);
		}
		if (this.context.continueOnFail()) return;
		const wrong = this.items.flatMap(({ problem }, index) => (problem ? [{ index, problem }] : []));
		const first = wrong[0];
		if (!first) return;
		const lines = wrong.map(({ index, problem }) =>
			this.items.length === 1 ? problem : `[item ${index}] ${problem}`,
		);
		throw new NodeOperationError(node, lines[0] as string, {
			itemIndex: first.index,
			description: [...lines.slice(1), 'Nothing was submitted.'].join('\n'),
		});
	}
}

function prepareAll(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
): PreparedItem[] {
	return Array.from({ length: itemCount(context) }, (_unused, itemIndex) => {
		let raw: Record<string, unknown>;
		try {
			raw = readValues(contextOfItem(context, itemIndex), provider);
		} catch (error) {
			return { problem: `An expression could not be evaluated: ${(error as Error).message}` };
		}
		const { values, issues } = validate(provider, raw, account.baseUrl);
		return values
			? { values, fingerprint: fingerprint(provider, account.baseUrl, values) }
			: { problem: issueText(issues) };
	});
}

/** One pace for all executions of this process that use the same service. */
const pacers = new Map<string, ReturnType<typeof createPacer>>();

function pacerOf(provider: Provider, account: Account): ReturnType<typeof createPacer> {
	const key = `${provider.id} ${account.baseUrl}`;
	let pacer = pacers.get(key);
	if (!pacer) {
		const clock = { now: Date.now, sleep: sleepOrStop };
		pacer = createPacer(provider.limits.requestsPerMinute, clock);
		pacers.set(key, pacer);
	}
	return pacer;
}

const runs = new WeakMap<IExecuteData, Run>();

/** The run that this item belongs to, made by the first item that comes. */
export function runOf(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	options: RunOptions,
): Run {
	const data = context.getExecuteData();
	const itemIndex = context.getItemIndex();
	const known = runs.get(data);
	if (known?.enter(itemIndex)) return known;
	const run = new Run(context, provider, account, options);
	runs.set(data, run);
	run.enter(itemIndex);
	return run;
}
