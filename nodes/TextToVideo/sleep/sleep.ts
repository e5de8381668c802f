/**
 * Suspend until the callback. n8n's sleep has traps, and this is how they are kept away from:
 * - only the last item to arrive puts the execution to sleep, and only when no item stops the node: an execution that
 *   fails with a sleep in its data would be retried by passing its input on;
 * - right before, every job is asked once more, because a callback that came while the node still ran was turned away;
 * - n8n passes the node's input on when the deadline comes, so n8n's copies of the items are made to carry the jobs;
 *   the true ones wait in the node's store for the run that goes on after the callback.
 */
import type { IDataObject, IExecuteFunctions, IExecuteSingleFunctions } from 'n8n-workflow';
import { pollOnce, pollUntilDone } from '../../../jobs/poll';
import { isFinal, type Job } from '../../../providers/contract';
import type { Run } from '../submit/run';
import { signalOf } from '../../shared/output';
import { asNodeError, guarded, settle, type Settling } from '../../shared/settle';
import { contextOfItem, inputItems } from '../submit/parameters';

const MINUTE_MS = 60_000;
export const DEFAULT_SLEEP_MINUTES = 60;
/** n8n looks for sleepers once a minute: a shorter wait stays awake, as n8n's own Wait node does. */
export const SHORTEST_SLEEP_MINUTES = 65 / 60;
/** A job that says it is this close is waited for awake, for its callback would come too early to be heard. */
const NEARLY_DONE_SECONDS = 15;

/** The address for this execution's callbacks, with the node's own path: no other node hears them. */
export function callbackUrlOf(context: IExecuteSingleFunctions): string {
	const url = new URL(String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)));
	url.pathname = `${url.pathname.replace(/\/+$/, '')}/${context.getNode().id}`;
	return url.toString();
}

/** Called with the last item: finishes what is done, and puts the execution to sleep for the rest. */
export async function sleepOrFinish(run: Run, settling: Settling, minutes: number): Promise<void> {
	const { context } = settling;
	const pending = [...run.arrived.keys()].filter((index) => isPending(run, index));
	const looks = pending.map(async (index) => await lookAgain(run, settling, index));
	const failed = (await Promise.allSettled(looks)).find(({ status }) => status === 'rejected');
	// Thrown only now: the others were heard out, and their videos are stored.
	if (failed) throw asNodeError(context, (failed as PromiseRejectedResult).reason);
	const left = pending.filter((index) => isPending(run, index));
	const untilMs = run.woken?.untilMs ?? settling.host.now() + minutes * MINUTE_MS;
	if (left.length === 0 || untilMs <= settling.host.now()) return;
	if (context.getExecutionCancelSignal()?.aborted) return;
	const items = inputItems(context);
	run.store.sleep = {
		runIndex: Number(context.getWorkflowDataProxy(0).$runIndex),
		untilMs,
		items: items.map((item) => ({ ...item })),
		done: Object.fromEntries(
			[...run.arrived]
				.filter(([index]) => run.jobOf(index)?.status === 'succeeded')
				.map(([index, item]) => [index, { ...item, json: { ...item.json } }]),
		),
	};
	for (const [index, item] of run.arrived) passOn(items[index], item);
	await (context as unknown as IExecuteFunctions).putExecutionToWait(new Date(untilMs));
}

const isPending = (run: Run, index: number): boolean => {
	const job = run.jobOf(index);
	return job !== undefined && !isFinal(job.status);
};

/** Asks for one job, and turns its item into the finished one where it is done. */
async function lookAgain(run: Run, settling: Settling, index: number): Promise<void> {
	const { provider, account, host } = settling;
	const context = contextOfItem(settling.context, index);
	await run.gate(async () => {
		const job = await freshJob(run.jobOf(index) as Job);
		run.record(index, job);
		const item = run.arrived.get(index);
		if (!item) return;
		const [settled] = await guarded(
			context,
			async () => await settle({ ...settling, context }, job),
			(error) => run.thrownBy(index, error),
		);
		delete item.error;
		// With what can not be enumerated.
		Object.defineProperties(item, Object.getOwnPropertyDescriptors(settled!));
	});

	async function freshJob(job: Job): Promise<Job> {
		const { signal } = signalOf(context);
		const reading = await pollOnce(provider, account, job, host, signal);
		const current = reading.job ?? job;
		const near = current.etaSeconds !== undefined && current.etaSeconds <= NEARLY_DONE_SECONDS;
		if (isFinal(current.status) || !near) return current;
		const deadlineMs = host.now() + 2 * NEARLY_DONE_SECONDS * 1000;
		const options = { deadlineMs, ...(signal ? { signal } : {}) };
		return (await pollUntilDone(provider, account, current, host, options)).job;
	}
}

/** What n8n hands on at the deadline. While it sleeps, a failed item must not look like a reason to try again. */
function passOn(
	input: { json: IDataObject; binary?: unknown } | undefined,
	output: { json: IDataObject; binary?: unknown },
): void {
	if (!input) return;
	input.json = { ...output.json };
	if (output.binary) input.binary = output.binary;
	else delete input.binary;
	delete output.json.error;
}
