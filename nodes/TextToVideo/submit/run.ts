/**
 * What the items of one run share. n8n runs a declarative node's items side by side, each with a context of its own;
 * the execute data object is the one thing that they have in common, so the run hangs on it.
 */
import type { IExecuteData, IExecuteSingleFunctions, INode } from 'n8n-workflow';
import { createConcurrencyLimit } from '../../../jobs/concurrency';
import type { Account, Host } from '../../../jobs/host';
import { quoteFor } from '../../../jobs/quotes';
import { rateLimitOf, type RateLimit } from '../../../jobs/rateLimit';
import type { NotSentError } from '../../../jobs/transportErrors';
import type { Accepted, Job, Provider, ProviderFailure } from '../../../providers/contract';
import { videoCountOf } from '../../../providers/schema/videoCount';
import type { Quote } from '../../../providers/prices/price';
import { sleepOrStop } from '../../shared/host';
import { NodeStore, type Sleep } from '../sleep/nodeStore';
import { forgetLastSleep } from '../sleep/sleep';
import { ItemLedger } from './itemLedger';
import { keepLedger } from './keptLedger';
import { budgetOf, type RunBudget } from './budget';
import { invalidRun, overLimits, type RefusedRun } from './refusal';
import { RunSleep } from './runSleep';
import { StoppingErrors } from './stoppingErrors';
import { prepareAll, type PreparedItem } from './validateItems';

const DEFAULT_MAX_JOBS = 100;

export interface RunOptions {
	parallelJobs?: number;
	maximumJobs?: number;
	/** USD. */
	maximumCost?: number;
	/** What becomes of items without a price under a Maximum Cost. */
	unpriced?: 'refuse' | 'run';
	/** Why there is nowhere to send to, or nothing to prove oneself by. */
	accountProblem?: NotSentError;
	/** Nothing will be sent, so nothing is reserved. */
	estimateOnly?: boolean;
	/** Where the provider is to report; set when the run may sleep and the provider can reach it. */
	callbackUrl?: string;
}

export interface Quoting {
	context: IExecuteSingleFunctions;
	account: Account;
	host: Host;
}

export class Run {
	readonly gate: ReturnType<typeof createConcurrencyLimit>;
	readonly rateLimit: RateLimit;
	/** As the person set it. */
	readonly parallelJobs: number | undefined;
	readonly ledger: ItemLedger;
	/** Set where the node slept and runs again: everything was submitted before, nothing is now. */
	readonly woken: Sleep | undefined;
	/** n8n may try a node again while hooks of the try before are still busy; they must end first. */
	readonly after: Promise<unknown>;
	/** Why nothing of the run may be sent. */
	readonly refusal: RefusedRun | undefined;
	readonly errors = new StoppingErrors();
	readonly sleep: RunSleep;
	readonly budget: RunBudget;
	readonly maximumCost: number | undefined;
	/** By item: the provider with what it publishes of how long the item's model takes. */
	readonly published = new Map<number, Provider>();
	private readonly estimateOnly: boolean;
	private readonly toSubmit: readonly number[];
	private readonly quotes = new Map<number, Quote>();
	private overCost: Promise<RefusedRun | undefined> | undefined;
	private readonly items: PreparedItem[];
	private readonly started = new Set<number>();
	private readonly busy = new Set<Promise<unknown>>();
	private readonly sent = new Set<number>();
	private readonly jobs = new Map<number, Job>();

	constructor(
		context: IExecuteSingleFunctions,
		readonly provider: Provider,
		account: Account,
		options: RunOptions,
		before?: Run,
	) {
		this.gate = createConcurrencyLimit(options.parallelJobs || provider.limits.parallelJobs);
		this.rateLimit = rateLimitOf(provider, account, { now: Date.now, sleep: sleepOrStop });
		this.parallelJobs = options.parallelJobs;
		this.after = Promise.allSettled(before?.busy ?? []);
		const runIndex = Number(context.getWorkflowDataProxy(0).$runIndex);
		const executionId = context.getExecutionId();
		const store = NodeStore.of(context);
		this.woken = wokenFrom(store.sleep, runIndex, executionId);
		// A sleep that is not ours was stopped and retried: a try like any other.
		if (this.woken) forgetLastSleep(context, runIndex);
		else store.sleep = undefined;
		this.items = prepareAll(context, provider, account, options.callbackUrl);
		this.sleep = new RunSleep(runIndex, store, this.expectedItems(context), this.woken);
		const nodeId = context.getNode().id;
		const identity = executionIdentity(context);
		keepLedger(`${identity} ${nodeId}`, store.ledger);
		this.ledger = new ItemLedger(
			store.ledger,
			{
				...{ runIndex, executionId, nodeId, identity },
				maximumTries: triesOf(context.getNode()),
				idempotent: provider.capabilities.idempotencyHeader !== undefined,
				woken: this.woken !== undefined,
			},
			this.items.map(({ fingerprints }) => fingerprints),
		);
		this.maximumCost = options.maximumCost;
		this.estimateOnly = options.estimateOnly === true;
		this.toSubmit = this.itemsToSubmit();
		this.budget = budgetOf(context, runIndex, store.ledger, this.videosToSubmit(), {
			maximumJobs: options.maximumJobs ?? DEFAULT_MAX_JOBS,
			...(options.maximumCost === undefined ? {} : { maximumCost: options.maximumCost }),
			allowUnpriced: options.unpriced === 'run',
		});
		this.refusal = this.woken ? undefined : this.refuse(context, options.accountProblem);
	}

