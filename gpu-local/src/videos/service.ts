import { createHash, randomInt, randomUUID } from 'node:crypto';
import type { RequestValues } from '../../../providers/contract';
import type { ArtifactStore } from '../artifacts/store.ts';
import { enqueueCallbackFor } from '../callbacks/enqueue.ts';
import type { CallbackBody } from '../callbacks/enqueue.ts';
import { checkCallbackUrl, RefusedAddressError } from '../callbacks/guard.ts';
import type { CallbackPolicy } from '../callbacks/guard.ts';
import type { Database } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import { liveWorkers } from '../store/workers.ts';
import type { WorkerRecord } from '../store/workers.ts';
import { isOpen } from '../store/video.ts';
import type { VideoError, VideoRow } from '../store/video.ts';
import {
	cancelVideo,
	deleteVideo,
	finishMock,
	insertVideo,
	listVideos,
	videoById,
	videoByNumber,
} from '../store/videos.ts';
import type { NewVideo, Page } from '../store/videos.ts';
import { cached } from '../lib/cached.ts';
import { ApiError, notFound } from './errors.ts';
import type { Limits } from './limits.ts';
import { chooseModel, shorten } from './models.ts';
import { Admission } from './admission.ts';
import { completeRequest } from './request.ts';

export interface ServiceOptions {
	limits: Limits;
	defaultModel: string | undefined;
	aliases: Record<string, string>;
	callbacks: CallbackPolicy;
}

export interface CreateVideo {
	/** Field values of the Local GPU provider, validated. */
	values: RequestValues;
	owner: string;
	dialect: string;
	/** −10 … 10; 0 where nobody asked. */
	priority?: number;
	idempotencyKey?: string;
	/** Kept with the job for the dialect's own replies. */
	dialectData?: Record<string, unknown>;
	/** Said before those about the model. */
	warnings?: string[];
}

const MAX_SEED = 2 ** 32 - 1;
const WORKERS_FRESH_MS = 1000;
/** One step of priority outweighs any number of jobs that stand before in the fair wanted. */
const PRIORITY_STEP = 100_000_000;

