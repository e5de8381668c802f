/** A scenario told in Node-RED: the real runtime, our nodes, redeploys in the middle. */
import { EventEmitter } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { NodeAPI } from 'node-red';
import { flowWith, openHelper, type FlowNode } from '../../node-red/test/support/helper';
import type { Message } from '../../node-red/src/messages/message';
import { smallValues } from '../simulators/client';
import type { Simulator } from '../simulators/simulator';
import { closeServer, listen } from '../simulators/http';
import { snapshotAt } from '../simulators/timeline';
import { passUntil, run, untilDone } from './clock';
import { jobsBearing, type End, type Evidence } from './evidence';
import { CallbackCalls } from './callbacks';
import type { Scenario } from './scenario';

const LONGEST_MS = 48 * 3600 * 1000;
/** The webhook node asks the provider again and again for minutes, and then downloads. */
const AFTER_LAST_LETTER_MS = 30 * 60_000;

type Helper = Awaited<ReturnType<typeof openHelper>> & { callbackUrl: string };
type Told = Message & { item?: number; error?: { message: string } };

let lines: string[] = [];
let tellings = 0;

/** Real time: the runtime starts before the clock is a virtual one. */
export async function openNodeRed(): Promise<Helper> {
	const helper = await openHelper('node-red');
	const require = createRequire(import.meta.url);
	const { log } = createRequire(require.resolve('node-red'))('@node-red/util') as {
		log: { addHandler(handler: EventEmitter): void };
	};
	const handler = new EventEmitter();
	handler.on('log', (line: object) => lines.push(JSON.stringify(line)));
	log.addHandler(handler);
	// The test helper hangs the routes of nodes nowhere.
	let routes: RequestListener | undefined;
	const server = createServer((request, response) => routes?.(request, response));
	helper.nodes.push((RED: NodeAPI) => void (routes = RED.httpNode as RequestListener));
	const callbackUrl = await listen(server);
	const { stopServer } = helper;
	return Object.assign(helper, {
		callbackUrl,
		stopServer: (done: () => void) =>
			void closeServer(server).then(() => stopServer.call(helper, done)),
	});
}

export async function runInNodeRed(
	scenario: Scenario,
	sim: Simulator,
	helper: Helper,
): Promise<Evidence> {
	lines = [];
	const evidence: Evidence = {
		...{ ends: new Map(), texts: [], attached: 0, restarts: 0, oddities: [] },
	};
	// Another one each time: the callbacks that an account has had are remembered.
	const account = `account${(tellings += 1)}`;
	const flow = flowOf(scenario, sim, helper.callbackUrl).map((node) => ({
		...node,
		...(node.id === 'account' ? { id: account } : {}),
		...(node.account ? { account } : {}),
	}));
	const credentials = { [account]: { apiKey: sim.key, webhookSecret: sim.webhookSecret } };
	const hear = () => {
		helper.getNode('out').on('input', (msg) => note(msg as Told, firstEnd(msg as Told)));
		helper.getNode('caught').on('input', (msg) => note(msg as Told, endOfCaught(msg as Told)));
		helper.getNode('news')?.on('input', (msg) => noteNews(msg as Told));
	};
	/** Where the webhook node is to bring the file, the node before passes the job alone on, done or not. */
	const firstEnd = (msg: Told): End => ({
		...endOfOutput(msg),
		...(scenario.flow === 'callback' ? { fileless: true } : {}),
	});
	/** Jobs that the webhook node has told of. */
	const news = new Set<string>();
	const note = (msg: Told, end: End) => {
		const item = msg.item ?? itemOf(msg.job!.jobId, scenario, sim);
		show(msg, end.kind === 'job' ? 'output' : 'error');
		// A webhook node whose download failed has told of its job, too.
		if (msg.item === undefined) tell(msg.job!.jobId);
		else if (evidence.ends.has(item))
			evidence.oddities.push(`${scenario.prompts[item]}: ends twice`);
		evidence.ends.set(item, end);
	};
	const noteNews = (msg: Told) => {
		const { jobId, status, failure } = msg.job!;
		const real = snapshotAt(sim.book.job(jobId), Date.now()).status;
		if (real !== status) evidence.oddities.push(`job ${jobId}: told as ${status} while ${real}`);
		tell(jobId);
		show(msg, 'output');
		const text = JSON.stringify(msg.job);
		evidence.ends.set(
			itemOf(jobId, scenario, sim),
			failure ? { kind: 'error', accepted: failure.accepted, text } : endOfOutput(msg),
		);
	};
	const tell = (jobId: string) => {
		if (news.has(jobId)) evidence.oddities.push(`job ${jobId}: told twice`);
		news.add(jobId);
	};
	const show = (msg: Told, where: 'output' | 'error') => {
		const { payload, ...rest } = msg;
		evidence.texts.push({ where, text: JSON.stringify(Buffer.isBuffer(payload) ? rest : msg) });
	};
	const allEnded = () => evidence.ends.size === scenario.prompts.length;

	await untilDone(helper.load(helper.nodes, flow, credentials));
	hear();
	const node = () => helper.getNode(`video${scenario.index}`);
	for (const [item, prompt] of scenario.prompts.entries()) {
		node().receive({ item, payload: smallValues(scenario.provider, prompt) });
	}
	const { interruption } = scenario;
	if (interruption && !(await run(allEnded, interruption.afterMs))) {
		if (interruption.kind === 'stop') {
			node().receive({ cancel: true });
			helper.getNode(`fetch${scenario.index}`)?.receive({ cancel: true });
		} else {
			const before = new Set(sim.book.jobs.map(({ id }) => id));
			const ended = new Set(evidence.ends.keys());
			evidence.restarts += 1;
			await untilDone(helper.setFlows([...flow], 'full', credentials).then(hear));
			await run(allEnded, LONGEST_MS);
			evidence.attached = scenario.prompts.filter((prompt, item) => {
				const jobs = jobsBearing(sim, prompt);
				return !ended.has(item) && jobs.length > 0 && jobs.every(({ id }) => before.has(id));
			}).length;
		}
	}
	await run(allEnded, LONGEST_MS);
	const taken = scenario.flow === 'callback' ? await deliverAll(scenario, sim) : [];
	await untilDone(helper.unload());
	for (const line of lines) evidence.texts.push({ where: 'log', text: line });
	const unsaid = taken.filter((id) => !news.has(id) && !lines.some((line) => explains(line, id)));
	evidence.oddities.push(...unsaid.map((id) => `job ${id}: nothing came of its callback`));
	return evidence;
}

