/** Text to Video: submits a job for each message, waits for it, and passes the video on. */
import { randomUUID } from 'node:crypto';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { durationKind } from '../../jobs/durations';
import { defaultWaitMinutes } from '../../jobs/poll';
import type { Job, Provider, RequestValues } from '../../providers/contract';
import { ofModel } from '../../providers/schema/ofModel';
import { issueText, validate } from '../../providers/schema/validate';
import { accountOf, handleOf, showAccountFault, type AccountHandle } from '../src/account/account';
import { callbackAddress } from '../src/account/callbackAddress';
import { translator } from '../src/i18n/translate';
import { limitOf, numberOr } from '../src/input/numbers';
import type { Rows } from '../src/input/rows';
import { readValues } from '../src/input/values';
import { withBudget, withRoom } from '../src/jobs/guardedSubmit';
import { findInterrupted } from '../src/jobs/interruptedSubmit';
import { accountAnswer, asksForAccount, estimateAnswer } from '../src/jobs/answers';
import type { Answer, JobRun, PreparedJob, WriteIntent } from '../src/jobs/jobRun';
import { JobRunner } from '../src/jobs/runner';
import { isRepeatable, submitJob } from '../src/jobs/submit';
import type { SubmitIntent } from '../src/jobs/submitIntents';
import { refused, shown } from '../src/messages/errors';
import type { Message } from '../src/messages/message';
import { inNodeRedWords } from '../src/messages/words';
import { budgetFor, type SpendingLimits } from '../src/money/quote';
import { spendingOf } from '../src/money/spending';
import { planOutput, type OutputDef } from '../src/output/outputPlan';
import type { OutputPlan } from '../src/output/outputPlan';

interface TextToVideoDef extends NodeDef, OutputDef {
	account?: string;
	fields?: Rows;
	/** `wait` for the video, `return` the job at once, or only `estimate` what it would cost. */
	mode?: 'wait' | 'return' | 'estimate';
	/** USD, of one message; blank for no limit. */
	maximumCost?: string | number;
	/** What becomes under a limit of a video that has no price. */
	unpriced?: 'refuse' | 'run';
	/** Minutes. */
	waitAtMost?: string | number;
	/** Jobs at once; blank for what the provider allows. */
	parallel?: string | number;
	/** Messages in line. */
	longestLine?: string | number;
	/** Ask the provider to call the account's callback address. */
	callback?: boolean;
}

interface SubmitPlan {
	submit(handle: AccountHandle, run: JobRun, writeIntent: WriteIntent): Promise<Job>;
	values?: RequestValues;
	/** With `limits`, for what is not paid yet. */
	key?: string;
	limits?: SpendingLimits;
}

const MINUTE_MS = 60_000;
const DEFAULT_LONGEST_LINE = 100;

