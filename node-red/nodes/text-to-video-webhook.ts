/** Webhook: gives a message when a provider calls back to say that a job has changed. */
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { CALLBACK_EVENTS, type CallbackEvent } from '../../jobs/callback/events';
import type { Job } from '../../providers/contract';
import { accountOf, CALLBACK_ROUTE, nodeRoot, type AccountHandle } from '../src/account/account';
import { checkCallbacks } from '../src/account/callbackAddress';
import { addReceiver } from '../src/callbacks/route';
import type { JobRun } from '../src/jobs/jobRun';
import type { Message } from '../src/messages/message';
import { planOutput, type OutputDef } from '../src/output/outputPlan';
import { asJobError, describe } from '../src/messages/errors';
import { JobRunner } from '../src/jobs/runner';
import { translator } from '../src/i18n/translate';

interface WebhookDef extends NodeDef, OutputDef {
	account?: string;
	/** Kinds of events to pass on. */
	events?: string[];
}

/** Downloads at once. */
const PARALLEL = 4;
const DEFAULT_EVENTS: readonly CallbackEvent[] = ['succeeded', 'failed', 'cancelled', 'test'];

export default function register(RED: NodeAPI): void {
	const t = translator(RED);

	function Webhook(this: Node, def: WebhookDef): void {
		RED.nodes.createNode(this, def);
		const account = () => accountOf(RED, def.account, t);
		const runner = new JobRunner({ RED, node: this, account, parallel: PARALLEL }).attach();
		let handle: AccountHandle;
		try {
			handle = account();
			checkCallbacks(RED, handle, t);
		} catch (error) {
			this.error((error as Error).message);
			this.status({ fill: 'red', shape: 'ring', text: t('status.not-listening') });
			return;
		}
		if (RED.settings.httpNodeAuth) {
			this.warn(t('log.http-node-auth', { path: `${nodeRoot(RED)}${CALLBACK_ROUTE}/` }));
			this.status({ fill: 'yellow', shape: 'ring', text: t('status.behind-login') });
		}
		const remove = addReceiver(RED, handle, {
			events: chosenEvents(def.events),
			receive: (job, event) => void receive(this, def, runner, job, event),
			log: { info: (text) => this.log(text), warn: (text) => this.warn(text) },
		});
		this.on('close', remove);
	}

	async function receive(
		node: Node,
		def: WebhookDef,
		runner: JobRunner,
		job: Job,
		event: CallbackEvent,
	): Promise<void> {
		const msg: Message = { _msgid: RED.util.generateId(), topic: event, payload: job, job };
		const send = (message: Message) => node.send(message);
		const done = (error?: Error) => error && node.error(error, msg);
		// A job that ended badly is news here, not an error of this node.
		if (job.status !== 'succeeded' || event === 'test' || (def.output ?? 'job') === 'job') {
			return send(msg);
		}
		try {
			const plan = await planOutput({ RED, node, msg, t }, def);
			const run: JobRun = {
				...{ msg, send, done, plan, job },
				stage: 'queued',
				wait: false,
				deadlineMs: 0,
				controller: new AbortController(),
			};
			runner.start(run, async () => job);
		} catch (error) {
			const problem = asJobError(error, job);
			describe(msg, problem);
			done(problem);
		}
	}

	RED.nodes.registerType('text-to-video-webhook', Webhook);
}

function chosenEvents(events: string[] | undefined): readonly CallbackEvent[] {
	if (!events) return DEFAULT_EVENTS;
	return CALLBACK_EVENTS.filter((event) => events.includes(event));
}
