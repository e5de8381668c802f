/** A scenario told in n8n: real n8n-core, our nodes, runs dropped in the middle, retries with the saved data. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { stringify } from 'flatted';
import type { IBinaryData, IDataObject, INodeExecutionData, INodeType } from 'n8n-workflow';
import { vi } from 'vitest';
import type { Accepted, Job } from '../../providers/contract';
import { smallValues } from '../simulators/client';
import type { Simulator } from '../simulators/simulator';
import { runWorkflow, type WorkflowResult } from '../support/n8nCore';
import { credentialsOf, itemParameters } from '../support/n8nNode';
import { inFlight, killSleepers, run, untilDone } from './clock';
import { jobsBearing, type End, type Evidence } from './evidence';
import { takeLog } from '../support/n8nLog';
import { Sender } from './sender';
import type { Scenario } from './scenario';

type NodeTypes = Record<string, INodeType>;

/** The nodes as a new process loads them, with nothing in memory. */
async function freshNodes(): Promise<NodeTypes> {
	vi.resetModules();
	const [video, result] = await Promise.all([
		import('../../nodes/TextToVideo/TextToVideo.node'),
		import('../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node'),
	]);
	return {
		textToVideo: new video.TextToVideo(),
		textToVideoFetchResult: new result.TextToVideoFetchResult(),
	};
}

let loaded: Promise<NodeTypes> | undefined;

const require = createRequire(import.meta.url);
const { BinaryDataService } = require('n8n-core') as { BinaryDataService: unknown };
const { Container } = require('@n8n/di') as {
	Container: { get(type: unknown): { getAsBuffer(data: IBinaryData): Promise<Buffer> } };
};

/** What n8n has saved of an execution's memory. */
type Saved = Record<string, IDataObject>;

export async function runInN8n(scenario: Scenario, sim: Simulator): Promise<Evidence> {
	takeLog();
	const evidence: Evidence = { ends: new Map(), texts: [], attached: 0, restarts: 0, oddities: [] };
	const sender = scenario.flow === 'callback' ? await Sender.start(scenario, sim) : undefined;
	let result = await firstRun(scenario, sim);
	for (let reruns = 0; ; reruns += 1) {
		if (sender) result = await sender.wake(result);
		for (const [item, end] of await endsOf(result, scenario)) evidence.ends.set(item, end);
		evidence.texts.push({ where: 'output', text: stringify(result.run) });
		if (result.error) {
			const { message, description } = result.error;
			evidence.texts.push({ where: 'error', text: `${message}\n${description}` });
		}
		if (result.status !== 'error' || reruns >= scenario.reruns) break;
		const before = new Set(sim.book.jobs.map(({ id }) => id));
		result = await untilDone(result.retry());
		evidence.attached += attachedTo(before, sim, scenario);
	}
	await sender?.close();
	for (const line of takeLog()) evidence.texts.push({ where: 'log', text: line });
	return evidence;

	async function firstRun(...args: [Scenario, Simulator]): Promise<WorkflowResult> {
		const saved: Saved = {};
		const first = await runOnce(...args, saved, scenario.interruption);
		if (first !== 'killed') return first;
		evidence.restarts += 1;
		const before = new Set(sim.book.jobs.map(({ id }) => id));
		const survived = JSON.parse(JSON.stringify(saved)) as Saved;
		const second = (await runOnce(...args, survived, undefined)) as WorkflowResult;
		evidence.attached += attachedTo(before, sim, scenario);
		return second;
	}
}

async function runOnce(
	scenario: Scenario,
	sim: Simulator,
	contextData: Saved,
	interruption: Scenario['interruption'],
): Promise<WorkflowResult | 'killed'> {
	let stop: () => void = () => undefined;
	let over = false;
	const running = runWorkflow({
		nodeTypes: await (loaded ??= freshNodes()),
		nodes: nodesOf(scenario),
		items: scenario.prompts.map((prompt) => ({ json: { prompt } })),
		credentials: await credentialsOf(scenario.provider.id, { baseUrl: sim.url, apiKey: sim.key }),
		contextData,
		resumeToken: createHash('sha256').update(`${scenario.seed} ${scenario.index}`).digest('hex'),
		onStart: (stopIt) => (stop = stopIt),
	});
	const end = () => {
		over = true;
	};
	running.then(end, end);
	if (interruption && !(await run(() => over, interruption.afterMs))) {
		if (interruption.kind === 'stop') stop();
		else {
			// The answer to a submit that was on its way would be lost with n8n; that nobody can know.
			await run(() => over || inFlight() === 0, Infinity);
			if (!over) {
				killSleepers();
				loaded = undefined;
				return 'killed';
			}
		}
	}
	return await untilDone(running);
}

