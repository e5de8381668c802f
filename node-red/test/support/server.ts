/** A real Node-RED in a process of its own, driven by its admin API. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { FlowNode, Version } from './helper';

const require = createRequire(import.meta.url);

export interface DebugMessage {
	/** Of the debug node. */
	id: string;
	name?: string;
	msg: unknown;
	topic?: string;
}

export interface NodeRed {
	url: string;
	/** Everything that debug nodes showed. */
	debug: DebugMessage[];
	log(): string;
	deploy(flows: FlowNode[], type?: string): Promise<void>;
	inject(id: string): Promise<void>;
	get(path: string): Promise<unknown>;
	stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startNodeRed(
	version: Version,
	userDir: string,
	settings: Record<string, unknown> = {},
): Promise<NodeRed> {
	const port = Number(settings.uiPort ?? (await freePort()));
	const file = path.join(userDir, 'settings.js');
	const all = {
		uiPort: port,
		uiHost: '127.0.0.1',
		credentialSecret: 'for-tests',
		logging: { console: { level: 'info', metrics: false, audit: false } },
		editorTheme: { tours: false, palette: { catalogues: [] } },
		externalModules: { autoInstall: false, palette: { allowInstall: false } },
		telemetry: { enabled: false, updateNotification: false },
		...settings,
	};
	await writeFile(file, `module.exports = ${JSON.stringify(all)};`);
	const program = path.join(path.dirname(require.resolve(`${version}/package.json`)), 'red.js');
	// Another Node may be named, to see an older one at work.
	const child = spawn(
		process.env.NODE_FOR_NODE_RED ?? process.execPath,
		[program, '--settings', file, '--userDir', userDir],
		{
			env: { ...process.env, LANG: 'en_US.UTF-8', NODE_RED_HOME: '' },
			stdio: ['ignore', 'pipe', 'pipe'],
		},
	);
	let log = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
	const url = `http://127.0.0.1:${port}`;
	await waitFor(() => /Started flows|Stopped flows|no flows/i.test(log) || failed(child, log));
	await waitFor(() => reachable(url));
	const { debug, socket } = await listenToDebug(url);

	const send = async (method: string, where: string, body?: unknown, headers = {}) => {
		const reply = await fetch(`${url}${where}`, {
			method,
			headers: { 'content-type': 'application/json', ...headers },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		if (!reply.ok) throw new Error(`${method} ${where}: ${reply.status} ${await reply.text()}`);
		return reply;
	};

	return {
		url,
		debug,
		log: () => log,
		async deploy(flows, type = 'full') {
			const started = log.split('Started').length;
			await send('POST', '/flows', flows, { 'Node-RED-Deployment-Type': type });
			await waitFor(() => log.split('Started').length > started);
		},
		inject: async (id) => void (await send('POST', `/inject/${id}`, {})),
		get: async (where) =>
			(await send('GET', where, undefined, { accept: 'application/json' })).json(),
		async stop(signal = 'SIGTERM') {
			socket.close();
			if (child.exitCode !== null) return;
			const ended = new Promise((resolve) => child.once('exit', resolve));
			child.kill(signal);
			await ended;
		},
	};
}

/** As long as a busy machine may take, and less than a test has, so that it is this that is told of. */
const WAIT_LIMIT_MS = 100_000;

export async function waitFor(
	what: () => boolean | Promise<boolean>,
	limitMs = WAIT_LIMIT_MS,
): Promise<void> {
	const endMs = performance.now() + limitMs;
	while (!(await what())) {
		if (performance.now() > endMs) {
			throw new Error(`Not within ${limitMs / 1000} seconds: ${what.toString()}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

function failed(child: ChildProcess, log: string): boolean {
	if (child.exitCode !== null) throw new Error(`Node-RED ended:\n${log}`);
	return false;
}

const reachable = (url: string): Promise<boolean> =>
	fetch(`${url}/settings`).then(
		(reply) => reply.ok,
		() => false,
	);

async function listenToDebug(url: string) {
	const debug: DebugMessage[] = [];
	const socket = new WebSocket(`${url.replace('http', 'ws')}/comms`);
	await new Promise((resolve, reject) => {
		socket.addEventListener('open', resolve);
		socket.addEventListener('error', reject);
	});
	socket.addEventListener('message', ({ data }) => {
		const events = [JSON.parse(String(data))].flat() as Array<{
			topic: string;
			data: DebugMessage & { format?: string };
		}>;
		for (const { topic, data: shown } of events) {
			if (topic !== 'debug') continue;
			const isJson = /^(Object|array)/i.test(shown.format ?? '');
			debug.push({ ...shown, msg: isJson ? JSON.parse(String(shown.msg)) : shown.msg });
		}
	});
	socket.send(JSON.stringify({ subscribe: 'debug' }));
	return { debug, socket };
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	return port;
}
