/** A story told in Node-RED: the real runtime, our nodes, redeploys in the middle. */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { flowWith, openHelper, type FlowNode } from '../../node-red/test/support/helper';
import type { Message } from '../../node-red/src/messages';
import { smallValues } from '../simulators/client';
import type { Simulator } from '../simulators/simulator';
import { run, untilDone } from './clock';
import { jobsBearing, type End, type Evidence } from './evidence';
import type { Story } from './story';

const LONGEST_MS = 48 * 3600 * 1000;

type Helper = Awaited<ReturnType<typeof openHelper>>;
type Told = Message & { item?: number; error?: { message: string } };

let lines: string[] = [];

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
	return helper;
}

export async function tellInNodeRed(
	story: Story,
	sim: Simulator,
	helper: Helper,
): Promise<Evidence> {
	lines = [];
	const evidence: Evidence = { ends: new Map(), texts: [], attached: 0, oddities: [] };
	const flow = flowOf(story, sim);
	const credentials = { account: { apiKey: sim.key } };
	const hear = () => {
		helper.getNode('out').on('input', (msg) => note(msg as Told, endOfOutput(msg as Told)));
		helper.getNode('caught').on('input', (msg) => note(msg as Told, endOfCaught(msg as Told)));
	};
	const note = (msg: Told, end: End) => {
		const item = msg.item!;
		const { payload, ...rest } = msg;
		const shown = Buffer.isBuffer(payload) ? rest : msg;
		evidence.texts.push({
			where: end.kind === 'job' ? 'output' : 'error',
			text: JSON.stringify(shown),
		});
		if (evidence.ends.has(item)) evidence.oddities.push(`${story.prompts[item]}: ends twice`);
		evidence.ends.set(item, end);
	};
	const allEnded = () => evidence.ends.size === story.prompts.length;

	await untilDone(helper.load(helper.nodes, flow, credentials));
	hear();
	const node = () => helper.getNode(`video${story.index}`);
	for (const [item, prompt] of story.prompts.entries()) {
		node().receive({ item, payload: smallValues(story.provider, prompt) });
	}
	const { interruption } = story;
	if (interruption && !(await run(allEnded, interruption.afterMs))) {
		if (interruption.kind === 'stop') {
			node().receive({ cancel: true });
			helper.getNode(`fetch${story.index}`)?.receive({ cancel: true });
		} else {
			const before = new Set(sim.book.jobs.map(({ id }) => id));
			const ended = new Set(evidence.ends.keys());
			await untilDone(helper.setFlows([...flow], 'full', credentials).then(hear));
			await run(allEnded, LONGEST_MS);
			evidence.attached = story.prompts.filter((prompt, item) => {
				const jobs = jobsBearing(sim, prompt);
				return !ended.has(item) && jobs.length > 0 && jobs.every(({ id }) => before.has(id));
			}).length;
		}
	}
	await run(allEnded, LONGEST_MS);
	await untilDone(helper.unload());
	for (const line of lines) evidence.texts.push({ where: 'log', text: line });
	return evidence;
}

function flowOf(story: Story, sim: Simulator): FlowNode[] {
	const own = { waitAtMost: String(story.waitAtMostMinutes), output: 'buffer' };
	const fetches = story.flow === 'fetch';
	const video: FlowNode = {
		id: `video${story.index}`,
		type: 'text-to-video',
		...own,
		...(fetches ? { mode: 'return', output: 'job', wires: [[`fetch${story.index}`]] } : {}),
	};
	const fetch: FlowNode = {
		id: `fetch${story.index}`,
		type: 'text-to-video-result',
		z: 'tab',
		account: 'account',
		operation: 'wait',
		wires: [['out']],
		...own,
	};
	const flow = flowWith(sim, video, story.provider.id);
	return fetches ? [...flow, fetch] : flow;
}

function endOfOutput({ job, payload }: Told): End {
	return { kind: 'job', job: job!, ...(Buffer.isBuffer(payload) ? { video: payload } : {}) };
}

function endOfCaught({ failure, job, error }: Told): End {
	const text = `${error?.message}\n${JSON.stringify({ failure, job })}`;
	return { kind: 'error', accepted: failure!.accepted, text };
}
