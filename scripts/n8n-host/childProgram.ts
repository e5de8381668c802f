import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Problem } from './problem';

const KEPT_LINES = 200;
const READY_POLL_MS = 150;
const END_WITH_PARENT = join(import.meta.dirname, 'endWithParent.cjs');

export interface ChildProgramOptions {
	/** What it is, for messages: "n8n". */
	name: string;
	nodeBinary: string;
	/** Script and arguments. */
	args: string[];
	cwd: string;
	env: NodeJS.ProcessEnv;
	/** Everything it prints is appended here. */
	logFile: string;
}

/** A Node program in the background: its log, its readiness and its end. */
export class ChildProgram {
	/** Settles when the program has ended, whoever ended it. */
	readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
	private readonly lines: string[] = [];
	private ended = false;

	private constructor(
		private readonly child: ChildProcess,
		private readonly options: ChildProgramOptions,
	) {
		const log = createWriteStream(options.logFile, { flags: 'a' });
		for (const stream of [child.stdout, child.stderr]) {
			let rest = '';
			stream?.setEncoding('utf8').on('data', (text: string) => {
				log.write(text);
				const lines = (rest + text).split(/\r?\n/);
				rest = lines.pop() ?? '';
				this.lines.push(...lines);
				this.lines.splice(0, Math.max(0, this.lines.length - KEPT_LINES));
			});
		}
		this.exited = new Promise((resolve) => {
			child.once('error', (error) => {
				this.lines.push(error.message);
				this.ended = true;
				resolve({ code: null, signal: null });
			});
			child.once('close', (code, signal) => {
				this.ended = true;
				log.end();
				resolve({ code, signal });
			});
		});
	}

	static async start(options: ChildProgramOptions): Promise<ChildProgram> {
		await mkdir(dirname(options.logFile), { recursive: true });
		const child = spawn(options.nodeBinary, ['--require', END_WITH_PARENT, ...options.args], {
			cwd: options.cwd,
			env: options.env,
			stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
			windowsHide: true,
			// Ctrl-C reaches the start script alone, which then ends its programs in order.
			detached: process.platform !== 'win32',
		});
		return new ChildProgram(child, options);
	}

	get pid(): number | undefined {
		return this.child.pid;
	}

	get hasEnded(): boolean {
		return this.ended;
	}

	/** The last `count` lines that it printed. */
	logTail(count = 25): string {
		return this.lines.slice(-count).join('\n');
	}

	/** Waits until `url` answers 200, or throws with the log's end when the program ends first. */
	async untilReady(url: string, limitMs: number): Promise<void> {
		const deadline = Date.now() + limitMs;
		while (!this.ended && Date.now() < deadline) {
			const reply = await fetch(url).catch(() => undefined);
			await reply?.body?.cancel();
			if (reply?.ok) return;
			await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
		}
		const happened = this.ended
			? `${this.options.name} ended while it was starting.`
			: `${this.options.name} was not ready after ${Math.round(limitMs / 1000)} seconds.`;
		await this.stop(0);
		throw new Problem(
			`${happened} The last lines of its log:\n${this.logTail()}`,
			`The whole log is in ${this.options.logFile}.`,
		);
	}

	/** Asks it to end, and ends it by force after `graceMs`. Safe to call twice. */
	async stop(graceMs = 10_000): Promise<void> {
		if (this.ended) return;
		if (graceMs > 0) this.child.kill('SIGTERM');
		const timer = setTimeout(() => this.forceEnd(), graceMs);
		await this.exited;
		clearTimeout(timer);
	}

	/** Ends it, and what it started, as a power cut would: no clean-up, nothing saved. */
	async kill(): Promise<void> {
		if (!this.ended) this.forceEnd();
		await this.exited;
	}

	private forceEnd(): void {
		const { pid } = this.child;
		if (pid === undefined) return;
		try {
			// A negative number means the whole process group, which only POSIX systems have.
			process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
		} catch {
			// It ended this moment.
		}
	}
}
