/** The provider behind the servers: takes jobs, charges them, ends them and announces their end. No HTTP in here. */
import { isDeepStrictEqual } from 'node:util';
import type { JobStatus, JsonObject, Provider } from '../../providers/contract';
import { isObject, readRequest } from '../../providers/schema/wire';
import { Book } from './book';
import { sendCallback, type CallbackOptions } from './callbacks';
import { hashOf, seededRandom } from './faults';
import type { CallbackManner, SimulatorOptions } from './options';
import { isOver, snapshotAt } from './timeline';
import type {
	Answer,
	ErrorKind,
	FamilyContext,
	FamilySimulator,
	Incoming,
	Route,
	SimulatedJob,
	Snapshot,
} from './types';

const MINUTE_MS = 60_000;
/** How long before the fetch shows the end an early callback comes, and after it a late one. */
const EARLY_MS = 400;
const LATE_MS = 1_500;
/** No document says how long a provider waits before it sends a callback again. */
const RETRY_MS = 200;
/** ModelsLab's smallest plan (pay as you go); Standard has 10, Premium 15. */
const SMALLEST_QUEUE = 5;
const QUEUE_FULL = { retryAfterSeconds: 1, status: 429 };

/** How the job will stand when it is over. */
const endOf = (job: SimulatedJob): Snapshot => snapshotAt(job, Number.MAX_SAFE_INTEGER);

