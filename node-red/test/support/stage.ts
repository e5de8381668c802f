/** A Node-RED with one node of ours in it, in front of a simulated provider, for one test after the other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import {
	startSimulator,
	type Simulator,
	type SimulatorOptions,
} from '../../../test/simulators/simulator';
import {
	flowWith,
	listen,
	openHelper,
	statuses,
	warningsOf,
	type FlowNode,
	type Version,
} from './helper';

/** The versions of Node-RED that the package is for. */
export const VERSIONS: Version[] = ['node-red', 'node-red-4'];

const NODE: FlowNode = { id: 'node', type: 'text-to-video', waitAtMost: '1' };
export const RESULT: FlowNode = { id: 'node', type: 'text-to-video-result', operation: 'wait' };

/** Other nodes of the flow, by the id of the node. */
const NOTHING = (_id: string): FlowNode[] => [];

export class Stage {
	helper!: Awaited<ReturnType<typeof openHelper>>;
	/** For files. */
	folder!: string;
	sim!: Simulator;
	/** A node that comes back with the same id takes up its jobs, so every test has a node of its own. */
	nodeId = 'node';
	private tests = 0;
	private loaded = false;

	constructor(version: Version) {
		beforeAll(async () => {
			this.helper = await openHelper(version);
			this.folder = await mkdtemp(path.join(tmpdir(), 'ttv-'));
		});
		afterAll(async () => {
			await new Promise<void>((resolve) => this.helper.stopServer(resolve));
			await rm(this.folder, { recursive: true });
		});
		afterEach(async () => await this.clear());
	}

	async load(
		change: Partial<FlowNode> = {},
		options: SimulatorOptions = {},
		{ node = NODE, provider = 'localGpu', more = NOTHING, hasKey = true, account = {} } = {},
	) {
		this.sim = await startSimulator({ durationMs: 500, queueMs: 100, ...options });
		this.nodeId = `node${(this.tests += 1)}`;
		const flow = [
			...flowWith(this.sim, { ...node, ...change, id: this.nodeId }, provider, account),
			...more(this.nodeId),
		];
		const credentials = { account: { apiKey: hasKey ? this.sim.key : '' } };
		await this.helper.load(this.helper.nodes, flow, credentials);
		this.loaded = true;
		return { ...this.hear(), flow, credentials };
	}

	/** The nodes of the flow that runs now. */
	hear() {
		const node = this.helper.getNode(this.nodeId);
		return {
			node,
			out: listen(this.helper.getNode('out')),
			caught: listen(this.helper.getNode('caught')),
			texts: statuses(node),
			warnings: warningsOf(node),
		};
	}

	/** What stands under the node since before anybody listened. */
	statusNow(): object {
		const { status } = this.helper.getNode(this.nodeId) as unknown as {
			status: { lastCall: { args: [object] } };
		};
		return status.lastCall.args[0];
	}

	async clear(): Promise<void> {
		if (this.loaded) await this.helper.unload();
		this.loaded = false;
		await this.sim?.close();
	}
}
