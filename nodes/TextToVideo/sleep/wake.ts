/**
 * The callback that wakes a sleeping run. What it says only makes us ask the provider, so forged, foreign, repeated and
 * late calls do no harm. When every job of the run is over, the node runs again, finds its jobs in its store and
 * finishes as if it had waited: same errors, same downloads, in the worker and not in this request.
 *
 * Must never throw: n8n would end the execution and go on with an empty item.
 */
import type {
	INodeExecutionData,
	IRunExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import type { Account } from '../../../jobs/host';
import { createConcurrencyLimit } from '../../../jobs/concurrency';
import { entriesOfRun } from '../../../jobs/ledger';
import { pollOnce } from '../../../jobs/poll';
import { isFinal, type Job, type Provider } from '../../../providers/contract';
import { providerById } from '../../../providers/registry';
import { accountOf, requestSettings } from '../../shared/http';
import { hostOf, type N8nHost } from '../../shared/host';
import { NodeStore, type Sleep } from './nodeStore';

/** The node's own path keeps a late callback from waking another node of the same execution. */
export const wakeWebhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		path: '={{ $nodeId }}',
		restartWebhook: true,
	},
];

/** A job that nobody called about is asked for again at most this often: its own call may have been lost. */
const ASK_AGAIN_MS = 60_000;
/** How long a second call for a run that was just woken is answered without waking it twice. */
const JUST_WOKEN_MS = 10_000;
const FORGET_MS = 60 * 60_000;

/** What this process knows of a sleeping run; another process asks for itself. */
interface Watch {
	finished: Map<string, Job>;
	askedMs: Map<string, number>;
	/** Jobs that a call said are over. */
	told: Set<string>;
	/** One call at a time: n8n answers a second one that would wake the run with an error. */
	turn: Promise<unknown>;
	usedMs: number;
	woken?: { sleepId: string; atMs: number };
}

const watches = new Map<string, Watch>();

interface Sleeping {
	data: IRunExecutionData;
	store: NodeStore;
	sleep: Sleep;
	jobs: Job[];
}

export async function wake(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		const watch = watchOf(`${this.getWorkflow().id} ${this.getExecutionId()} ${this.getNode().id}`);
		const mine = watch.turn.then(async () => await answer(this, watch));
		watch.turn = mine.catch(() => undefined);
		return await mine;
	} catch (error) {
		this.logger.warn(`A callback could not be handled: ${(error as Error).message}`);
		return tryLater(this);
	}
}

async function answer(context: IWebhookFunctions, watch: Watch): Promise<IWebhookResponseData> {
	const now = Date.now();
	const provider = providerById(context.getNodeParameter('provider') as string);
	const account = await accountOf(context, provider);
	const host = hostOf(context, provider, requestSettings(context));
	const sleeping = sleepingRun(context);
	const sleepId = sleepIdOf(sleeping.sleep);
	if (watch.woken?.sleepId === sleepId && now - watch.woken.atMs < JUST_WOKEN_MS)
		return received(0);
	const told = provider.readCallback?.(context.getBodyData(), {
		nowMs: now,
		baseUrl: account.baseUrl,
	})?.job;
	if (told && isFinal(told.status)) watch.told.add(told.jobId);
	const unsure = await askAll(sleeping.jobs, told?.jobId, watch, { provider, account, host });
	const jobs = sleeping.jobs.map((job) => watch.finished.get(job.jobId) ?? job);
	const pending = jobs.filter(({ status }) => !isFinal(status)).length;
	if (pending > 0) {
		if (unsure) return tryLater(context);
		const early = toldTooEarly(jobs, watch.told, sleeping.sleep);
		if (early.length === 0) return received(pending);
		sleeping.sleep.told = [...(sleeping.sleep.told ?? []), ...early];
	}
	watch.woken = { sleepId, atMs: now };
	return { workflowData: runAgain(sleeping, context, jobs) };
}