	private refuse(
		context: IExecuteSingleFunctions,
		accountProblem: NotSentError | undefined,
	): RefusedRun | undefined {
		const invalid = invalidRun(context, this.items, accountProblem);
		if (invalid || this.estimateOnly) return invalid;
		const refusal = this.budget.reserveJobs();
		return refusal && overLimits(context, refusal, () => '');
	}

	/** Those that can be sent and have no job yet. */
	private itemsToSubmit(): number[] {
		if (this.woken) return [];
		return this.items.flatMap(({ values }, index) =>
			values && !this.ledger.attached(index) ? [index] : [],
		);
	}

	private videosToSubmit(): Map<number, number> {
		return new Map(this.toSubmit.map((index) => [index, this.videosOf(index)]));
	}

	/** How many videos the item orders. */
	private videosOf(itemIndex: number): number {
		const { values } = this.item(itemIndex);
		return values ? videoCountOf(this.provider, values) : 1;
	}

	/** What each item costs, asked once for all; and why the run costs too much, where there is a limit. */
	quoted({ context, account, host }: Quoting): Promise<RefusedRun | undefined> {
		return (this.overCost ??= this.quoteAll(context, account, host));
	}

	private async quoteAll(
		context: IExecuteSingleFunctions,
		account: Account,
		host: Host,
	): Promise<RefusedRun | undefined> {
		await Promise.all(
			this.toSubmit.map(async (index) => {
				const { values } = this.item(index);
				if (!values) return;
				this.quotes.set(index, await quoteFor(this.provider, account, values, host));
			}),
		);
		if (this.woken || this.estimateOnly) return undefined;
		const usd = new Map([...this.quotes].map(([index, { usd: price }]) => [index, price]));
		const refusal = this.budget.reserveCost(usd);
		const basisOf = (place: string) => {
			const index = this.budget.itemAt(place) ?? 0;
			const basis = this.quotes.get(index)?.basis ?? '';
			return this.items.length === 1 ? basis : `item ${index + 1}: ${basis}`;
		};
		return refusal && overLimits(context, refusal, basisOf);
	}

	/** What the item costs, once it was asked for. */
	quoteOf(itemIndex: number): Quote | undefined {
		return this.quotes.get(itemIndex);
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

	/** How many items n8n hands to the hook. It fails the node at one whose expression fails, and waits for no other. */
	private expectedItems(context: IExecuteSingleFunctions): number | undefined {
		const readable = this.items.filter(({ unreadable }) => !unreadable).length;
		return readable === this.items.length || context.continueOnFail() ? readable : undefined;
	}

	/** Whether the provider calls this execution when the item's job is over. */
	isCalledBack(itemIndex: number): boolean {
		return this.item(itemIndex).callback === true && this.ledger.reportsHere(itemIndex);
	}

	/** The item's request begins to leave. */
	noteSending(itemIndex: number): void {
		this.sent.add(itemIndex);
	}

	hasSent(itemIndex: number): boolean {
		return this.sent.has(itemIndex);
	}

	/** What is known of the item where its work ended in a way that nobody foresaw. */
	accepted(itemIndex: number): Accepted {
		if (this.jobs.has(itemIndex)) return 'yes';
		return this.sent.has(itemIndex) ? 'unknown' : 'no';
	}

	/** The job as it stands now. */
	record(itemIndex: number, job: Job): void {
		this.ledger.record(itemIndex, job);
		this.jobs.set(itemIndex, job);
		this.errors.noteJob(itemIndex, job);
	}

	recordSubmitted(itemIndex: number, job: Job): void {
		this.ledger.recordSubmitted(itemIndex, job, {
			videos: this.videosOf(itemIndex),
			quotedUsd: this.quoteOf(itemIndex)?.usd,
		});
		this.budget.settled(itemIndex);
		this.record(itemIndex, job);
	}

	/** Nobody knows yet whether the provider took the item's job: another try of it must know that. */
	noteDoubt(itemIndex: number, doubt: ProviderFailure): void {
		this.ledger.recordFailure(itemIndex, doubt);
	}

	/** A submit that made no job: what it would have cost is free again only where it certainly was not taken. */
	recordFailure(itemIndex: number, failure: ProviderFailure): void {
		this.ledger.recordFailure(itemIndex, failure);
		if (failure.accepted === 'no') this.budget.release(itemIndex);
		else this.budget.settled(itemIndex);
	}

	jobOf(itemIndex: number): Job | undefined {
		return this.jobs.get(itemIndex);
	}
}

function wokenFrom(
	sleep: Sleep | undefined,
	runIndex: number,
	executionId: string,
): Sleep | undefined {
	return sleep?.runIndex === runIndex && sleep.executionId === executionId ? sleep : undefined;
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
