/**
 * A node of ours without a Node-RED around it: its runner is real, and so are its line, its context and its status. The
 * provider answers, and pauses end, when the test says so.
 */
import { EventEmitter } from 'node:events';
import type { Node, NodeAPI, NodeStatus } from 'node-red';
import type { HttpRequest } from '../../../jobs/host';
import type { Job, Reply } from '../../../providers/contract';
import { newJob } from '../../../providers/replies/job';
import { providerById } from '../../../providers/registry';
import type { AccountHandle } from '../../src/account/account';
import type { PreparedJob, Begin } from '../../src/jobs/jobRun';
import { JobRunner, type RunnerOptions } from '../../src/jobs/runner';
import type { Message } from '../../src/messages/message';
import { NAMESPACE } from '../../src/i18n/translate';
import { english } from './texts';

export const SUBMITTED_AT = '2026-01-01T00:00:00.000Z';
export const jobOf = (jobId: string, more: Partial<Job> = {}): Job => ({
	...newJob('localGpu', jobId, Date.parse(SUBMITTED_AT)),
	...more,
});

export interface Ended {
	msg: Message;
	/** The error that `done` got; absent where it got none. */
	error?: Error;
}

/** Lets everything go on that waits for nothing. */
export async function settled(): Promise<void> {
	for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export class LoneNode {
	readonly events = new EventEmitter();
	readonly emitter = new EventEmitter();
	readonly sent: Message[] = [];
	readonly ended: Ended[] = [];
	readonly errors: Ended[] = [];
	readonly statuses: NodeStatus[] = [];
	readonly logs: string[] = [];
	/** What the package says in Node-RED's log in its own name. */
	readonly infos: string[] = [];
	readonly alerts: string[] = [];
	readonly warnings: string[] = [];
	readonly requests: HttpRequest[] = [];
	/** What the provider says of a job when it is asked. */
	readonly videos = new Map<string, Reply | Error>();
	/** What it says where it is to cancel one. */
	onCancel: Reply | Error = { status: 200, headers: {}, body: { deleted: true } };
	/** Whether the flow still has the node. */
	exists = true;
	account: AccountHandle | Error;
	private pauses: Array<() => void> = [];
	readonly RED: NodeAPI;
	readonly node: Node;
	runner!: JobRunner;

	constructor(
		readonly id: string,
		/** What its context store holds. */
		readonly kept: Record<string, unknown> = {},
		module = 'memory',
	) {
		this.RED = {
			settings: { contextStorage: { default: { module } } },
			events: this.events,
			nodes: { getNode: (wanted: string) => (wanted === id && this.exists ? this.node : null) },
			log: {
				info: (text: string) => void this.infos.push(text),
				warn: (text: string) => void this.alerts.push(text),
			},
			_: (key: string, values?: Record<string, string>) =>
				english(key.replace(`${NAMESPACE}:runtime.`, ''), values),
		} as unknown as NodeAPI;
		const context = {
			get: (key: string, _store: string, done: (error: null, value: unknown) => void) =>
				done(null, kept[key]),
			set: (key: string, value: unknown, _store: string, done: () => void) => {
				if (value === undefined) delete kept[key];
				else kept[key] = structuredClone(value);
				done();
			},
		};
		this.node = {
			id,
			context: () => context,
			on: this.emitter.on.bind(this.emitter),
			status: (status: NodeStatus) => void this.statuses.push(status),
			log: (text: string) => void this.logs.push(text),
			warn: (text: string) => void this.warnings.push(text),
			error: (error: Error, msg: Message) => void this.errors.push({ error, msg }),
			send: (msg: Message) => void this.sent.push(msg),
			receive: (msg: Message) => this.receive(msg),
		} as unknown as Node;
		this.account = {
			...{ id: 'account', provider: providerById('localGpu'), hasKey: true, secrets: [] },
			account: { baseUrl: 'http://127.0.0.1:8484' },
			host: {
				now: Date.now,
				random: () => 0.5,
				sleep: async (_ms: number, signal?: AbortSignal) => await this.pause(signal),
				http: async (request: HttpRequest) => this.answer(request),
				stream: async () => await Promise.reject(new Error('there are no files here')),
			},
			...{ callbackToken: '', callbackUrl: () => undefined, rateLimit: async () => undefined },
		} as unknown as AccountHandle;
	}

	/** @param options `begin` submits the job of a message; without it the node takes none */
	attach({
		begin,
		prepared = {},
		...options
	}: Partial<RunnerOptions> & { begin?: Begin; prepared?: Partial<PreparedJob> } = {}): this {
		const prepare = async () => ({
			...{ plan: { mode: 'job', maxBytes: 1_000 } as const, deadlineMs: Date.now() + 3_600_000 },
			...{ wait: true, begin: begin!, ...prepared },
		});
		this.runner = new JobRunner({
			...{ RED: this.RED, node: this.node, parallel: 2, submits: true },
			account: () => {
				if (this.account instanceof Error) throw this.account;
				return this.account;
			},
			...(begin ? { prepare } : {}),
			...options,
		}).attach();
		return this;
	}

	receive(msg: Message): void {
		const done = (error?: Error) => void this.ended.push({ msg, ...(error ? { error } : {}) });
		this.emitter.emit('input', msg, (out: Message) => void this.sent.push(out), done);
	}

	/** All flows run. */
	async start(): Promise<void> {
		this.events.emit('flows:started');
		await settled();
	}

	async close(removed = false): Promise<void> {
		const listeners = this.emitter.listeners('close');
		await Promise.all(
			listeners.map(
				async (listener) =>
					await new Promise<void>((resolve) => {
						listener(removed, resolve);
						if (listener.length === 0) resolve();
					}),
			),
		);
		await settled();
	}

	/** All pauses end. */
	async tick(): Promise<void> {
		await settled();
		for (const wake of this.pauses.splice(0)) wake();
		await settled();
	}

	get texts(): Array<string | undefined> {
		return this.statuses.map(({ text }) => text);
	}

	asked(method: 'GET' | 'DELETE'): string[] {
		const asked = this.requests.filter((request) => request.method === method);
		return asked.map(({ url }) => url.split('/').at(-1)!);
	}

	says(jobId: string, status: string, more: object = {}): void {
		const body = { id: jobId, object: 'video', status, ...more };
		this.videos.set(jobId, { status: 200, headers: {}, body });
	}

	private answer(request: HttpRequest): Reply {
		this.requests.push(request);
		const jobId = request.url.split('/').at(-1)!;
		const answer = request.method === 'DELETE' ? this.onCancel : this.videos.get(jobId);
		if (answer instanceof Error) throw answer;
		const goesOn = { id: jobId, object: 'video', status: 'in_progress' };
		return answer ?? { status: 200, headers: {}, body: goesOn };
	}

	private async pause(signal?: AbortSignal): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			const stop = () => reject(new DOMException('Stopped', 'AbortError'));
			if (signal?.aborted) return stop();
			signal?.addEventListener('abort', stop, { once: true });
			this.pauses.push(resolve);
		});
	}
}
