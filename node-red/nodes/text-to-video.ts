/** Text to Video: submits a job for each message, waits for it, and passes the video on. */
import { randomUUID } from 'node:crypto';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { defaultWaitMinutes } from '../../jobs/poll';
import type { Job, RequestValues } from '../../providers/contract';
import { ofModel } from '../../providers/schema/ofModel';
import { issueText, validate } from '../../providers/schema/validate';
import { accountOf, handleOf, showAccountFault, type AccountHandle } from '../src/account/account';
import { callbackAddress } from '../src/account/callbackAddress';
import { translator } from '../src/i18n/translate';
import { numberOr } from '../src/input/numbers';
import type { Rows } from '../src/input/rows';
import { readValues } from '../src/input/values';
import { findInterrupted } from '../src/jobs/interruptedSubmit';
import type { JobRun, PreparedJob, WriteIntent } from '../src/jobs/jobRun';
import { JobRunner } from '../src/jobs/runner';
import { isRepeatable, submitJob } from '../src/jobs/submit';
import type { SubmitIntent } from '../src/jobs/submitIntents';
import { refused } from '../src/messages/errors';
import type { Message } from '../src/messages/message';
import { planOutput, type OutputDef } from '../src/output/outputPlan';
import type { OutputPlan } from '../src/output/outputPlan';

interface TextToVideoDef extends NodeDef, OutputDef {
	account?: string;
	fields?: Rows;
	/** `wait` for the video, or `return` the job at once. */
	mode?: 'wait' | 'return';
	/** Minutes. */
	waitAtMost?: string | number;
	/** Jobs at once; blank for what the provider allows. */
	parallel?: string | number;
	/** Messages in line. */
	longestLine?: string | number;
	/** Ask the provider to call the account's callback address. */
	callback?: boolean;
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
	): Promise<PreparedJob> {
		const handle = account(def);
		const { provider } = handle;
		const source = { RED, node, msg, t };
		const { values: raw, payloadUnused } = await readValues(source, provider, def.fields ?? {});
		if (payloadUnused) {
			once(t('log.payload-unused', { provider: provider.title }), (text) => node.warn(text));
		}
		const values = judge(node, handle, def, raw);
		const plan = await planOutput(source, def);
		return prepared(node, def, plan, submitWith(values, randomUUID()), values);
	}

	function prepared(
		node: Node,
		def: TextToVideoDef,
		plan: OutputPlan,
		submit: (handle: AccountHandle, run: JobRun, writeIntent: WriteIntent) => Promise<Job>,
		values?: RequestValues,
	): PreparedJob {
		return {
			...{ plan, wait: def.mode !== 'return', deadlineMs: 0 },
			async begin(run, writeIntent) {
				const handle = account(def);
				const job = await submit(handle, run, writeIntent);
				const asked = ofModel(handle.provider, values ?? {});
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
			return prepared(node, def, plan, submitWith(values, key), values);
		}
		if (!provider.submitLog) return undefined;
		return prepared(
			node,
			def,
			plan,
			async (handle, { controller }) => await findInterrupted(handle, intent, t, controller.signal),
		);
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
		const { values, issues } = validate(provider, raw, baseUrl);
		if (!values) throw refused(issueText(issues), t('advice.change-field'));
		return values;
	}

	RED.nodes.registerType('text-to-video', TextToVideo);
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