/**
 * The provider has called about every open job and does not yet show their end: it will within moments, and may not
 * call again. The run goes on and stays awake for a while, once for each job: whoever makes such calls up gains nothing.
 */
function toldTooEarly(jobs: Job[], told: Set<string>, { told: before = [] }: Sleep): string[] {
	const open = jobs.filter(({ status }) => !isFinal(status)).map(({ jobId }) => jobId);
	return open.every((jobId) => told.has(jobId))
		? open.filter((jobId) => !before.includes(jobId))
		: [];
}

/** @returns true where the job that the call is about could not be asked for */
async function askAll(
	jobs: Job[],
	told: string | undefined,
	watch: Watch,
	{ provider, account, host }: { provider: Provider; account: Account; host: N8nHost },
): Promise<boolean> {
	const now = host.now();
	const gate = createConcurrencyLimit(provider.limits.parallelJobs);
	const due = jobs.filter(
		({ jobId, status }) =>
			!isFinal(status) &&
			!watch.finished.has(jobId) &&
			(jobId === told ||
				watch.told.has(jobId) ||
				now - (watch.askedMs.get(jobId) ?? 0) >= ASK_AGAIN_MS),
	);
	const answers = await Promise.all(
		due.map(async (job) => {
			const reading = await gate(async () => await pollOnce(provider, account, job, host));
			if (!reading.job) return job.jobId === told;
			watch.askedMs.set(job.jobId, now);
			if (isFinal(reading.job.status)) watch.finished.set(job.jobId, reading.job);
			return false;
		}),
	);
	return answers.some(Boolean);
}

/** @throws where nothing sleeps here, or this n8n keeps an execution's data to itself */
function sleepingRun(context: IWebhookFunctions): Sleeping {
	const { runExecutionData } = context as unknown as {
		runExecutionData?: IRunExecutionData | null;
	};
	if (!runExecutionData) throw new Error("this n8n does not show the execution's data");
	const store = NodeStore.inData(runExecutionData, context.getNode());
	const { sleep } = store;
	if (!sleep) throw new Error('the run does not sleep');
	const jobs = entriesOfRun(store.ledger, sleep.runIndex).flatMap(({ job }) => (job ? [job] : []));
	return { data: runExecutionData, store, sleep, jobs };
}

const sleepIdOf = ({ runIndex, untilMs, wakeAtMs }: Sleep): string =>
	`${runIndex} ${untilMs} ${wakeAtMs}`;

/** What n8n is to continue with: the node itself, on the items that it had. */
function runAgain(
	{ data, store, sleep }: Sleeping,
	context: IWebhookFunctions,
	jobs: Job[],
): INodeExecutionData[][] {
	const entry = data.executionData?.nodeExecutionStack[0];
	if (!entry) throw new Error('n8n has nothing to run again');
	for (const known of entriesOfRun(store.ledger, sleep.runIndex)) {
		const now = jobs.find(({ jobId }) => jobId === known.job?.jobId);
		if (now) known.job = now;
	}
	sleep.executionId = context.getExecutionId();
	// n8n switches a sleeper off, so that what its webhook gives is passed on; here the node is to go on itself.
	delete entry.node.disabled;
	return sleep.items ? [sleep.items] : (entry.data.main as INodeExecutionData[][]);
}

const received = (pending: number): IWebhookResponseData => ({
	webhookResponse: { received: true, pending },
});

/** Senders that repeat a call do so on this answer. */
function tryLater(context: IWebhookFunctions): IWebhookResponseData {
	context.getResponseObject().status(503).json({ received: false, retry: true });
	return { noWebhookResponse: true };
}

function watchOf(key: string): Watch {
	const now = Date.now();
	for (const [other, { usedMs }] of watches) if (now - usedMs > FORGET_MS) watches.delete(other);
	const watch: Watch = watches.get(key) ?? {
		finished: new Map(),
		askedMs: new Map(),
		told: new Set(),
		turn: Promise.resolve(),
		usedMs: now,
	};
	watch.usedMs = now;
	watches.set(key, watch);
	return watch;
}
