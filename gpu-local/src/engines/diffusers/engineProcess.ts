import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { EngineError } from '../engine.ts';
import type { EngineContext } from '../engine.ts';
import { parseWorkerMessage } from './protocol.ts';
import type {
	GenerateMessage,
	WorkerHello,
	WorkerMessage,
	WorkerModel,
	WorkerResult,
} from './protocol.ts';
import { cacheFolder } from '../../setup/locations.ts';

export interface ChildOptions {
	python: string;
	/** Folder that holds the Python package. */
	workerFolder: string;
	/** As torch names it; undefined lets the worker choose. */
	device: string | undefined;
	env: Record<string, string | undefined>;
	log: EngineContext['log'];
}

/** A worker beats every 5 s; one that is silent for this long hangs. */
const SILENCE_MS = 60_000;
/** The server gives an engine 2 s to stop; whoever asked is answered by then. */
const CANCEL_ANSWER_MS = 1_500;
/**
 * What a cancelled job may still take to leave its block of the model, or to finish loading one. Killing
 * the process costs every loaded model, so it is done only when it seems to hang; the next job waits.
 */
const CANCEL_END_MS = 60_000;
const STOP_GRACE_MS = 1_000;
/** Importing torch from a cold disk. */
const START_MS = 10 * 60_000;

/** What a worker may see of this process's environment: no keys, and what a GPU needs. */
const KEPT_ENV =
	/^(PATH|HOME|USER|USERNAME|CC|CXX|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_CACHE_HOME|LD_LIBRARY_PATH|DYLD_\w+|SYSTEMROOT|WINDIR|USERPROFILE|APPDATA|LOCALAPPDATA|COMSPEC|PATHEXT|NUMBER_OF_PROCESSORS|(CUDA|NVIDIA|NCCL|HIP|HSA|ROCR|ROCM|PYTORCH|TORCH|TORCHINDUCTOR|TRITON|OMP|MKL|TEXT_TO_VIDEO)_\w+)$/i;

export function workerEnv(
	env: Record<string, string | undefined>,
	options: Pick<ChildOptions, 'workerFolder' | 'device'>,
): Record<string, string | undefined> {
	const kept = Object.entries(env).filter(([name]) => KEPT_ENV.test(name));
	return {
		...Object.fromEntries(kept),
		// What was compiled once is found again after a restart.
		TORCHINDUCTOR_CACHE_DIR: env.TORCHINDUCTOR_CACHE_DIR ?? join(cacheFolder(env), 'compiled'),
		TEXT_TO_VIDEO_CALIBRATION_DIR:
			env.TEXT_TO_VIDEO_CALIBRATION_DIR ?? join(cacheFolder(env), 'calibration'),
		PYTHONPATH: options.workerFolder,
		PYTHONDONTWRITEBYTECODE: '1',
		PYTHONUNBUFFERED: '1',
		...(options.device === undefined ? {} : { TEXT_TO_VIDEO_DEVICE: options.device }),
	};
}

/** Stands where a job's id does; jobs have longer ones. */
const PRELOAD = 'preload';

/** What a job has written, or begun to write when its process ended. */
function removeFiles(output: string): void {
	for (const file of [output, `${output}.part`, `${output}.jpg`]) {
		rm(file, { force: true }).catch(() => undefined);
	}
}

interface Running {
	id: string;
	context: EngineContext;
	resolve(result: WorkerResult): void;
	reject(error: Error): void;
}

/** One Python process that owns one device: it makes one video, and may write the file of the one before. */
export class EngineProcess {
	readonly #child: ChildProcess;
	readonly #watchdog: NodeJS.Timeout;
	readonly #ready: Promise<WorkerHello>;
	#settleReady!: { resolve(hello: WorkerHello): void; reject(error: Error): void };
	/** The job that has the device. */
	#running: Running | undefined;
	/** Jobs whose pictures are made and whose files are not: by id. */
	readonly #writing = new Map<string, Running>();
	/** Cancelled jobs that have not left the process yet: id → what to do when they have. */
	readonly #leaving = new Map<string, () => void>();
	#heardAtMs = performance.now();
	#lastWords = '';
	#why = 'The process that makes videos ended';
	#hello: WorkerHello | undefined;
	/** Aliases of loaded models, the least recently used first. */
	warm: string[] = [];
	/** Takes jobs. One that is being killed does not, though it may still say a word. */
	alive = true;
	#exited = false;

