import { randomInt, randomUUID } from 'node:crypto';
import type { RequestValues } from '../../../providers/contract';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { CallbackPolicy } from '../callbacks/guard.ts';
import type { Database } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import { liveWorkers } from '../store/workers.ts';
import type { WorkerRecord } from '../store/workers.ts';
import { announceCallbacks, insertDelivery } from '../store/deliveries.ts';
import { forgetLooseFile, looseFilesOf } from '../store/looseFiles.ts';
import { filesOf, isOpen, toVideo } from '../store/video.ts';
import type { Artifact, VideoError, VideoRow } from '../store/video.ts';
import {
	cancelVideo,
	deleteVideo,
	finishMock,
	insertVideos,
	listVideos,
	videoByNumber,
	videosByIds,
} from '../store/videos.ts';
import type { NewVideo, Page } from '../store/videos.ts';
import { cached } from '../lib/cached.ts';
import { Lookup } from '../lib/lookup.ts';
import { ApiError, notFound } from './errors.ts';
import type { Limits } from './limits.ts';
import { chooseModel, shorten, whyNoJobRuns } from './models.ts';
import type { Choice } from './models.ts';
import { OpenJobs } from './openJobs.ts';
import { Admission } from './admission.ts';
import { hashOf, IdempotencyKeys } from './idempotency.ts';
import { NewVideos } from './newVideos.ts';
import { checkTakesPicture, readPicture } from './picture.ts';
import type { Picture } from './picture.ts';
import { decorate } from './prompt.ts';
import { completeRequest } from './request.ts';
import { checkWebhook, enabledAgain } from './webhooks.ts';

