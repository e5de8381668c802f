/** What a test may choose, and what it gets. */
import type { JsonObject } from '../../providers/contract';
import type { Book } from './book';
import type { CallbackOptions } from './callbacks';
import type { Faults } from './faults';
import type { PlainServer } from './plainOpenai';
import type { Family, Snapshot } from './types';

/**
 * When a callback comes: with the end; before the provider's own fetch shows it; a while after it; twice; never. No
 * document promises any of them.
 */
export type CallbackManner = 'atEnd' | 'early' | 'late' | 'doubled' | 'missing';

export interface SimulatorOptions {
	/** Which families answer; all by default. */
	families?: Family[];
	/** Job ids, seeds and chances follow from it. 1 by default. */
	seed?: number;
	/** The right key of every account. */
	key?: string;
	/** Another OpenAI Videos server in the place of our own. */
	openaiServer?: PlainServer;
	/** Whether the local GPU wants the key too (it always refuses a wrong one). False by default. */
	localGpuNeedsKey?: boolean;
	/**
	 * From acceptance to the end. 0 (default): done when first asked, and Stable Diffusion v5 and Enterprise answer the
	 * submit with the result. `Infinity`: only `finish`, `fail` or a cancel ends it.
	 */
	durationMs?: number | ((job: { provider: string; request: JsonObject }) => number);
	/** How much of it the job is only queued. A fifth by default. */
	queueMs?: number;
	/** Unix milliseconds; pass a virtual clock's for tests that must not wait. */
	now?: () => number;
	/** A reason makes the job fail at its end. */
	failWhen?: (job: { provider: string; request: JsonObject }) => string | undefined;
	/** How long signed result URLs live. 3600 by default. */
	fileTtlSeconds?: number;
	/** Whether the documented requests a minute (2 at Novita) are enforced with 429. True by default. */
	enforceRateLimits?: boolean;
	/** Whether callbacks go out by themselves when a job ends (real time, `finish`, `fail`). True by default. */
	autoCallbacks?: boolean;
	/** How long after a submit its row is in the account's log. 0 by default; `Infinity`: never. */
	logDelayMs?: number;
	/** Every row of the log stands there twice, the second time with the id of a generation that nobody asked for. */
	logsTwice?: boolean;
	/** How many times the published price is charged: it rose after the list was read. 1 by default. */
	chargeFactor?: number;
	/** By what manner they do. `atEnd` by default. */
	callbackManner?:
		CallbackManner | ((job: { provider: string; request: JsonObject }) => CallbackManner);
	/** A job is not known to the fetch for so long after its submit was answered. 0 by default. */
	unknownForMs?: number;
	/** Jobs that one account may have open: 5 (the default), 10 or 15 at ModelsLab, by plan. */
	queueLimit?: number;
	/** Whether an address of a result is signed anew with each question. No document says so. True by default. */
	signsAnew?: boolean;
	/** `whsec_…` with which the local GPU signs its callbacks. */
	webhookSecret?: string;
	/** Another origin for the `fetch_result` that the Stable Diffusion family hands out. */
	fetchResultBase?: string;
}

export interface Simulator {
	/** Base URL of every simulated API. */
	url: string;
	/** Origin of the result files; `/elsewhere` on it stands for a foreign host. */
	filesUrl: string;
	key: string;
	webhookSecret: string;
	book: Book;
	faults: Faults;
	/** A job as it stands now. */
	state(jobId: string): Snapshot;
	/** Ends the job with a video now, and sends its callback unless `autoCallbacks` is off. */
	finish(jobId: string): Promise<void>;
	/** Ends the job without a video now. */
	fail(jobId: string, reason?: string): Promise<void>;
	/** Sends a callback now: duplicates, forged ones, test events. Resolves with the receiver's HTTP statuses. */
	callback(jobId: string, options?: CallbackOptions): Promise<number[]>;
	/** Every result URL handed out so far answers 403 from now on; asking for the job again gives a fresh one. */
	expireFiles(): void;
	close(): Promise<void>;
}