	constructor(private readonly options: ChildOptions) {
		this.#ready = new Promise((resolve, reject) => (this.#settleReady = { resolve, reject }));
		// A start that nobody waits for is told to the next job.
		this.#ready.catch(() => undefined);
		this.#child = spawn(options.python, ['-m', 'text_to_video_worker'], {
			cwd: options.workerFolder,
			env: workerEnv(options.env, options),
			stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
			windowsHide: true,
		});
		this.#child.on('error', (error) => this.#ended(error.message));
		this.#child.on('exit', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
		this.#child.stdin!.on('error', () => undefined);
		createInterface({ input: this.#child.stderr! }).on('line', (line) => {
			this.#lastWords = line.slice(0, 500);
			options.log('debug', 'worker', { line: this.#lastWords });
		});
		createInterface({ input: this.#child.stdio[3] as Readable }).on('line', (line) =>
			this.#hear(line),
		);
		const startedAtMs = performance.now();
		this.#watchdog = setInterval(() => {
			const now = performance.now();
			if (now - this.#heardAtMs > SILENCE_MS) this.kill('The process that makes videos hung');
			else if (!this.#hello && now - startedAtMs > START_MS) {
				this.kill('The process that makes videos did not get ready');
			}
		}, SILENCE_MS / 12);
		this.#watchdog.unref();
	}

	/** What the worker said of its device when it was ready. */
	get hello(): WorkerHello | undefined {
		return this.#hello;
	}

	get busy(): boolean {
		return this.#running !== undefined;
	}

	/** True while a cancelled job is on its way out; the next one starts right after it. */
	get leaving(): boolean {
		return this.#leaving.size > 0;
	}

	get pid(): number | undefined {
		return this.#child.pid;
	}

	ready(): Promise<WorkerHello> {
		return this.#ready;
	}

	/** Runs one job, for which `busy` must be false. Rejects with an {@link EngineError}, or the signal's reason when it is aborted. */
	async generate(message: GenerateMessage, context: EngineContext): Promise<WorkerResult> {
		context.signal.throwIfAborted();
		return await new Promise<WorkerResult>((resolve, reject) => {
			let timer: NodeJS.Timeout | undefined;
			const onAbort = () => {
				this.#send({ type: 'cancel', id: message.id });
				timer = setTimeout(() => {
					this.#letLeave(message);
					running.reject(context.signal.reason as Error);
				}, CANCEL_ANSWER_MS);
			};
			const settle = () => {
				clearTimeout(timer);
				context.signal.removeEventListener('abort', onAbort);
				if (this.#running === running) this.#running = undefined;
				if (this.#writing.get(message.id) === running) this.#writing.delete(message.id);
			};
			const running: Running = {
				id: message.id,
				context,
				resolve: (result) => {
					settle();
					resolve(result);
				},
				reject: (error) => {
					settle();
					reject(context.signal.aborted ? (context.signal.reason as Error) : error);
				},
			};
			this.#running = running;
			context.signal.addEventListener('abort', onAbort);
			// A worker that is still importing torch shows as loading, not as nothing.
			if (!this.#hello) context.progress({ stage: 'loading' });
			if (this.alive) this.#send(message);
			else running.reject(this.#lost());
		});
	}

	/** Loads a model before a job asks for it; jobs that come meanwhile are made right after. */
	preload(model: WorkerModel): void {
		if (this.alive && !this.busy) this.#send({ type: 'load', id: PRELOAD, model });
	}

	#letLeave({ id, output }: GenerateMessage): void {
		// Not while the file of another job is written, which began earlier and ends soon.
		const end = (): void => {
			if (this.#writing.size === 0) this.kill('A cancelled job did not end');
			else timer = setTimeout(end, STOP_GRACE_MS);
		};
		let timer = setTimeout(end, CANCEL_END_MS);
		this.#leaving.set(id, () => {
			clearTimeout(timer);
			this.#leaving.delete(id);
			// It may have been finished in its last moment; nobody asks for it any more.
			removeFiles(output);
		});
	}

	kill(why: string): void {
		if (!this.alive) return;
		this.#why = why;
		this.alive = false;
		this.#child.kill('SIGKILL');
	}

	/** Ends the process; a job that runs is lost. */
	async stop(): Promise<void> {
		if (this.#exited) return;
		const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
		const timer = setTimeout(() => this.kill('The server was stopped'), STOP_GRACE_MS);
		this.#child.stdin!.end();
		await gone;
		clearTimeout(timer);
	}

	#send(message: object): void {
		this.#child.stdin!.write(`${JSON.stringify(message)}\n`);
	}

	#hear(line: string): void {
		this.#heardAtMs = performance.now();
		const message = parseWorkerMessage(line);
		if (!message) {
			this.options.log('warn', 'The worker said something unknown', { line: line.slice(0, 500) });
			return;
		}
		if (message.type === 'hello') {
			this.#hello = message;
			this.#settleReady.resolve(message);
		} else if (message.type === 'loaded') {
			this.warm = message.warm;
			const { profile, weight_bytes: weightBytes } = message;
			this.options.log('info', 'A model was loaded before it was asked for', {
				profile,
				weightBytes,
			});
		} else if (message.type === 'error' && message.id === PRELOAD) {
			this.options.log('warn', 'A model could not be loaded before it was asked for', {
				code: message.code,
				message: message.message,
			});
		} else if (message.type !== 'heartbeat') {
			this.#hearOfJob(message);
		}
	}

	#hearOfJob(message: Exclude<WorkerMessage, { type: 'hello' | 'heartbeat' | 'loaded' }>): void {
		const leave = this.#leaving.get(message.id ?? '');
		// Whoever asked for it has been answered.
		if (leave) {
			if (message.type === 'done' || message.type === 'error') leave();
			return;
		}
		const running =
			message.id === this.#running?.id ? this.#running : this.#writing.get(message.id ?? '');
		if (!running) return;
		if (message.type === 'device_free') {
			this.warm = message.warm;
			// Said twice, it would free the device of the next job.
			if (this.#writing.has(running.id)) return;
			this.#writing.set(running.id, running);
			this.#running = undefined;
			running.context.slotFree?.();
		} else if (message.type === 'progress') {
			const { stage, step = 0, steps } = message;
			running.context.progress({ stage, ...(steps === undefined ? {} : { step, steps }) });
		} else if (message.type === 'done') {
			this.warm = message.warm;
			running.resolve(message.result);
		} else {
			const { code, field, remedy } = message;
			running.reject(
				new EngineError(code, message.message, {
					...(field === undefined ? {} : { field }),
					...(remedy === undefined ? {} : { remedy }),
					// The process lives and said what is wrong: the same job would fail the same way.
					retryable: false,
				}),
			);
		}
	}

	#ended(how: string): void {
		if (this.#exited) return;
		this.#exited = true;
		this.alive = false;
		clearInterval(this.#watchdog);
		for (const left of [...this.#leaving.values()]) left();
		this.options.log('warn', this.#why, { how, lastWords: this.#lastWords });
		const lost = this.#lost(how);
		this.#settleReady.reject(lost);
		for (const running of [this.#running, ...this.#writing.values()]) running?.reject(lost);
	}

	#lost(how = 'it had ended before'): EngineError {
		const words = this.#lastWords ? ` Its last words were: ${this.#lastWords}` : '';
		return new EngineError('worker_lost', `${this.#why} (${how}).${words}`, {
			remedy: 'Run "gpu-local doctor". If it happens again with large videos, memory may be short.',
		});
	}
}