/** A request's body without the addresses in it, whose ports are others in every run. */
export const contentOf = (body: unknown): string =>
	(JSON.stringify(body) ?? '').replace(/https?:[^"]*/g, '');

function withoutKey({ body }: Incoming): JsonObject {
	const { key: _key, ...request } = body as JsonObject;
	return request;
}

/** Our own server's document is our own declaration; the others have one written down apart from it. */
function issueOf(provider: Provider, body: JsonObject): string | undefined {
	const issue = provider.request.safeParse(readRequest(provider, body)).error?.issues[0];
	return issue && `${issue.path.join('.')}: ${issue.message}`;
}

export class Desk {
	readonly book = new Book();
	readonly key: string;
	readonly webhookSecret: string;
	/** Result URLs of an earlier generation have expired on demand. */
	fileGeneration = 0;
	/** Set once the servers listen. */
	url = '';
	filesUrl = '';
	private readonly dice = new Map<string, () => number>();
	private readonly timers = new Set<NodeJS.Timeout>();

	constructor(private readonly options: SimulatorOptions) {
		const seed = options.seed ?? 1;
		this.key = options.key ?? `key-${seed}-0123456789abcdef`;
		this.webhookSecret = options.webhookSecret ?? 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
	}

	now = (): number => (this.options.now ?? Date.now)();

	/** @param about what chance is drawn for: it must not depend on which of two requests comes first */
	context(about = ''): FamilyContext {
		return {
			url: this.url,
			fetchBase: this.options.fetchResultBase ?? this.url,
			nowMs: this.now(),
			fileTtlSeconds: this.options.fileTtlSeconds ?? 3600,
			logged: this.book.jobs.filter(
				({ acceptedAtMs }) => acceptedAtMs + (this.options.logDelayMs ?? 0) <= this.now(),
			),
			logsTwice: this.options.logsTwice ?? false,
			hasQueueLimit: this.options.queueLimit !== Infinity,
			chargeFactor: this.options.chargeFactor ?? 1,
			fileUrl: (job, options) => this.fileUrl(job, options),
			random: this.dieOf(about),
		};
	}

	private dieOf(about: string): () => number {
		const known = this.dice.get(about);
		if (known) return known;
		const die = seededRandom(hashOf(about, this.options.seed ?? 1));
		this.dice.set(about, die);
		return die;
	}

	snapshot = (job: SimulatedJob): Snapshot => snapshotAt(job, this.now());

	keyAccepted(family: FamilySimulator, incoming: Incoming): boolean {
		// A signed address of the local executor stands for itself, as the real one's does.
		if (incoming.query.has('signed')) return true;
		const given = family.keyOf(incoming);
		if (given === undefined) return family.family === 'localGpu' && !this.options.localGpuNeedsKey;
		return given === this.key;
	}

	/** Takes the job, or the one that the same idempotency key made earlier, or says why not. */
	submit(
		family: FamilySimulator,
		route: Route,
		incoming: Incoming,
		refuse: (kind: ErrorKind, message?: string) => Answer,
	): { answer: Answer; job?: SimulatedJob } {
		const provider = route.provider!;
		const { enforceRateLimits = true, queueLimit = SMALLEST_QUEUE } = this.options;
		if (enforceRateLimits && this.tooMany(family)) {
			return { answer: refuse('rateLimited') };
		}
		if (family.holdsQueue && this.openJobs(family) >= queueLimit) {
			return { answer: family.error('rateLimited', QUEUE_FULL, this.context()) };
		}
		if (!isObject(incoming.body)) return { answer: refuse('invalidRequest') };
		const objection = family.objection
			? family.objection(incoming, provider)
			: issueOf(provider, incoming.body);
		if (objection) return { answer: refuse('invalidRequest', objection) };
		const idempotencyKey = family.idempotency && incoming.headers[family.idempotency.header];
		const earlier = this.keyedBefore(idempotencyKey);
		if (
			family.idempotency &&
			earlier &&
			!isDeepStrictEqual(earlier.request, withoutKey(incoming))
		) {
			return { answer: family.idempotency.otherRequest(earlier) };
		}
		const job = earlier ?? this.accept(family, route, incoming, idempotencyKey);
		const context = this.context(contentOf(incoming.body));
		return { answer: family.submitted(job, this.snapshot(job), context), job };
	}

	/** As at our own executor: a job that was cancelled, or removed, gives its key free. */
	private keyedBefore(idempotencyKey: string | undefined): SimulatedJob | undefined {
		return this.book.jobs.find(
			(job) =>
				idempotencyKey !== undefined &&
				job.idempotencyKey === idempotencyKey &&
				this.snapshot(job).status !== 'cancelled' &&
				!job.deleted,
		);
	}

	private accept(
		family: FamilySimulator,
		route: Route,
		incoming: Incoming,
		idempotencyKey: string | undefined,
	): SimulatedJob {
		const request = withoutKey(incoming);
		const about = { provider: route.provider!.id, request };
		const content = contentOf(request);
		const { durationMs: duration = 0, queueMs } = this.options;
		const durationMs = typeof duration === 'function' ? duration(about) : duration;
		const finite = Number.isFinite(durationMs);
		const trackingId = family.trackingIdOf(incoming);
		const callbackUrl = family.callbackUrlOf(incoming);
		const failsWith = this.options.failWhen?.(about);
		const job: SimulatedJob = {
			id: family.newJobId(this.context(content)),
			family: family.family,
			...about,
			acceptedAtMs: this.now(),
			durationMs,
			queueMs: queueMs ?? (finite ? durationMs / 5 : 0),
			seed: Math.floor(this.dieOf(content)() * 2 ** 32),
			...(trackingId ? { trackingId } : {}),
			...(callbackUrl ? { callbackUrl } : {}),
			...(idempotencyKey ? { idempotencyKey } : {}),
			...(failsWith ? { failsWith } : {}),
		};
		this.book.jobs.push(job);
		if (callbackUrl && this.announces && !this.options.now && finite) {
			this.announceAtEnd(family, job);
		}
		return job;
	}

	/** A timer counts from when its turn of the loop began, so it may ring before the job is done. */
	private announceAtEnd(family: FamilySimulator, job: SimulatedJob): void {
		const early = this.mannerOf(job) === 'early' ? Math.min(EARLY_MS, job.durationMs / 2) : 0;
		const dueMs = job.acceptedAtMs + job.durationMs - early;
		this.later(Math.max(0, dueMs - this.now()), async () => {
			if (this.now() < dueMs) this.announceAtEnd(family, job);
			else await this.tell(family, job, endOf(job));
		});
	}

	private mannerOf(job: SimulatedJob): CallbackManner {
		const { callbackManner = 'atEnd' } = this.options;
		return typeof callbackManner === 'function' ? callbackManner(job) : callbackManner;
	}

	/** Tells of a job's end in the manner of the provider, again where it promises to. */
	private async tell(family: FamilySimulator, job: SimulatedJob, as: Snapshot): Promise<void> {
		const manner = this.mannerOf(job);
		if (manner === 'missing') return;
		if (manner === 'late') await this.pause(LATE_MS);
		const options = { as, times: manner === 'doubled' ? 2 : 1 };
		for (let left = family.callbackRetries ?? 0; ; left -= 1) {
			const status = (await this.announce(family, job, options)).at(-1) ?? 0;
			if (left <= 0 || (status >= 200 && status < 300)) return;
			await this.pause(RETRY_MS);
		}
	}

	private get announces(): boolean {
		return this.options.autoCallbacks !== false;
	}

	private openJobs({ family }: FamilySimulator): number {
		return this.book.jobs.filter(
			(job) => job.family === family && !isOver(this.snapshot(job).status),
		).length;
	}

	/** Whether the fetch knows of the job yet. */
	knows = (job: SimulatedJob): boolean =>
		this.now() - job.acceptedAtMs >= (this.options.unknownForMs ?? 0);

	/** No more than the documented number of accepted submissions in any 60 seconds. */
	private tooMany({ family, requestsPerMinute = Infinity }: FamilySimulator): boolean {
		const recent = this.book.jobs.filter(
			(job) => job.family === family && this.now() - job.acceptedAtMs < MINUTE_MS,
		);
		return recent.length >= requestsPerMinute;
	}

	async announce(
		family: FamilySimulator,
		job: SimulatedJob,
		options: CallbackOptions = {},
	): Promise<number[]> {
		return await sendCallback(family, job, this.snapshot(job), this.context(), options, {
			secret: this.webhookSecret,
			book: this.book,
		});
	}

	async end(
		family: FamilySimulator,
		job: SimulatedJob,
		status: JobStatus,
		reason?: string,
	): Promise<void> {
		const forced = { status, ...(reason ? { reason } : {}) };
		const told = job.callbackUrl !== undefined && this.announces;
		if (told && this.mannerOf(job) === 'early') {
			await this.tell(family, job, endOf({ ...job, forced }));
			await this.pause(EARLY_MS);
			job.forced = forced;
			return;
		}
		job.forced = forced;
		if (told) await this.tell(family, job, this.snapshot(job));
	}

	/** The job whose video lies at this path of the file host. */
	jobOfFile(path: string): SimulatedJob | undefined {
		const name = /\/([^/]+)\.(mp4|gif)$/.exec(path)?.[1];
		return this.book.jobs.find(({ id }) => Buffer.from(id).toString('base64url') === name);
	}

	private fileUrl(
		job: SimulatedJob,
		{ folder = 'generations', signed = false }: { folder?: string; signed?: boolean } = {},
	): string {
		const extension = /"gif"/.test(JSON.stringify(job.request)) ? 'gif' : 'mp4';
		const name = Buffer.from(job.id).toString('base64url');
		const anew = this.options.signsAnew ?? true;
		const query = new URLSearchParams({ generation: String(anew ? this.fileGeneration : 0) });
		if (signed) {
			const { durationMs, acceptedAtMs } = job;
			const endMs = Number.isFinite(durationMs) ? acceptedAtMs + durationMs : acceptedAtMs;
			query.set(
				'X-Amz-Date',
				new Date(anew ? this.now() : endMs).toISOString().replace(/[-:]|\.\d+/g, ''),
			);
			query.set('X-Amz-Expires', String(this.context().fileTtlSeconds));
		}
		return `${this.filesUrl}/${folder}/${name}.${extension}?${query}`;
	}

	pause = (ms: number): Promise<void> =>
		new Promise((resolve) => this.later(ms, async () => resolve()));

	private later(ms: number, task: () => Promise<unknown>): void {
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			void task();
		}, ms);
		this.timers.add(timer);
	}

	close(): void {
		for (const timer of this.timers) clearTimeout(timer);
	}
}
