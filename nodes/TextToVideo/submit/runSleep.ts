/** How the items of a run decide together whether it sleeps: what they know of each other between two sleeps. */
import type { IExecuteSingleFunctions } from 'n8n-workflow';
import { endsWithin, failureOf, pauseSeconds } from '../../../jobs/poll';
import { isFinal, type Job, type Provider } from '../../../providers/contract';
import type { N8nHost } from '../../shared/host';
import type { NodeStore, Sleep } from '../sleep/nodeStore';
import {
	LONGEST_SLEEP_SECONDS,
	planSleep,
	SHORTEST_SLEEP_SECONDS,
	type OpenJob,
} from '../sleep/plan';
import { sleepAndRunAgain } from '../sleep/sleep';
import { Meeting } from './meeting';

const MINUTE_MS = 60_000;

/** What one item has come to. */
export interface Outcome {
	job?: Job;
	/** What its work threw. */
	error?: unknown;
}

/** What all items do next. `asleep`: n8n runs them again later; `awake`: ask on for a while; `stop`: one of them failed. */
export type NextStep = 'asleep' | 'awake' | 'finish' | 'stop';

export interface SleepChoice {
	context: IExecuteSingleFunctions;
	host: N8nHost;
	/** How long the whole wait may take. */
	minutes: number;
	/** The provider as it stands for the item, with what its jobs took. */
	providerOf(itemIndex: number): Provider;
	/** Whether the provider calls this execution when the item's job is over. */
	isCalledBack(itemIndex: number): boolean;
}

export class RunSleep {
	/** Questions in a row that came to nothing, by job id. */
	readonly failures: Record<string, number>;
	/** Until when the run stays awake, in Unix milliseconds, once it does. */
	awakeUntilMs?: number;
	private deadlineMs: number | undefined;
	private readonly outcomes = new Map<number, Outcome>();
	private meeting?: Meeting<NextStep>;

	constructor(
		private readonly runIndex: number,
		private readonly store: NodeStore,
		/** How many items come; undefined where n8n fails the node before they do. */
		private readonly expected: number | undefined,
		private readonly woken: Sleep | undefined,
	) {
		this.failures = { ...woken?.failures };
		this.deadlineMs = woken?.untilMs;
	}

	/** What all items do next, once all are there. */
	async arrive(itemIndex: number, outcome: Outcome, choice: SleepChoice): Promise<NextStep> {
		this.outcomes.set(itemIndex, outcome);
		if (this.expected === undefined) return 'stop';
		this.meeting ??= new Meeting(this.expected, async () => await this.decide(choice));
		return await this.meeting.arrive(itemIndex);
	}

	private async decide(choice: SleepChoice): Promise<NextStep> {
		const { context, host, minutes } = choice;
		const outcomes = [...this.outcomes.values()];
		const stops = !context.continueOnFail();
		if (stops && outcomes.some(({ error }) => error !== undefined)) return 'stop';
		const nowMs = host.now();
		const deadlineMs = (this.deadlineMs ??= nowMs + minutes * MINUTE_MS);
		const plan = planSleep({
			nowMs,
			deadlineMs,
			...(this.awakeUntilMs === undefined ? {} : { awakeUntilMs: this.awakeUntilMs }),
			open: context.getExecutionCancelSignal()?.aborted ? [] : this.openJobs(choice, nowMs),
			random: host.random(),
		});
		if (plan.step === 'awake') this.awakeUntilMs = plan.untilMs;
		if (plan.step === 'asleep') {
			this.store.sleep = this.record(context.getExecutionId(), deadlineMs, plan.wakeAtMs);
			await sleepAndRunAgain(context, new Date(plan.wakeAtMs));
		}
		if (plan.step !== 'finish') return plan.step;
		this.store.sleep = undefined;
		return stops && outcomes.some(({ job }) => job && failureOf(job)) ? 'stop' : 'finish';
	}

	private openJobs({ providerOf, isCalledBack }: SleepChoice, nowMs: number): OpenJob[] {
		return [...this.outcomes].flatMap(([itemIndex, { job, error }]) => {
			if (!job || error !== undefined || isFinal(job.status)) return [];
			const provider = providerOf(itemIndex);
			return [
				{
					pauseSeconds: pauseSeconds(provider, job, nowMs, {
						failures: this.failures[job.jobId],
						longestSeconds: LONGEST_SLEEP_SECONDS,
					}),
					soon:
						this.woken?.told?.includes(job.jobId) === true ||
						endsWithin(provider, job, nowMs, SHORTEST_SLEEP_SECONDS),
					callback: isCalledBack(itemIndex),
				},
			];
		});
	}

	private record(executionId: string, untilMs: number, wakeAtMs: number): Sleep {
		const { failures, woken, runIndex } = this;
		return {
			...{ executionId, runIndex, untilMs, wakeAtMs },
			...(Object.keys(failures).length > 0 ? { failures } : {}),
			// A callback that came too early is made up for once.
			...(woken?.told ? { told: woken.told } : {}),
			// What 0.1.0 stored is needed until the end.
			...(woken?.items ? { items: woken.items } : {}),
			...(woken?.done ? { done: woken.done } : {}),
		};
	}
}