export default function register(RED: NodeAPI): void {
	const t = translator(RED);

	function TextToVideo(this: Node, def: TextToVideoDef): void {
		RED.nodes.createNode(this, def);
		const account = () => accountOf(RED, def.account, t);
		showAccountFault(RED, this, def.account, t);
		const once = createOnce();
		new JobRunner({
			RED,
			node: this,
			account,
			parallel: parallelJobs(def, account),
			longestLine: numberOr(def.longestLine, DEFAULT_LONGEST_LINE),
			submits: true,
			prepare: async (msg) => await prepare(this, def, msg, once),
			findOut: (intent) => findOut(this, def, intent),
		}).attach();
	}

	const account = (def: TextToVideoDef): AccountHandle => accountOf(RED, def.account, t);

	async function prepare(
		node: Node,
		def: TextToVideoDef,
		msg: Message,
		once: (text: string, call: (text: string) => void) => void,
	): Promise<PreparedJob | Answer> {
		const handle = account(def);
		const { provider } = handle;
		if (asksForAccount(msg)) return accountAnswer(RED, handle, msg);
		const source = { RED, node, msg, t };
		const { values: raw, payloadUnused } = await readValues(source, provider, def.fields ?? {});
		if (payloadUnused) {
			once(t('log.payload-unused', { provider: provider.title }), (text) => node.warn(text));
		}
		const values = judge(node, handle, def, raw);
		const limits = limitsOf(def, handle);
		if (def.mode === 'estimate') return estimateAnswer(handle, values, msg);
		const plan = await planOutput(source, def);
		const key = randomUUID();
		return prepared(node, def, plan, { submit: submitWith(values, key), values, key, limits });
	}

	/** @throws JobError where a limit is none: nothing may be spent then */
	function limitsOf({ maximumCost, unpriced }: TextToVideoDef, handle: AccountHandle) {
		const wrong = (name: string, value: unknown) => () => {
			const values = { name: t(`label.${name}`), value: shown(value) };
			return refused(t('error.limit-not-number', values), t('advice.limit-not-number'));
		};
		const ofMessage = limitOf(maximumCost, wrong('maximum-cost', maximumCost));
		const ofDay = limitOf(handle.dailyLimit, wrong('daily-limit', handle.dailyLimit));
		return {
			...(ofMessage === undefined ? {} : { maximumCost: ofMessage }),
			...(ofDay === undefined ? {} : { dailyLimit: ofDay }),
			allowUnpriced: unpriced === 'run',
		};
	}

	function prepared(
		node: Node,
		def: TextToVideoDef,
		plan: OutputPlan,
		{ submit, values = {}, key, limits }: SubmitPlan,
	): PreparedJob {
		const { provider } = handleOf(RED, def.account) ?? {};
		const model = modelOf(provider, values);
		return {
			...{ plan, wait: def.mode !== 'return', deadlineMs: 0 },
			...(model ? { asked: model } : {}),
			...(provider ? { kind: durationKind(provider, values) } : {}),
			async begin(run, writeIntent, show) {
				const handle = account(def);
				const { signal } = run.controller;
				const send = async () => await submit(handle, run, writeIntent);
				const job =
					key === undefined || limits === undefined
						? await send()
						: await withRoom(handle, run, show, async () => {
								const spending = spendingOf(RED, handle.id, handle.host.now);
								const wanted = { values, key, signal };
								const budget = await budgetFor(handle, spending, limits, wanted, t);
								run.quoted = budget.quoted;
								return await withBudget(budget, send);
							});
				const asked = ofModel(handle.provider, values);
				const minutes = numberOr(def.waitAtMost, defaultWaitMinutes(asked));
				run.deadlineMs = handle.host.now() + minutes * MINUTE_MS;
				node.log(t('log.submitted', { provider: handle.provider.title, id: job.jobId }));
				return job;
			},
		};
	}

	const submitWith =
		(values: RequestValues, key: string) =>
		async (handle: AccountHandle, { controller }: JobRun, writeIntent: WriteIntent) =>
			await submitJob(handle, { values, key, writeIntent, signal: controller.signal });

	function findOut(node: Node, def: TextToVideoDef, intent: SubmitIntent): PreparedJob | undefined {
		const { values, plan, key } = intent;
		const { provider } = handleOf(RED, def.account) ?? {};
		if (!provider || provider.id !== intent.provider) return undefined;
		// Where the provider knows a request again, it answers a second sending with the job that it made of the first.
		if (values && isRepeatable(provider)) {
			return prepared(node, def, plan, { submit: submitWith(values, key), values });
		}
		if (!provider.submitLog) return undefined;
		return prepared(node, def, plan, {
			submit: async (handle, { controller }) =>
				await findInterrupted(handle, intent, t, controller.signal),
		});
	}

	function judge(
		node: Node,
		handle: AccountHandle,
		def: TextToVideoDef,
		raw: Record<string, unknown>,
	): RequestValues {
		const {
			provider,
			account: { baseUrl },
		} = handle;
		const field = provider.capabilities.callback?.field;
		if (def.callback && (!field || raw[field] === undefined)) {
			const url = callbackAddress(RED, handle, t, (text) => node.warn(text));
			if (field) raw[field] = url;
		}
		const { values, issues } = validate(provider, raw, baseUrl, FILE_WORDS);
		if (!values) {
			throw refused(inNodeRedWords(issueText(issues)), t('advice.change-field'));
		}
		return values;
	}

	RED.nodes.registerType('text-to-video', TextToVideo);
}

/** What a picture may be beside an address and a data URL. */
const FILE_WORDS = 'a Buffer or the name of a file';

/** What of the request names the model, where it takes one of several or the provider publishes times by it. */
function modelOf(provider: Provider | undefined, values: RequestValues): RequestValues | undefined {
	const field = provider?.models?.field ?? (provider?.runTimes && 'model');
	if (!field) return undefined;
	return Object.fromEntries(Object.entries(values).filter(([name]) => name === field));
}

/** Says the same thing once, however many messages it is true of. */
function createOnce(): (text: string, call: (text: string) => void) => void {
	const said = new Set<string>();
	return (text, call) => {
		if (said.has(text)) return;
		said.add(text);
		call(text);
	};
}

function parallelJobs(def: TextToVideoDef, account: () => AccountHandle): number {
	try {
		return numberOr(def.parallel, account().provider.limits.parallelJobs);
	} catch {
		// Without an account every message is refused anyway.
		return 1;
	}
}
