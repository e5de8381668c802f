/**
 * Simulated providers on loopback: every documented endpoint on one API server, the result files on another server.
 * Jobs pass through their states with time (a real or a virtual clock), faults come on demand or from a seed, and the
 * book holds what was asked and what was charged.
 *
 *     const sim = await startSimulator({ durationMs: 50 });
 *     // use sim.url as the base URL and sim.key as the key of any provider's account, then
 *     sim.faults.next('submit', { kind: 'resetAfter' });
 *     expect(sim.book.charges).toBe(1);
 *     expect(sim.book.keyLeaks).toEqual([]);
 *     await sim.close();
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { JobStatus, JsonObject } from '../../providers/contract';
import { isObject, readRequest } from '../../providers/wire';
import { aimlapi } from './aimlapi';
import { Book } from './book';
import { sendCallback, type CallbackOptions } from './callbacks';
import { Faults, seededRandom, wronglyTyped } from './faults';
import { expiredFile, missingFile, serveFile, type FileAnswer } from './files';
import { closeServer, listen, readBody, readIncoming, send } from './http';
import { localGpu } from './localGpu';
import { novita } from './novita';
import { stableDiffusion } from './stableDiffusion';
import { isOver, signatureExpired, snapshotAt } from './timeline';
import type {
	Answer,
	Family,
	FamilyContext,
	FamilySimulator,
	Fault,
	Incoming,
	RecordedRequest,
	Route,
	SimulatedJob,
	Snapshot,
} from './types';

export * from './types';
export { TINY_GIF, TINY_MP4 } from './files';

const FAMILIES: FamilySimulator[] = [stableDiffusion, novita, aimlapi, localGpu];

export interface SimulatorOptions {
	/** Which families answer; all by default. */
	families?: Family[];
	/** Job ids, seeds and chances follow from it. 1 by default. */
	seed?: number;
	/** The right key of every account. */
	key?: string;
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
	/** Whether the documented requests a minute are enforced with 429. False by default. */
	enforceRateLimits?: boolean;
	/** Whether callbacks go out by themselves when a job ends (real time, `finish`, `fail`). True by default. */
	autoCallbacks?: boolean;
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

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
	const now = options.now ?? Date.now;
	const seed = options.seed ?? 1;
	const random = seededRandom(seed);
	const key = options.key ?? `key-${seed}-0123456789abcdef`;
	const webhookSecret = options.webhookSecret ?? 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
	const fileTtlSeconds = options.fileTtlSeconds ?? 3600;
	const families = FAMILIES.filter(
		({ family }) => options.families === undefined || options.families.includes(family),
	);
	const book = new Book();
	const faults = new Faults(seededRandom(seed + 1));
	const timers = new Set<NodeJS.Timeout>();
	let fileGeneration = 0;

	const api = createServer((request, response) => void serve(request, response, 'api', answerApi));
	const files = createServer(
		(request, response) => void serve(request, response, 'files', answerFile),
	);
	const url = await listen(api);
	const filesUrl = await listen(files);
	const context = (): FamilyContext => ({
		url,
		fetchBase: options.fetchResultBase ?? url,
		nowMs: now(),
		fileTtlSeconds,
		fileUrl,
		random,
	});

	function fileUrl(job: SimulatedJob, { folder = 'generations', signed = false } = {}): string {
		const extension = /"gif"/.test(JSON.stringify(job.request)) ? 'gif' : 'mp4';
		const name = Buffer.from(job.id).toString('base64url');
		const query = new URLSearchParams({ generation: String(fileGeneration) });
		if (signed) {
			query.set('X-Amz-Date', new Date(now()).toISOString().replace(/[-:]|\.\d+/g, ''));
			query.set('X-Amz-Expires', String(fileTtlSeconds));
		}
		return `${filesUrl}/${folder}/${name}.${extension}?${query}`;
	}

	async function serve(
		request: IncomingMessage,
		response: ServerResponse,
		host: 'api' | 'files',
		answer: (incoming: Incoming, record: RecordedRequest) => Promise<Answer | FileAnswer | 'reset'>,
	): Promise<void> {
		const raw = await readBody(request);
		const incoming = readIncoming(request, raw);
		const everything = `${request.url} ${JSON.stringify(request.headers)} ${raw}`;
		const record: RecordedRequest = {
			...incoming,
			atMs: now(),
			host,
			carriedKey: everything.includes(key),
		};
		book.requests.push(record);
		const result = await answer(incoming, record);
		if (result === 'reset') {
			request.socket.resetAndDestroy();
			return;
		}
		record.status = result.status;
		send(response, result, request.method === 'HEAD', record.fault);
	}

	async function answerApi(
		incoming: Incoming,
		record: RecordedRequest,
	): Promise<Answer | FileAnswer | 'reset'> {
		const found = families
			.map((family) => ({ family, route: family.route(incoming) }))
			.find(({ route }) => route !== undefined);
		if (!found?.route) return { status: 404, body: '<!DOCTYPE html><title>Not Found</title>' };
		const { family, route } = found;
		record.call = route.call;
		if (route.jobId) record.jobId = route.jobId;
		const fault = faults.take(route.call, route.jobId);
		if (fault) record.fault = fault.kind;
		const early = await beforeAnswer(fault, family, incoming);
		if (early) return early;
		const answer = answerRoute(family, route, incoming, record);
		if (fault?.kind === 'silent') return await new Promise<never>(() => undefined);
		return afterAnswer(fault, family, answer);
	}

	async function beforeAnswer(
		fault: Fault | undefined,
		family: FamilySimulator,
		incoming: Incoming,
	): Promise<Answer | 'reset' | undefined> {
		switch (fault?.kind) {
			case 'error':
				return family.error(fault.error, { path: incoming.path, ...fault }, context());
			case 'answer':
				return {
					status: fault.status,
					body: fault.body,
					...(fault.headers ? { headers: fault.headers } : {}),
				};
			case 'redirect':
				return redirect(fault);
			case 'resetBefore':
				return 'reset';
			case 'slow':
				await pause(fault.ms);
		}
		return undefined;
	}

	const redirect = (fault: Extract<Fault, { kind: 'redirect' }>): Answer => ({
		status: fault.status ?? 307,
		headers: { location: fault.to ?? `${filesUrl}/elsewhere` },
		body: '',
	});

	function afterAnswer(
		fault: Fault | undefined,
		family: FamilySimulator,
		answer: Answer | FileAnswer,
	): Answer | FileAnswer | 'reset' {
		switch (fault?.kind) {
			case 'resetAfter':
				return 'reset';
			case 'serverErrorAfter':
				return family.error('serverError', fault, context());
			case 'webPage':
				return {
					status: 200,
					headers: { 'content-type': 'text/html' },
					body: '<!DOCTYPE html><title>Please log in</title>',
				};
			case 'wronglyTyped':
				return { ...answer, body: wronglyTyped(answer.body) };
			default:
				return answer;
		}
	}

	function answerRoute(
		family: FamilySimulator,
		route: Route,
		incoming: Incoming,
		record: RecordedRequest,
	): Answer | FileAnswer {
		const refuse = (kind: Parameters<FamilySimulator['error']>[0], message?: string) =>
			family.error(kind, { path: incoming.path, ...(message ? { message } : {}) }, context());
		if (!keyAccepted(family, incoming)) return refuse('invalidKey');
		if (route.call === 'submit') {
			const reply = submit(family, route, incoming, refuse);
			if ('job' in reply) record.jobId = reply.job.id;
			return reply.answer;
		}
		if (route.call === 'models') return family.models?.(incoming) ?? refuse('notFound');
		if (route.call === 'account') return family.account?.(incoming) ?? refuse('notFound');
		const job = book.jobs.find(
			({ id, provider }) =>
				id === route.jobId && (route.provider === undefined || route.provider.id === provider),
		);
		if (!job) return refuse('notFound');
		if (route.call === 'content') {
			return snapshot(job).status === 'succeeded' ? serveFile(incoming) : refuse('notFound');
		}
		if (route.call === 'cancel') {
			if (!isOver(snapshot(job).status)) job.forced = { status: 'cancelled' };
			return family.cancelled?.(job, snapshot(job), context()) ?? refuse('notFound');
		}
		return family.fetched(job, snapshot(job), context());
	}

	function keyAccepted(family: FamilySimulator, incoming: Incoming): boolean {
		const given = family.keyOf(incoming);
		// A signed address of the local executor stands for itself, as the real one's does.
		if (incoming.query.has('signed')) return true;
		if (given === undefined) return family.family === 'localGpu' && !options.localGpuNeedsKey;
		return given === key;
	}

	function submit(
		family: FamilySimulator,
		route: Route,
		incoming: Incoming,
		refuse: (kind: 'invalidRequest' | 'rateLimited', message?: string) => Answer,
	): { answer: Answer; job: SimulatedJob } | { answer: Answer } {
		const provider = route.provider!;
		if (options.enforceRateLimits && tooMany(family)) return { answer: refuse('rateLimited') };
		const parsed = provider.request.safeParse(readRequest(provider, incoming.body));
		if (!parsed.success || !isObject(incoming.body)) {
			const issue = parsed.error?.issues[0];
			return {
				answer: refuse('invalidRequest', issue && `${issue.path.join('.')}: ${issue.message}`),
			};
		}
		const idempotencyKey =
			incoming.headers[provider.abilities.idempotencyHeader?.toLowerCase() ?? ''];
		const earlier =
			idempotencyKey === undefined
				? undefined
				: book.jobs.find((job) => job.idempotencyKey === idempotencyKey);
		const job = earlier ?? accept(family, route, incoming, idempotencyKey);
		return { answer: family.submitted(job, snapshot(job), context()), job };
	}

	function accept(
		family: FamilySimulator,
		route: Route,
		incoming: Incoming,
		idempotencyKey: string | undefined,
	): SimulatedJob {
		const { key: _key, ...request } = incoming.body as JsonObject;
		const about = { provider: route.provider!.id, request };
		const { durationMs: duration = 0 } = options;
		const durationMs = typeof duration === 'function' ? duration(about) : duration;
		const trackingId = family.trackingIdOf(incoming);
		const callbackUrl = family.callbackUrlOf(incoming);
		const failsWith = options.failWhen?.(about);
		const job: SimulatedJob = {
			id: family.newJobId(context()),
			family: family.family,
			...about,
			acceptedAtMs: now(),
			durationMs,
			queueMs: options.queueMs ?? (Number.isFinite(durationMs) ? durationMs / 5 : 0),
			seed: Math.floor(random() * 2 ** 32),
			...(trackingId ? { trackingId } : {}),
			...(callbackUrl ? { callbackUrl } : {}),
			...(idempotencyKey ? { idempotencyKey } : {}),
			...(failsWith ? { failsWith } : {}),
		};
		book.jobs.push(job);
		if (
			callbackUrl &&
			options.autoCallbacks !== false &&
			!options.now &&
			Number.isFinite(durationMs)
		) {
			later(durationMs, () => announce(job));
		}
		return job;
	}

	/** No more than the documented number of accepted submissions in any 60 seconds. */
	const tooMany = ({ family, requestsPerMinute = Infinity }: FamilySimulator): boolean =>
		book.jobs.filter((job) => job.family === family && now() - job.acceptedAtMs < 60_000).length >=
		requestsPerMinute;

	const snapshot = (job: SimulatedJob): Snapshot => snapshotAt(job, now());

	async function answerFile(
		incoming: Incoming,
		record: RecordedRequest,
	): Promise<FileAnswer | Answer | 'reset'> {
		record.call = 'file';
		const name = /\/([^/]+)\.(mp4|gif)$/.exec(incoming.path)?.[1];
		const job = name
			? book.jobs.find(({ id }) => Buffer.from(id).toString('base64url') === name)
			: undefined;
		if (job) record.jobId = job.id;
		const fault = faults.take('file', job?.id);
		if (fault) record.fault = fault.kind;
		if (fault?.kind === 'slow') await pause(fault.ms);
		if (fault?.kind === 'silent') return await new Promise<never>(() => undefined);
		if (fault?.kind === 'resetBefore' || fault?.kind === 'resetAfter') return 'reset';
		if (fault?.kind === 'redirect') return redirect(fault);
		if (fault?.kind === 'answer') {
			return {
				status: fault.status,
				body: fault.body,
				...(fault.headers ? { headers: fault.headers } : {}),
			};
		}
		if (fault?.kind === 'error' || fault?.kind === 'serverErrorAfter') {
			return { status: fault.status ?? 503, body: 'Service Unavailable' };
		}
		if (incoming.path === '/elsewhere') return { status: 200, body: { status: 'success' } };
		if (!job || snapshot(job).status !== 'succeeded') return missingFile();
		return expired(incoming.query) ? expiredFile() : serveFile(incoming);
	}

	const expired = (query: URLSearchParams): boolean =>
		Number(query.get('generation')) < fileGeneration || signatureExpired(query, now());

	async function announce(
		job: SimulatedJob,
		callbackOptions: CallbackOptions = {},
	): Promise<number[]> {
		const family = FAMILIES.find(({ family: name }) => name === job.family)!;
		return await sendCallback(family, job, snapshot(job), context(), callbackOptions, {
			secret: webhookSecret,
			book,
		});
	}

	async function end(jobId: string, status: JobStatus, reason?: string): Promise<void> {
		const job = book.job(jobId);
		job.forced = { status, ...(reason ? { reason } : {}) };
		if (job.callbackUrl && options.autoCallbacks !== false) await announce(job);
	}

	function later(ms: number, task: () => Promise<unknown>): void {
		const timer = setTimeout(() => {
			timers.delete(timer);
			void task();
		}, ms);
		timers.add(timer);
	}

	const pause = (ms: number) =>
		new Promise<void>((resolve) => later(ms, () => Promise.resolve(resolve())));

	return {
		url,
		filesUrl,
		key,
		webhookSecret,
		book,
		faults,
		state: (jobId) => snapshot(book.job(jobId)),
		finish: (jobId) => end(jobId, 'succeeded'),
		fail: (jobId, reason = 'The model ran out of ideas') => end(jobId, 'failed', reason),
		callback: (jobId, callbackOptions) => announce(book.job(jobId), callbackOptions),
		expireFiles: () => {
			fileGeneration += 1;
		},
		async close() {
			for (const timer of timers) clearTimeout(timer);
			await Promise.all([api, files].map(closeServer));
		},
	};
}
