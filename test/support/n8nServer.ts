import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureN8nHost } from '../../scripts/n8n-host/install';
import { startN8n, type RunningN8n, type StartN8nOptions } from '../../scripts/n8n-host/instance';
import { N8nRest, until, type Execution, type WorkflowJson } from '../../scripts/n8n-host/rest';
import { withCredentialIds, type CredentialSpec } from '../../scripts/start/examples';

export { itemsOf, until } from '../../scripts/n8n-host/rest';
export type { Execution, WorkflowJson } from '../../scripts/n8n-host/rest';

export interface N8nServerOptions {
	/** One for each credential type; nodes that name the type get it, whatever id they carry. */
	credentials?: CredentialSpec[];
	/** Saved before the server is handed out; each needs an `id`. */
	workflows?: WorkflowJson[];
	/** The ids of the workflows whose triggers go live. */
	active?: string[];
	/** Further settings of n8n (environment variables); `undefined` leaves one as it is in a fresh n8n. */
	env?: Record<string, string | undefined>;
	/** Folder of the pins of another n8n than the usual one. */
	pins?: string;
	placePackage?: StartN8nOptions['placePackage'];
}

export interface WebhookReply {
	status: number;
	/** Parsed JSON, or the text where it is none. */
	body: unknown;
}

/**
 * A real n8n with the built package, on a free port and a temporary folder of its own.
 *
 *     const n8n = await N8nServer.start({ credentials, workflows: [workflow], active: ['w1'] });
 *     const reply = await n8n.callWebhook('my-path', { prompt: 'A cat' });
 *     await n8n.killAndRestart();
 *     await n8n.dispose();
 */
export class N8nServer {
	private constructor(
		private running: RunningN8n,
		/** n8n's own interface, signed in: executions, retry, stop, files. */
		public rest: N8nRest,
		private readonly folder: string,
		private readonly options: N8nServerOptions,
	) {}

	static async start(options: N8nServerOptions = {}): Promise<N8nServer> {
		const folder = await mkdtemp(join(tmpdir(), 'text-to-video-n8n-'));
		try {
			const { running, rest } = await boot(folder, options);
			const server = new N8nServer(running, rest, folder, options);
			const idByType: Record<string, string> = {};
			for (const credential of options.credentials ?? [])
				idByType[credential.type] = await rest.saveCredential(credential);
			for (const workflow of options.workflows ?? [])
				await rest.saveWorkflow(withCredentialIds(workflow, idByType));
			for (const id of options.active ?? []) await rest.activate(id);
			return server;
		} catch (error) {
			await rm(folder, { recursive: true, force: true });
			throw error;
		}
	}

	/** `http://127.0.0.1:<port>`; stays the same over restarts. */
	get url(): string {
		return this.running.url;
	}

	/** Opens the editor, signed in. */
	get openUrl(): string {
		return this.running.openUrl;
	}

	/** What another process of the same n8n (a worker) must share. */
	get secrets(): RunningN8n['secrets'] {
		return this.running.secrets;
	}

	/** The folder that nodes may read and write; relative file names start here. */
	get filesFolder(): string {
		return this.running.filesFolder;
	}

	/** The last lines of n8n's log since its last start. */
	log(lines = 50): string {
		return this.running.program.logTail(lines);
	}

	/**
	 * Calls the production URL of a Webhook node. A webhook is live a moment after its workflow
	 * says so: 404 is asked again for `limitMs`, every other answer is returned.
	 */
	async callWebhook(path: string, body: unknown = {}, limitMs = 15_000): Promise<WebhookReply> {
		return await until(limitMs, `the webhook /${path} to be live`, async () => {
			const reply = await fetch(`${this.url}/webhook/${path}`, {
				method: 'POST',
				headers: {
					'content-type': 'application/json',
					'user-agent': 'Mozilla/5.0',
					// A busy n8n may close a kept connection in the moment in which it is used again.
					connection: 'close',
				},
				body: JSON.stringify(body),
			});
			const text = await reply.text();
			return reply.status === 404 ? undefined : { status: reply.status, body: parsed(text) };
		});
	}

	/** The names of all node types that n8n loaded, e.g. `n8n-nodes-text-to-video.textToVideo`. */
	async nodeTypes(): Promise<string[]> {
		return (await this.rest.nodeTypes()).map(({ name }) => name);
	}

	/** Presses "Execute workflow" and waits for the end, whatever it is. */
	async run(workflowId: string, triggerName: string, limitMs = 120_000): Promise<Execution> {
		const id = await this.rest.runManually(workflowId, triggerName);
		return await this.rest.untilExecution(id, undefined, limitMs);
	}

	/** Presses "Retry" on a failed execution and waits for the end of the new one. */
	async retry(executionId: string, withCurrentWorkflow = true): Promise<Execution> {
		const id = await this.rest.retry(executionId, withCurrentWorkflow);
		return await this.rest.untilExecution(id);
	}

	/** Ends n8n in its own orderly way (SIGTERM). */
	async stop(): Promise<void> {
		await this.running.program.stop(60_000);
	}

	/** Ends n8n and its task runner as a power cut would (SIGKILL). */
	async kill(): Promise<void> {
		await this.running.program.kill();
	}

	/** Starts n8n again on the same folder and port. Stop or kill it first. */
	async start(): Promise<void> {
		const { running, rest } = await boot(this.folder, this.options, {
			port: this.running.port,
			givenIds: this.rest.givenIds,
		});
		this.running = running;
		this.rest = rest;
	}

	async stopAndRestart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	async killAndRestart(): Promise<void> {
		await this.kill();
		await this.start();
	}

	/** Ends n8n and deletes its folder. */
	async dispose(): Promise<void> {
		await this.running.program.stop(5_000);
		await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

async function boot(
	folder: string,
	{ env, pins, placePackage }: N8nServerOptions,
	earlier: { port?: number; givenIds?: Map<string, string> } = {},
): Promise<{ running: RunningN8n; rest: N8nRest }> {
	const progress = { say: (line: string) => console.log(line), tick: () => {} };
	const host = await ensureN8nHost(progress, pins);
	const running = await startN8n({ host, folder, env, placePackage, port: earlier.port });
	const rest = new N8nRest(running.url, running.secrets, earlier.givenIds);
	try {
		await rest.login();
	} catch (error) {
		await running.program.kill();
		throw error;
	}
	return { running, rest };
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
