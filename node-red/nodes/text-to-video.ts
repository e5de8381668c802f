/** Text to Video: submits a job for each message, waits for it, and passes the video on. */
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { DEFAULT_WAIT_MINUTES } from '../../jobs/poll';
import { canCallBack } from '../../providers/callbackAddress';
import type { Job, RequestValues } from '../../providers/contract';
import { issueText, validate } from '../../providers/schema/validate';
import { accountOf, type AccountHandle } from '../src/account/account';
import type { JobRun, PreparedJob } from '../src/jobs/jobRun';
import type { Message } from '../src/messages/message';
import { numberOr } from '../src/input/numbers';
import { planOutput, type OutputDef } from '../src/output/outputPlan';
import { refused } from '../src/messages/errors';
import { JobRunner } from '../src/jobs/runner';
import { submitJob } from '../src/jobs/submit';
import { translator } from '../src/i18n/translate';
import { readValues, type Rows } from '../src/input/values';

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
		new JobRunner({
			RED,
			node: this,
			account,
			parallel: parallelJobs(def, account),
			longestLine: numberOr(def.longestLine, DEFAULT_LONGEST_LINE),
			submits: true,
			prepare: async (msg) => await prepare(this, def, msg),
		}).attach();
	}

	async function prepare(node: Node, def: TextToVideoDef, msg: Message): Promise<PreparedJob> {
		const handle = account(def);
		const source = { RED, node, msg, t };
		const rows = await readValues(source, handle.provider, def.fields ?? {});
		const values = judge(node, handle, def, rows);
		const plan = await planOutput(source, def);
		return {
			plan,
			wait: def.mode !== 'return',
			deadlineMs: 0,
			begin: async (run) => await submit(node, def, run, values),
		};
	}

	const account = (def: TextToVideoDef): AccountHandle => accountOf(RED, def.account, t);

	async function submit(
		node: Node,
		def: TextToVideoDef,
		run: JobRun,
		values: RequestValues,
	): Promise<Job> {
		const handle = account(def);
		const job = await submitJob(handle, values, run.controller.signal);
		const minutes = numberOr(def.waitAtMost, DEFAULT_WAIT_MINUTES);
		run.deadlineMs = handle.host.now() + minutes * MINUTE_MS;
		node.log(t('log.submitted', { provider: handle.provider.title, id: job.jobId }));
		return job;
	}

	function judge(
		node: Node,
		{ provider, account: { baseUrl }, callbackUrl }: AccountHandle,
		def: TextToVideoDef,
		raw: Record<string, unknown>,
	) {
		const field = provider.capabilities.callback?.field;
		if (def.callback && field && raw[field] === undefined) {
			if ((RED.settings.httpNodeRoot as unknown) === false) {
				throw refused(t('error.no-http'), t('advice.no-http'));
			}
			const url = callbackUrl();
			if (!url) throw refused(t('error.no-callback-url'), t('advice.no-callback-url'));
			if (!canCallBack(provider, baseUrl, url)) {
				const { origin } = new URL(url);
				node.warn(t('log.callback-unreachable', { provider: provider.title, origin }));
			}
			raw[field] = url;
		}
		const { values, issues } = validate(provider, raw, baseUrl);
		if (!values) throw refused(issueText(issues), t('advice.change-field'));
		return values;
	}

	RED.nodes.registerType('text-to-video', TextToVideo);
}

function parallelJobs(def: TextToVideoDef, account: () => AccountHandle): number {
	try {
		return numberOr(def.parallel, account().provider.limits.parallelJobs);
	} catch {
		// Without an account every message is refused anyway.
		return 1;
	}
}
