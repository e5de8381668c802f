/**
 * What the items of one run share. n8n runs a declarative node's items side by side, each with a context of its own;
 * the execute data object is the one thing that they have in common, so the run hangs on it.
 */
import {
	type NodeOperationError,
	type IExecuteData,
	type IExecuteSingleFunctions,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';
import type { Account } from '../../../jobs/host';
import {
	idempotencyKey,
	knownEntry,
	knownJob,
	ledgerKey,
	submittedCount,
	type Ledger,
	type LedgerEntry,
} from '../../../jobs/ledger';
import { createConcurrencyLimit } from '../../../jobs/concurrency';
import { rateLimitOf, type RateLimit } from '../../../jobs/rateLimit';
import type { Accepted, Job, Provider, ProviderFailure } from '../../../providers/contract';
import { prepareAll, type PreparedItem } from './validateItems';
import { sleepOrStop } from '../../shared/host';
import { refusalOf, type RefusalOptions } from './refusal';
import { NodeStore, type Sleep } from '../sleep/nodeStore';

export interface RunOptions extends RefusalOptions {
	parallelJobs?: number;
}

export class Run {
	readonly gate: ReturnType<typeof createConcurrencyLimit>;
	readonly rateLimit: RateLimit;
	readonly callbackUrl: string | undefined;
	/** Set while the node runs again because a callback woke it: everything was submitted before, nothing is now. */
	readonly woken: Sleep | undefined;
	/** n8n may try a node again while hooks of the try before are still busy; they must be heard out first. */
	readonly after: Promise<unknown>;
	readonly store: NodeStore;
	/** Why nothing of the run may be sent. */
	readonly refusal: NodeOperationError | undefined;
	private readonly items: PreparedItem[];
	private readonly runIndex: number;
	private readonly started = new Set<number>();
	private readonly busy = new Set<Promise<unknown>>();
	private readonly sent = new Set<number>();
	private readonly jobs = new Map<number, Job>();
	private readonly outcomes = new Map<number, INodeExecutionData>();
	private readonly thrown: Array<{ itemIndex: number; error: NodeOperationError; advice: string }> =
		[];

	constructor(
		private readonly context: IExecuteSingleFunctions,
		readonly provider: Provider,
		account: Account,
		options: RunOptions,
		before?: Run,
	) {
		this.gate = createConcurrencyLimit(options.parallelJobs || provider.limits.parallelJobs);
		this.rateLimit = rateLimitOf(provider, account, { now: Date.now, sleep: sleepOrStop });
		this.callbackUrl = options.callbackUrl;
		this.after = Promise.allSettled(before?.busy ?? []);
		this.runIndex = Number(context.getWorkflowDataProxy(0).$runIndex);
		this.store = NodeStore.of(context);
		const { sleep } = this.store;
		// A sleep that nobody ended was stopped, or passed its deadline and was retried: a try like any other.
		this.store.sleep = undefined;
		this.woken = sleep?.awake && sleep.runIndex === this.runIndex ? sleep : undefined;
		this.items = prepareAll(context, provider, account, options.callbackUrl);
		this.refusal = this.woken
			? undefined
			: refusalOf(context, this.items, submittedCount(this.earlierRounds()), provider, options);
	}

	/** False when the item was here before: the node is being tried again and needs a run of its own. */
	enter(itemIndex: number): boolean {
		if (this.started.has(itemIndex)) return false;
		this.started.add(itemIndex);
		return true;
	}

	/** Keeps the run's next try waiting until this work is over. */
	during<T>(work: Promise<T>): Promise<T> {
		this.busy.add(work);
		return work;
	}

	item(itemIndex: number): PreparedItem {
		return this.items[itemIndex] ?? {};
	}

	/** n8n fails the node at a later item's expression, and then looks at nobody else: this item's outcome is not awaited. */
	isAbandoned(itemIndex: number): boolean {
		const broken = this.items.findIndex(({ unreadable }) => unreadable);
		return this.refusal !== undefined && itemIndex < broken;
	}

	/** The job that this very item already has, from an earlier try of the same execution. */
	attached(itemIndex: number): Job | undefined {
		if (this.woken) return this.entry(itemIndex)?.job;
		const { fingerprints } = this.item(itemIndex);
		if (!fingerprints) return undefined;
		const key = this.key(itemIndex);
		return this.triesAreSpent(itemIndex)
			? knownEntry(this.ledger, key, fingerprints)?.job
			: knownJob(this.ledger, key, fingerprints);
	}

	/** A run that sleeps is tried anew by n8n after every waking: without an end of our own it would pay for ever. */
	private triesAreSpent(itemIndex: number): boolean {
		const { tries = 0 } = this.entry(itemIndex) ?? {};
		return this.reportsHere(itemIndex) && tries >= triesOf(this.context.getNode());
	}

	/** Whether the item's job reports to this execution; one from an earlier execution reports to that. */
	reportsHere(itemIndex: number): boolean {
		return this.entry(itemIndex)?.executionId === this.context.getExecutionId();
	}

	/** What keeps the item from being submitted (again), if anything does. */
	refused(itemIndex: number): ProviderFailure | undefined {
		if (this.woken || this.triesAreSpent(itemIndex)) {
			const entry = this.entry(itemIndex);
			return entry?.doubt ?? entry?.refusal;
		}
		// The same idempotency key goes along again: the provider answers with the job that exists.
		if (this.provider.capabilities.idempotencyHeader) return undefined;
		const { fingerprints } = this.item(itemIndex);
		return fingerprints && knownEntry(this.ledger, this.key(itemIndex), fingerprints)?.doubt;
	}

	idempotencyKey(itemIndex: number): string {
		const request = this.item(itemIndex).fingerprints?.request ?? '';
		const place = `${this.context.getNode().id} ${this.key(itemIndex)}`;
		return idempotencyKey(executionIdentity(this.context), place, request, this.attempt(itemIndex));
	}

	/** The item's request begins to leave. */
	noteSending(itemIndex: number): void {
		this.sent.add(itemIndex);
	}

	/** What is known of the item where its work ended in a way that nobody foresaw. */
	accepted(itemIndex: number): Accepted {
		if (this.jobs.has(itemIndex)) return 'yes';
		return this.sent.has(itemIndex) ? 'unknown' : 'no';
	}

	/** A submit that made no job. A doubtful one is remembered too: trying again could pay twice. */
	recordFailure(itemIndex: number, failure: ProviderFailure): void {
		const kind = failure.accepted === 'unknown' ? { doubt: failure } : { refusal: failure };
		const { tries = 0, executionId } = this.entry(itemIndex) ?? {};
		this.write(itemIndex, { ...kind, tries, ...(executionId ? { executionId } : {}) });
	}

	recordSubmitted(itemIndex: number, job: Job): void {
		const tries = this.reportsHere(itemIndex) ? (this.entry(itemIndex)?.tries ?? 0) + 1 : 1;
		this.write(itemIndex, { job, executionId: this.context.getExecutionId(), tries });
		this.noteJob(itemIndex, job);
	}

	/** The job as it stands now. */
	record(itemIndex: number, job: Job): void {
		const entry = this.entry(itemIndex);
		if (entry) entry.job = job;
		this.noteJob(itemIndex, job);
	}

	/** An error that stops the node also names the other items' jobs, which are paid and can be fetched. */
	thrownBy(itemIndex: number, error: NodeOperationError): NodeOperationError {
		const entry = { itemIndex, error, advice: error.description ?? '' };
		this.thrown.push(entry);
		this.describe(entry);
		return error;
	}

	/** True for the last item, once every item has an outcome and none stops the node. */
	arrive(itemIndex: number, outcome: INodeExecutionData): boolean {
		this.outcomes.set(itemIndex, outcome);
		const expected = this.items.filter(({ unreadable }) => !unreadable).length;
		return this.outcomes.size === expected && this.thrown.length === 0;
	}

	/** Each item's output so far, which n8n collects only when the last one is there. */
	get arrived(): ReadonlyMap<number, INodeExecutionData> {
		return this.outcomes;
	}

	jobOf(itemIndex: number): Job | undefined {
		return this.jobs.get(itemIndex);
	}

	private noteJob(itemIndex: number, job: Job): void {
		this.jobs.set(itemIndex, job);
		for (const entry of this.thrown) this.describe(entry);
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

	private get ledger(): Ledger {
		return this.store.ledger;
	}

	/** What other places of this execution have submitted: a loop runs a node several times. */
	private earlierRounds(): Ledger {
		const mine = new Set(this.items.map((_item, index) => this.key(index)));
		return Object.fromEntries(Object.entries(this.ledger).filter(([key]) => !mine.has(key)));
	}

	private key(itemIndex: number): string {
		return ledgerKey(this.runIndex, itemIndex);
	}

	private entry(itemIndex: number): LedgerEntry | undefined {
		return this.ledger[this.key(itemIndex)];
	}

	private attempt(itemIndex: number): number {
		const { fingerprints } = this.item(itemIndex);
		const entry = fingerprints && knownEntry(this.ledger, this.key(itemIndex), fingerprints);
		return entry ? entry.attempt + (entry.job || entry.refusal ? 1 : 0) : 0;
	}

	private write(
		itemIndex: number,
		what: Pick<LedgerEntry, 'job' | 'doubt' | 'refusal' | 'executionId' | 'tries'>,
	): void {
		const { fingerprints = { request: '', source: '' } } = this.item(itemIndex);
		const attempt = this.attempt(itemIndex);
		this.ledger[this.key(itemIndex)] = { ...fingerprints, attempt, ...what };
	}
}

/** The same over retries of one execution: n8n keeps an execution's own token when it is retried, even after a crash. */
function executionIdentity(context: IExecuteSingleFunctions): string {
	const address = String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0));
	const token = URL.canParse(address) ? new URL(address).searchParams.get('signature') : undefined;
	return token ?? `${context.getWorkflow().id} ${context.getExecutionId()}`;
}

/** How often n8n tries the node, by its own bounds for Retry on Fail. */
const triesOf = ({ retryOnFail, maxTries }: INode): number =>
	retryOnFail ? Math.min(5, Math.max(2, maxTries || 3)) : 1;

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
	const run = new Run(context, provider, account, options, known);
	runs.set(data, run);
	run.enter(itemIndex);
	return run;
}
