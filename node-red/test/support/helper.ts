/** Node-RED's own test helper on one version of Node-RED, with these nodes and their real texts. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import account from '../../nodes/text-to-video-account';
import textToVideo from '../../nodes/text-to-video';
import result from '../../nodes/text-to-video-result';
import webhook from '../../nodes/text-to-video-webhook';
import { NAMESPACE } from '../../src/i18n/translate';
import type { Message } from '../../src/messages/message';
import type { Simulator } from '../../../test/simulators/simulator';

const require = createRequire(import.meta.url);

export type Version = 'node-red' | 'node-red-4';
export type FlowNode = { id: string; type: string; [key: string]: unknown };
export type Credentials = Record<string, Record<string, string>>;

interface Helper {
	init(path: string): void;
	settings(settings: object): void;
	startServer(done: () => void): void;
	stopServer(done: () => void): void;
	load(nodes: unknown[], flow: FlowNode[], credentials: Credentials): Promise<void>;
	setFlows(flow: FlowNode[], type: string, credentials: Credentials): Promise<void>;
	unload(): Promise<void>;
	getNode(id: string): Node & { receive(msg: object): void; context(): never };
}

type Register = (RED: NodeAPI) => void;

export async function openHelper(version: Version): Promise<Helper & { nodes: Register[] }> {
	const helper = require('node-red-node-test-helper') as Helper;
	const runtime = require.resolve(version);
	helper.init(runtime);
	const { version: wanted } = require(`${version}/package.json`) as { version: string };
	const translate = await texts(runtime);
	const nodes = [account, textToVideo, result, webhook].map((register: Register) => {
		return (RED: NodeAPI) => {
			const runs = String((RED.settings as { version?: string }).version);
			if (!runs.startsWith(wanted)) throw new Error(`This is Node-RED ${runs}, not ${wanted}`);
			// The helper gives nodes a translation that gives back the key; people read the text.
			register(Object.assign(RED, { _: translate }));
		};
	});
	await new Promise<void>((resolve) => helper.startServer(resolve));
	return Object.assign(helper, { nodes });
}

async function texts(runtime: string) {
	const util = createRequire(runtime)('@node-red/util') as {
		i18n: {
			init(settings: { lang: string }): void;
			registerMessageCatalog(namespace: string, folder: string, file: string): Promise<void>;
			_(key: string, values?: object): string;
		};
	};
	const folder = path.join(import.meta.dirname, '../../nodes/locales');
	util.i18n.init({ lang: 'en-US' });
	await util.i18n.registerMessageCatalog(NAMESPACE, folder, 'text-to-video-account.json');
	return (key: string, values?: object) => util.i18n._(key, values);
}

/** An account of a simulated provider, a node, and helpers that hear what comes out and what Catch gets. */
export function flowWith(
	sim: Pick<Simulator, 'url'>,
	node: FlowNode,
	providerId = 'localGpu',
	account: object = {},
): FlowNode[] {
	return [
		{ id: 'tab', type: 'tab', label: 'Test' },
		{
			...{ id: 'account', type: 'text-to-video-account', provider: providerId, baseUrl: sim.url },
			...account,
		},
		{ z: 'tab', account: 'account', wires: [['out']], ...node },
		{ id: 'out', type: 'helper', z: 'tab' },
		{ id: 'handler', type: 'catch', z: 'tab', scope: null, wires: [['caught']] },
		{ id: 'caught', type: 'helper', z: 'tab' },
	];
}

/** Collects the messages of a helper node and lets a test wait for them. */
export function listen(node: Node): { all: Message[]; next(count?: number): Promise<Message> } {
	const all: Message[] = [];
	const waiting: Array<() => void> = [];
	let taken = 0;
	node.on('input', (msg) => {
		all.push(msg as Message);
		for (const wake of waiting.splice(0)) wake();
	});
	return {
		all,
		/** The next message, or the last of so many. */
		async next(count = 1) {
			taken += count;
			while (all.length < taken) await new Promise<void>((resolve) => waiting.push(resolve));
			return all[taken - 1] as Message;
		},
	};
}

/** What stood under a node, in order. */
export function statuses(node: Node): string[] {
	const texts: string[] = [];
	// An event of the test helper's own, which Node-RED's types do not know.
	const spied = node as unknown as {
		on(event: 'call:status', listener: (call: { args: [{ text?: string }] }) => void): void;
	};
	spied.on('call:status', ({ args: [{ text }] }) => texts.push(text ?? ''));
	return texts;
}

/** What a node warned of, in order. */
export function warningsOf(node: Node): string[] {
	const texts: string[] = [];
	const spied = node as unknown as {
		on(event: 'call:warn', listener: (call: { args: [unknown] }) => void): void;
	};
	spied.on('call:warn', ({ args: [text] }) => texts.push(String(text)));
	return texts;
}

export async function until(what: () => boolean): Promise<void> {
	while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}