/** What every dialect does with jobs. Knows nothing about HTTP. */
export class VideoService {
	readonly #workers: () => Promise<WorkerRecord[]>;
	readonly #admission: Admission;
	/** Called when something new stands in the queue of this process. */
	onQueued: () => void = () => undefined;
	/** Called with the id of a job that was cancelled through this process. */
	onCancelled: (id: string) => void = () => undefined;

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly artifacts: ArtifactStore,
		private readonly callbackBody: CallbackBody,
		private readonly options: ServiceOptions,
	) {
		this.#workers = cached(() => liveWorkers(database), WORKERS_FRESH_MS);
		this.#admission = new Admission(database, artifacts, options.limits);
	}

	workers(): Promise<WorkerRecord[]> {
		return this.#workers();
	}

	/** Stores a job and queues it, in one transaction: when this resolves, neither gets lost. */
	async create(wanted: CreateVideo): Promise<{ video: VideoRow; created: boolean }> {
		const { values, owner, dialect } = wanted;
		const webhookUrl = typeof values.webhook_url === 'string' ? values.webhook_url : undefined;
		if (webhookUrl !== undefined) checkWebhook(webhookUrl, this.options.callbacks);
		const asked = typeof values.model === 'string' ? values.model : undefined;
		const chosen = chooseModel(await this.#workers(), asked, this.options);
		const completed = completeRequest(
			values,
			chosen.model,
			this.options.limits,
			randomInt(0, MAX_SEED),
		);
		const warnings = [...(wanted.warnings ?? []), ...completed.warnings];
		if (chosen.substituted) {
			warnings.unshift(
				`There is no model "${shorten(asked ?? '')}" here; "${chosen.model.id}" was used instead.`,
			);
		}
		return await this.#store({
			id: randomUUID(),
			owner,
			dialect,
			queue: chosen.queue,
			request: completed.request,
			warnings,
			...(typeof values.track_id === 'string' ? { trackId: values.track_id } : {}),
			...(webhookUrl === undefined ? {} : { webhookUrl }),
			dialectData: wanted.dialectData ?? {},
			...(wanted.idempotencyKey === undefined ? {} : { idempotencyKey: wanted.idempotencyKey }),
			requestHash: hashOf({ dialect, values }),
			priority: wanted.priority ?? 0,
			work: completed.work,
		});
	}

	/**
	 * A job that is finished from the start and never runs, for a provider's test mode: its callback is
	 * sent as if it had.
	 */
	async createMock(
		wanted: Pick<CreateVideo, 'owner' | 'dialect' | 'values' | 'dialectData'>,
		error: VideoError | undefined,
	): Promise<VideoRow> {
		const { values, owner, dialect } = wanted;
		const webhookUrl = String(values.webhook_url);
		checkWebhook(webhookUrl, this.options.callbacks);
		const { model, queue } = chooseModel(await this.#workers(), undefined, this.options);
		const { request, work } = completeRequest(values, model, this.options.limits, 0);
		return await this.database.transaction(async (tx) => {
			const { row } = await insertVideo(tx, {
				id: randomUUID(),
				owner,
				dialect,
				queue,
				request,
				warnings: [],
				webhookUrl,
				dialectData: wanted.dialectData ?? {},
				requestHash: '',
				priority: 0,
				work,
			});
			const finished = await finishMock(tx, row.id, error);
			await enqueueCallbackFor(tx, this.queue, finished, this.callbackBody);
			return finished;
		});
	}

	/** The same request once more, as a new job. */
	async retry(owner: string, id: string): Promise<VideoRow> {
		const video = await this.get(owner, id);
		if (isOpen(video.status)) {
			throw new ApiError(
				409,
				'conflict',
				'The job is still open. Wait for it, or cancel it, before you run it again.',
			);
		}
		const { video: again } = await this.#store({
			id: randomUUID(),
			owner,
			dialect: video.dialect,
			queue: video.queue,
			request: video.request,
			warnings: [],
			...(video.track_id === null ? {} : { trackId: video.track_id }),
			...(video.webhook_url === null ? {} : { webhookUrl: video.webhook_url }),
			dialectData: video.dialect_data,
			requestHash: video.request_hash,
			priority: video.priority,
			work: video.work,
		});
		return again;
	}

	async #store(video: NewVideo): Promise<{ video: VideoRow; created: boolean }> {
		const disk = await this.#admission.disk();
		await this.queue.ensureVideoQueue(video.queue);
		const { row, created } = await this.database.transaction(async (tx) => {
			await this.#admission.takeTurn(tx);
			const stored = await insertVideo(tx, video);
			if (!stored.created) {
				checkSameRequest(stored.row, video);
				return stored;
			}
			await this.#admission.check(tx, video.owner, disk);
			await this.queue.enqueueVideo(
				tx,
				video.queue,
				video.id,
				rankOf(video.priority, stored.fairOrder),
			);
			return stored;
		});
		if (created) this.onQueued();
		return { video: row, created };
	}

	async get(owner: string, id: string): Promise<VideoRow> {
		const video = await videoById(this.database, id);
		if (!video || video.owner !== owner) throw notFound('video with this id');
		return video;
	}

	async getByNumber(owner: string, number: number): Promise<VideoRow> {
		const video = await videoByNumber(this.database, number);
		if (!video || video.owner !== owner) throw notFound('video with this id');
		return video;
	}

	async list(page: Page): Promise<{ rows: VideoRow[]; more: boolean }> {
		return await listVideos(this.database, page);
	}

	/** Stops an open job, wherever it runs. A finished one stays as it is. */
	async cancel(owner: string, id: string): Promise<VideoRow> {
		const video = await this.get(owner, id);
		const cancelled = await this.database.transaction(async (tx) => {
			const row = await cancelVideo(tx, id);
			if (row) {
				await this.queue.cancelVideo(tx, row.queue, id);
				await enqueueCallbackFor(tx, this.queue, row, this.callbackBody);
			}
			return row;
		});
		if (cancelled) this.onCancelled(id);
		return cancelled ?? (await videoById(this.database, id)) ?? video;
	}

	/** Cancels an open job; removes a finished one and its file. */
	async remove(owner: string, id: string): Promise<void> {
		const video = await this.get(owner, id);
		if (isOpen(video.status)) {
			const after = await this.cancel(owner, id);
			if (after.status === 'cancelled') return;
			return await this.remove(owner, id);
		}
		await this.database.transaction(async (tx) => {
			await deleteVideo(tx, id);
			await this.queue.removeVideo(tx, video.queue, id);
		});
		if (video.artifact) await this.artifacts.remove(video.artifact.name);
	}
}

const rankOf = (priority: number, fairOrder: number): number =>
	priority * PRIORITY_STEP - (fairOrder % PRIORITY_STEP);

function checkWebhook(url: string, policy: CallbackPolicy): void {
	try {
		checkCallbackUrl(url, policy);
	} catch (error) {
		if (!(error instanceof RefusedAddressError)) throw error;
		throw new ApiError(400, 'invalid_request', error.message, { field: 'webhook_url' });
	}
}

function checkSameRequest(stored: VideoRow, video: NewVideo): void {
	if (stored.request_hash === video.requestHash) return;
	throw new ApiError(
		409,
		'conflict',
		`The idempotency key was used before for another request, the job ${stored.id}. Use a new key for a new request.`,
	);
}

/** The same for equal values, whatever the order of their members. */
function hashOf(value: unknown): string {
	const sorted = (_key: string, inner: unknown): unknown =>
		inner !== null && typeof inner === 'object' && !Array.isArray(inner)
			? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
			: inner;
	return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex');
}