/** @returns the jobs of which a true message was taken */
async function deliverAll(scenario: Scenario, sim: Simulator): Promise<string[]> {
	const callbackCalls = new CallbackCalls(scenario, sim);
	const taken: string[] = [];
	for (let callbackCall = callbackCalls.next(); callbackCall; callbackCall = callbackCalls.next()) {
		await passUntil(callbackCall.atMs);
		const statuses = await untilDone(callbackCalls.deliver(callbackCall));
		if (callbackCall.true && statuses.every((status) => status < 300))
			taken.push(callbackCall.job.id);
	}
	await passUntil(Date.now() + AFTER_LAST_LETTER_MS);
	return taken;
}

const explains = (line: string, jobId: string): boolean =>
	line.includes(jobId) && line.includes('could not confirm');

const itemOf = (jobId: string, scenario: Scenario, sim: Simulator): number =>
	scenario.prompts.findIndex((prompt) => jobsBearing(sim, prompt).some(({ id }) => id === jobId));

function flowOf(scenario: Scenario, sim: Simulator, callbackBaseUrl: string): FlowNode[] {
	const own = { waitAtMost: String(scenario.waitAtMostMinutes), output: 'buffer' };
	const fetches = scenario.flow === 'fetch';
	const video: FlowNode = {
		id: `video${scenario.index}`,
		type: 'text-to-video',
		...own,
		...(fetches ? { mode: 'return', output: 'job', wires: [[`fetch${scenario.index}`]] } : {}),
		...(scenario.flow === 'callback' ? { mode: 'return', output: 'job', callback: true } : {}),
	};
	const fetch: FlowNode = {
		id: `fetch${scenario.index}`,
		type: 'text-to-video-result',
		z: 'tab',
		account: 'account',
		operation: 'wait',
		wires: [['out']],
		...own,
	};
	const flow = flowWith(sim, video, scenario.provider.id);
	if (scenario.flow !== 'callback') return fetches ? [...flow, fetch] : flow;
	Object.assign(
		flow.find(({ id }) => id === 'account')!,
		{ callbackBaseUrl },
	);
	const webhook: FlowNode = {
		id: `webhook${scenario.index}`,
		type: 'text-to-video-webhook',
		z: 'tab',
		account: 'account',
		wires: [['news']],
		...own,
	};
	return [...flow, webhook, { id: 'news', type: 'helper', z: 'tab' }];
}

function endOfOutput({ job, payload }: Told): End {
	return { kind: 'job', job: job!, ...(Buffer.isBuffer(payload) ? { video: payload } : {}) };
}

function endOfCaught({ failure, job, error }: Told): End {
	const text = `${error?.message}\n${JSON.stringify({ failure, job })}`;
	return { kind: 'error', accepted: failure!.accepted, text };
}