export interface ServiceOptions {
	limits: Limits;
	defaultModel: string | undefined;
	aliases: Record<string, string>;
	callbacks: CallbackPolicy;
	/** How many keys there are. */
	keys: number;
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
const STORAGE_FRESH_MS = 10_000;

/** What every dialect does with jobs. Knows nothing about HTTP. */
export class VideoService {
	readonly #workers: (olderThanMs?: number) => Promise<WorkerRecord[]>;
	readonly #storage: () => Promise<void>;
	readonly #admission: Admission;
	/** Many ask how far their jobs are at the same time. */
	readonly #videos: Lookup<VideoRow>;
	readonly #newVideos: NewVideos;
	readonly #keys: IdempotencyKeys;
	readonly openJobs: OpenJobs;
	/** Called when something new stands in the queue of this process. */
	onQueued: () => void = () => undefined;
	/** Called with the id of a job that was cancelled through this process. */
	onCancelled: (id: string) => void = () => undefined;

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
		private readonly artifacts: ArtifactStore,
		private readonly options: ServiceOptions,
	) {
		this.#workers = cached(() => liveWorkers(database), WORKERS_FRESH_MS);
		this.#storage = cached(() => artifacts.check(), STORAGE_FRESH_MS);
		this.#videos = new Lookup((ids) => videosByIds(database, ids));
		this.#newVideos = new NewVideos(database, queue);
		this.#keys = new IdempotencyKeys(database);
		this.openJobs = new OpenJobs(database);
		this.#admission = new Admission(
			database,
			artifacts,
			this.openJobs,
			options.limits,
			options.keys,
		);
	}

	workers(): Promise<WorkerRecord[]> {
		return this.#workers();
	}

	/** Why a job would not run now, and what to do; undefined where it would. */
	async obstacle(): Promise<string | undefined> {
		return (
			whyNoJobRuns(await this.#workers()) ??
			(await this.#storage().then(
				() => undefined,
				(error: Error) => `Finished videos cannot be stored. ${error.message}`,
			))
		);
	}

	/** Refuses by what is connected now only: a machine may have come since it was last looked for. */
	async #choose(asked: string | undefined): Promise<Choice> {
		try {
			return chooseModel(await this.#workers(), asked, this.options);
		} catch (error) {
			if (!(error instanceof ApiError)) throw error;
			return chooseModel(await this.#workers(0), asked, this.options);
		}
	}

	/** Stores a job and queues it, in one transaction: when this resolves, neither gets lost. */
	async create(wanted: CreateVideo): Promise<{ video: VideoRow; created: boolean }> {
		const { values, owner, dialect } = wanted;
		const webhookUrl = typeof values.webhook_url === 'string' ? values.webhook_url : undefined;
		if (webhookUrl !== undefined) checkWebhook(webhookUrl, this.options.callbacks);
		const asked = typeof values.model === 'string' ? values.model : undefined;
		const chosen = await this.#choose(asked);
		const requestHash = hashOf({ dialect, values });
		// A repeated submit has its job, even where its picture cannot be had a second time.
		const made = values.input_reference && (await this.#keys.jobOf({ ...wanted, requestHash }));
		if (made) return { video: made, created: false };
		checkTakesPicture(chosen.model, values.input_reference);
		const picture = await this.#picture(values.input_reference);
		const completed = completeRequest(
			values,
			chosen.model,
			this.options.limits,
			randomInt(0, MAX_SEED),
			picture?.facts,
		);
		const warnings = [
			...(wanted.warnings ?? []),
			...completed.warnings,
			...(webhookUrl === undefined ? [] : await enabledAgain(this.database, owner, webhookUrl)),
		];
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
			requestHash,
			priority: wanted.priority ?? 0,
			work: completed.work,
			...(picture ? { picture: picture.bytes } : {}),
		});
	}

	/** What a job of these values would come to: its model, the queue of it, and the work. Stores nothing. */
	async measure(values: RequestValues): Promise<{ model: string; queue: string; work: number }> {
		const asked = typeof values.model === 'string' ? values.model : undefined;
		const chosen = await this.#choose(asked);
		const { input_reference: _picture, ...others } = values;
		const { work } = completeRequest(others, chosen.model, this.options.limits, 0);
		return { model: chosen.model.id, queue: chosen.queue, work };
	}

	async #picture(value: RequestValues[string] | undefined): Promise<Picture | undefined> {
		if (typeof value !== 'string') return undefined;
		return await readPicture(value, this.options.callbacks);
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
		const { model, queue } = await this.#choose(undefined);
		const { request, work } = completeRequest(values, model, this.options.limits, 0);
		const id = randomUUID();
		const rows = await this.database.batch([
			insertVideos([
				{
					...{ id, owner, dialect, queue, request, webhookUrl, work },
					dialectData: wanted.dialectData ?? {},
					warnings: [],
					requestHash: '',
					priority: 0,
				},
			]),
			finishMock(id, error),
			insertDelivery(randomUUID(), id),
		]);
		announceCallbacks(this.database);
		return toVideo(rows[1]![0]!);
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
			pictureOf: video.id,
		});
		return again;
	}

	/** The same settings with another prompt, as a new job. */
	async remix(
		owner: string,
		id: string,
		{ prompt, idempotencyKey }: { prompt: string; idempotencyKey?: string },
	): Promise<{ video: VideoRow; created: boolean }> {
		const video = await this.get(owner, id);
		const { prompts: _parts, ...settings } = video.request;
		const words = { enhance: false, style: settings.style };
		return await this.#store({
			id: randomUUID(),
			owner,
			dialect: 'openai',
			queue: video.queue,
			request: { ...settings, prompt: decorate(prompt, words) },
			warnings: [],
			...(video.webhook_url === null ? {} : { webhookUrl: video.webhook_url }),
			dialectData: { ...video.dialect_data, remixOf: video.id },
			...(idempotencyKey === undefined ? {} : { idempotencyKey }),
			requestHash: hashOf({ remixOf: id, prompt }),
			priority: video.priority,
			work: video.work,
			pictureOf: video.id,
		});
	}

	/** Requests with one idempotency key go one after another: only the first of them needs room. */
	async #store(video: NewVideo): Promise<{ video: VideoRow; created: boolean }> {
		return await this.#keys.oneAfterAnother(video, () => this.#storeNew(video));
	}

	async #storeNew(video: NewVideo): Promise<{ video: VideoRow; created: boolean }> {
		const before = await this.#keys.jobOf(video);
		if (before) return { video: before, created: false };
		const settle = await this.#admission.take(video.owner, video.request);
		try {
			const stored = await this.#insert(video);
			settle(stored !== undefined);
			if (stored) return { video: stored, created: true };
			// Somebody used the same idempotency key at the same time.
			const same = await this.#keys.jobOf(video);
			if (same) return { video: same, created: false };
			throw new Error('A job with this idempotency key was just removed. Try again.');
		} catch (error) {
			settle(false);
			throw error;
		}
	}

	async #insert(video: NewVideo): Promise<VideoRow | undefined> {
		const stored = await this.#newVideos.store(video);
		if (!stored) return undefined;
		this.queue.announceVideos();
		this.onQueued();
		return stored;
	}

	async get(owner: string, id: string): Promise<VideoRow> {
		const video = await this.#videos.find(id);
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
		const rows = await this.database.batch([
			cancelVideo(id),
			...(await this.queue.cancelVideo(video.queue, id)),
			insertDelivery(randomUUID(), id),
		]);
		const row = rows[0]![0];
		if (!row) return (await this.#videos.find(id)) ?? video;
		const cancelled = toVideo(row);
		if (cancelled.webhook_url !== null) announceCallbacks(this.database);
		// It never ran: the key's other jobs move up, as if it had not been there.
		if (cancelled.started_at === null) await this.#newVideos.reorder(owner, cancelled.fair_order);
		this.onCancelled(id);
		return cancelled;
	}

	/** Cancels an open job; removes a finished one and its file. */
	async remove(owner: string, id: string): Promise<void> {
		const video = await this.get(owner, id);
		if (isOpen(video.status)) {
			const after = await this.cancel(owner, id);
			if (after.status === 'cancelled') return;
			return await this.remove(owner, id);
		}
		const [, deleted] = await this.database.batch([
			looseFilesOf(id),
			deleteVideo(id),
			...(await this.queue.removeVideo(video.queue, id)),
		]);
		const artifact = deleted![0]?.artifact as Artifact | null | undefined;
		// Where the storage is away, maintenance removes the file later.
		for (const name of artifact ? filesOf(artifact) : []) {
			await this.artifacts
				.remove(name)
				.then(() => forgetLooseFile(this.database, name))
				.catch(() => undefined);
		}
	}
}