/** What the simulator's list asks for the video that `smallValues` describes. */
const QUOTED_USD = 0.3;

/** Without a price for its model, a budget would refuse every run. */
function budgetOf({ money, prompts }: Scenario): object {
	if (!money?.startsWith('budget')) return {};
	const short = money === 'budget a cent short' ? 0.01 : 0;
	const maximumCost = Number((QUOTED_USD * prompts.length - short).toFixed(2));
	return { maximumCost, unpriced: 'run' };
}

const WHEN_SUBMITTED = { wait: 'wait', fetch: 'return', callback: 'suspend' } as const;

function nodesOf(scenario: Scenario) {
	const { provider, onError, tries } = scenario;
	const common = {
		onError,
		...(tries > 1 ? { retryOnFail: true, maxTries: tries, waitBetweenTries: 1000 } : {}),
	};
	const shared = {
		downloadVideo: true,
		options: { waitAtMost: scenario.waitAtMostMinutes, ...budgetOf(scenario) },
		requestOptions: { timeout: scenario.timeoutMs },
	};
	const submit = {
		name: 'Video',
		type: 'textToVideo',
		...common,
		parameters: {
			...itemParameters(provider, smallValues(provider, '={{ $json.prompt }}')),
			...shared,
			whenSubmitted: WHEN_SUBMITTED[scenario.flow],
		} as never,
	};
	if (scenario.flow !== 'fetch') return [submit];
	const fetch = {
		name: 'Fetch',
		type: 'textToVideoFetchResult',
		...common,
		parameters: {
			provider: provider.id,
			authentication: '={{ $parameter["provider"] }}',
			operation: 'wait',
			jobId: '={{ $json.jobId }}',
			...shared,
		} as never,
	};
	return [submit, fetch];
}

/** The last word of the run on each of its items. */
async function endsOf(result: WorkflowResult, scenario: Scenario): Promise<Map<number, End>> {
	if (result.run.status === 'canceled') {
		return new Map(scenario.prompts.map((_, item) => [item, { kind: 'stopped' }]));
	}
	const ends = new Map<number, End>();
	const [passedOn = [], ...others] = result.outputs('Video');
	const last = scenario.flow === 'fetch' ? [] : passedOn;
	for (const output of [...last, ...others.flat()]) {
		ends.set(inputOf(output), await endOf(output));
	}
	if (scenario.flow === 'fetch') {
		for (const output of result.outputs('Fetch').flat()) {
			ends.set(inputOf(passedOn[inputOf(output)]), await endOf(output));
		}
	}
	if (!result.error) return ends;
	const text = `${result.error.message}\n${result.error.description ?? ''}`;
	const { context, node } = result.error as {
		context?: { itemIndex?: number };
		node?: { name: string };
	};
	for (const item of scenario.prompts.keys()) {
		const position =
			node?.name === 'Video' ? item : passedOn.findIndex((output) => inputOf(output) === item);
		const about = context?.itemIndex === position;
		if (!ends.has(item)) ends.set(item, { kind: 'halted', text, about });
	}
	return ends;
}

/** Which item of its node's input an output belongs to. */
function inputOf(output: INodeExecutionData | undefined): number {
	const paired = output?.pairedItem;
	if (typeof paired !== 'object' || Array.isArray(paired)) {
		throw new Error(`An item does not say which it belongs to: ${JSON.stringify(output)}`);
	}
	return paired.item;
}

async function endOf({ json, binary }: INodeExecutionData): Promise<End> {
	const details = json.details as IDataObject | undefined;
	if (details) {
		return {
			kind: 'error',
			accepted: details.accepted as Accepted,
			text: `${String(json.message)}\n${JSON.stringify(details)}`,
		};
	}
	const video = binary?.data ? await bytesOf(binary.data) : undefined;
	return { kind: 'job', job: json as unknown as Job, ...(video ? { video } : {}) };
}

const bytesOf = async (data: IBinaryData): Promise<Buffer> =>
	data.id
		? await Container.get(BinaryDataService).getAsBuffer(data)
		: Buffer.from(data.data, 'base64');

/** Items whose job was there before this run and that got no new one in it. */
const attachedTo = (before: Set<string>, sim: Simulator, scenario: Scenario): number =>
	scenario.prompts.filter((prompt) => {
		const jobs = jobsBearing(sim, prompt);
		return jobs.length > 0 && jobs.every(({ id }) => before.has(id));
	}).length;
