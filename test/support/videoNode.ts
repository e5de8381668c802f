/** Our nodes on the real n8n-core against simulated providers, in as few words as a test allows. */
import type { INodeExecutionData } from 'n8n-workflow';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import { providerById } from '../../providers/registry';
import { smallValues } from '../simulators/client';
import type { Simulator } from '../simulators/simulator';
import { runWorkflow, type WorkflowResult, type WorkflowRun } from './n8nCore';
import { credentialsOf, itemParameters } from './n8nNode';

/** The prompt comes from the item, so that every item's request is its own. */
const PROMPT = '={{ $json.prompt }}';

export interface VideoRun {
	/** Local GPU by default: it reports an ETA, so that waiting takes no longer than the job. */
	provider?: string;
	/** One item each. */
	prompts?: string[];
	items?: INodeExecutionData[];
	/** Of the node. */
	parameters?: object;
	/** Settings of the node: onError, retryOnFail, … */
	settings?: object;
	onStart?: (stop: () => void) => void;
	mode?: 'manual' | 'trigger';
	baseUrl?: string;
	withoutToken?: boolean;
}

const promptItems = (prompts: string[]): INodeExecutionData[] =>
	prompts.map((prompt) => ({ json: { prompt } }));

/** Parameters of a Text to Video node that takes the prompt from its item. */
export function videoParameters(providerId: string, parameters: object = {}): object {
	const provider = providerById(providerId);
	const values = itemParameters(provider, smallValues(provider, 'PROMPT'));
	const fromItem = JSON.parse(
		JSON.stringify(values).replaceAll('"PROMPT"', JSON.stringify(PROMPT)),
	);
	return { ...fromItem, ...parameters };
}

export async function videoOptions(sim: Simulator, run: VideoRun = {}): Promise<WorkflowRun> {
	const provider = run.provider ?? 'localGpu';
	const { prompts = ['A paper boat'], items = promptItems(prompts) } = run;
	return {
		nodeTypes: { textToVideo: new TextToVideo() },
		credentials: await credentialsOf(provider, {
			baseUrl: run.baseUrl ?? sim.url,
			apiKey: sim.key,
		}),
		items,
		...(run.onStart ? { onStart: run.onStart } : {}),
		...(run.mode ? { mode: run.mode } : {}),
		...(run.withoutToken ? { withoutToken: true } : {}),
		nodes: [
			{
				name: 'Video',
				type: 'textToVideo',
				parameters: videoParameters(provider, run.parameters) as never,
				...run.settings,
			},
		],
	};
}

export const runVideo = async (sim: Simulator, run: VideoRun = {}): Promise<WorkflowResult> =>
	await runWorkflow(await videoOptions(sim, run));

export interface FetchRun extends VideoRun {
	operation?: 'cancel' | 'get' | 'wait';
}

/** Fetch Result on its own, fed with items that hold jobs. */
export const runFetch = async (sim: Simulator, run: FetchRun): Promise<WorkflowResult> =>
	await runWorkflow(await fetchOptions(sim, run));

export async function fetchOptions(sim: Simulator, run: FetchRun): Promise<WorkflowRun> {
	const provider = run.provider ?? 'localGpu';
	return {
		...(await videoOptions(sim, run)),
		nodeTypes: { textToVideoFetchResult: new TextToVideoFetchResult() },
		nodes: [
			{
				name: 'Result',
				type: 'textToVideoFetchResult',
				parameters: {
					provider,
					authentication: '={{ $parameter["provider"] }}',
					operation: run.operation ?? 'get',
					jobId: '={{ $json.jobId }}',
					...run.parameters,
				} as never,
				...run.settings,
			},
		],
	};
}

/** Every item's json of the node's first output. */
export const jsons = (result: WorkflowResult, node = 'Video') =>
	result.items(node).map(({ json }) => json);
