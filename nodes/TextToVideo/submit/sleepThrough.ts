/**
 * An item of a run that sleeps until its jobs are over. Each time that n8n runs the node, every open job is asked for
 * once; then all items decide together whether the run sleeps on.
 *
 * - Only the last item to arrive puts the execution to sleep, and only when no item stops the node.
 * - Nothing is downloaded before all jobs are over: n8n turns callbacks away while the node runs.
 */
import type { INodeExecutionData } from 'n8n-workflow';
import { tookSeconds } from '../../../jobs/durations';
import {
	asItStands,
	failureOf,
	givesUp,
	lastingProblem,
	pollOnce,
	pollUntilDone,
	withNextPoll,
} from '../../../jobs/poll';
import { withPublishedTimes } from '../../../jobs/publishedTimes';
import { isFinal, type Job } from '../../../providers/contract';
import { forErrorOutput, ItemError, providerFailure } from '../../shared/errors';
import { jobItem, signalOf } from '../../shared/output';
import { guarded, settle } from '../../shared/settle';
import { wakingDownload } from '../sleep/wakingDownloads';
import { learningOf, type Learning } from './learning';
import type { NextStep, Outcome, SleepChoice } from './runSleep';
import { endIfStopped, newJob, type Work } from './work';

export const DEFAULT_SLEEP_MINUTES = 60;
/** A shorter wait is not worth sleeping for. */
export const SHORTEST_WAIT_MINUTES = 2;

export async function sleepThrough(work: Work): Promise<INodeExecutionData[]> {
	const { context, run } = work;
	const itemIndex = context.getItemIndex();
	// 0.1.0 stored finished items with the sleep.
	const done = run.woken?.done?.[itemIndex];
	let outcome: Outcome = done ? {} : await outcomeOf(work, async () => await firstJob(work));
	let step: NextStep;
	for (;;) {
		step = await run.sleep.arrive(itemIndex, outcome, choiceOf(work));
		if (step !== 'awake') break;
		const { job, error } = outcome;
		if (!job || error !== undefined || isFinal(job.status)) continue;
		outcome = await outcomeOf(work, async () => await askAwake(work, job));
	}
	if (done) return [forErrorOutput(context, done)];
	const items = await guarded(
		context,
		async () => await itemOf(work, outcome, step),
		(error) => run.errors.add(itemIndex, error),
		() => run.accepted(itemIndex),
	);
	// While it sleeps, a failed item must not look to n8n like a reason to try the node again.
	if (step === 'asleep') for (const { json } of items) delete json.error;
	return items;
}

const choiceOf = ({ context, run, provider, host, choices }: Work): SleepChoice => ({
	...{ context, host },
	minutes: choices.waitAtMost ?? DEFAULT_SLEEP_MINUTES,
	providerOf: (itemIndex) => {
		const { provider: learned } = learningOf(context, provider, run.item(itemIndex).values ?? {});
		return learned.limits.learnedSeconds ? learned : (run.published.get(itemIndex) ?? learned);
	},
	isCalledBack: (itemIndex) => run.isCalledBack(itemIndex),
});

async function outcomeOf({ run }: Work, find: () => Promise<Job>): Promise<Outcome> {
	try {
		return { job: await run.gate(find) };
	} catch (error) {
		return { error };
	}
}

async function itemOf(
	work: Work,
	{ job, error }: Outcome,
	step: NextStep,
): Promise<INodeExecutionData> {
	const { context, run, provider, host } = work;
	if (!job) throw error;
	// Where the node fails it is tried again, and a download would be for nothing.
	if (step === 'asleep' || (step === 'stop' && !failureOf(job))) {
		return jobItem(
			withNextPoll(learningIn(work).provider, job, host.now()),
			context.getItemIndex(),
		);
	}
	const settled = async () => await settle(work, withNextPoll(provider, job, host.now()));
	const downloads = run.woken && work.download && job.status === 'succeeded';
	const { signal } = signalOf(context);
	const inTurn = downloads ? async () => await wakingDownload(settled, signal) : settled;
	return await run.gate(inTurn).finally(() => endIfStopped(work, job));
}

const learningIn = ({ context, run, provider }: Work): Learning =>
	learningOf(context, provider, run.item(context.getItemIndex()).values ?? {});

/** Submits, or asks once for the job that exists. */
async function firstJob(work: Work): Promise<Job> {
	const { context, run } = work;
	const attached = run.ledger.attached(context.getItemIndex());
	const job = attached ?? (await newJob(work));
	run.record(context.getItemIndex(), job);
	endIfStopped(work, job);
	const current = attached && !isFinal(attached.status) ? await askOnce(work, attached) : job;
	if (!isFinal(current.status)) await notePublished(work);
	return current;
}

/** When to wake is decided for all items together, without asking anybody: what the provider publishes is known before. */
async function notePublished(work: Work): Promise<void> {
	const { context, run, account, host } = work;
	const itemIndex = context.getItemIndex();
	const values = run.item(itemIndex).values ?? {};
	const { provider } = learningIn(work);
	run.published.set(itemIndex, await withPublishedTimes(provider, account, values, host));
}

async function askOnce(work: Work, job: Job): Promise<Job> {
	const { context, run, provider, account, host } = work;
	const { failures } = run.sleep;
	const learning = learningIn(work);
	const reading = await pollOnce(
		learning.provider,
		account,
		job,
		host,
		context.getExecutionCancelSignal(),
	).finally(() => endIfStopped(work, job));
	if (reading.job) {
		delete failures[job.jobId];
		const took = tookSeconds(learning.provider, job, reading.job, host.now());
		// What was over at the first waking may have been so for nearly all of the sleep.
		if (took !== undefined && job.askedAt) learning.note(took, host.now());
		run.record(context.getItemIndex(), reading.job);
		return reading.job;
	}
	const inRow = (failures[job.jobId] ?? 0) + 1;
	failures[job.jobId] = inRow;
	const { failure } = reading;
	const ageMs = host.now() - Date.parse(job.submittedAt);
	// A service in trouble is asked on until the deadline: that costs next to nothing, and the job is paid.
	if (!failure.retryable && givesUp(failure, inRow, ageMs)) {
		throw new ItemError(providerFailure(provider, failure, job));
	}
	return asItStands({ job, problem: failure });
}

/** Asks as an awake wait does. */
async function askAwake(work: Work, job: Job): Promise<Job> {
	const { context, run, provider, account, host } = work;
	const learning = learningIn(work);
	const result = await pollUntilDone(learning.provider, account, job, host, {
		deadlineMs: run.sleep.awakeUntilMs ?? host.now(),
		onTook: (seconds) => learning.note(seconds, host.now()),
		onProgress: (current) => run.record(context.getItemIndex(), current),
		...signalOf(context),
	}).finally(() => endIfStopped(work, job));
	const problem = lastingProblem(result);
	if (problem) throw new ItemError(providerFailure(provider, problem, result.job));
	return result.job;
}
