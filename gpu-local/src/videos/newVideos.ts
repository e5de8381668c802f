import { DatabaseUnavailableError } from '../db/database.ts';
import type { Database, Statement } from '../db/database.ts';
import { Batcher } from '../lib/batcher.ts';
import type { Queue } from '../queue/queue.ts';
import { storePicture } from '../store/pictures.ts';
import { toVideo } from '../store/video.ts';
import type { VideoRow } from '../store/video.ts';
import { insertVideos, rankVideos, reorderVideos } from '../store/videos.ts';
import type { NewVideo } from '../store/videos.ts';

interface Wanted {
	video: NewVideo;
	/** Undefined where a job with its idempotency key was there before. */
	stored?: VideoRow;
	problem?: unknown;
}

/**
 * Stores new jobs with their places in the queue, neither without the other. Those that come while others are
 * being stored are stored together: most of what a job costs the database is the same for twenty.
 */
export class NewVideos {
	readonly #wanted = new Batcher<Wanted>((wanted) => this.#storeAll(wanted));

	constructor(
		private readonly database: Database,
		private readonly queue: Queue,
	) {}

	/** Undefined where its owner already made a job with the same idempotency key. */
	async store(video: NewVideo): Promise<VideoRow | undefined> {
		await this.queue.ensureVideoQueue(video.queue);
		const wanted: Wanted = { video };
		await this.#wanted.add(wanted);
		if (wanted.problem !== undefined) throw wanted.problem;
		return wanted.stored;
	}

	/**
	 * A key's own priorities decide among its own jobs; its share of the queue stays what it is.
	 *
	 * @param freedPlace that of a job that waits no longer
	 */
	async reorder(owner: string, freedPlace?: number): Promise<void> {
		const moved = await reorderVideos(this.database, owner, freedPlace);
		const queues = byQueue(moved);
		if (queues.size === 0) return;
		await this.database.batch([...queues].map(([queue, ids]) => rankVideos(queue, ids)));
	}

	async #storeAll(wanted: Wanted[]): Promise<void> {
		try {
			await this.#insert(wanted);
		} catch (error) {
			if (wanted.length > 1 && !(error instanceof DatabaseUnavailableError)) {
				// One that cannot be stored does not take the others with it.
				for (const each of wanted) await this.#storeAll([each]);
				return;
			}
			for (const each of wanted) each.problem = error;
		}
	}

	async #insert(wanted: Wanted[]): Promise<void> {
		const videos = wanted.map(({ video }) => video);
		const entries: Statement[] = [];
		for (const [queue, ids] of byQueue(videos)) {
			entries.push(...(await this.queue.enqueueVideos(queue, ids)), rankVideos(queue, ids));
		}
		const [rows] = await this.database.batch([
			insertVideos(videos),
			...entries,
			...videos.flatMap(storePicture),
		]);
		const stored = new Map(rows!.map((row) => [row.id, row]));
		for (const each of wanted) {
			const row = stored.get(each.video.id);
			if (row) {
				const { goes_before: _goesBefore, ...columns } = row;
				each.stored = toVideo(columns);
			} else {
				// No job belongs to its entry.
				await this.database.batch(await this.queue.removeVideo(each.video.queue, each.video.id));
			}
		}
		for (const owner of ownersToReorder(videos, rows!)) await this.reorder(owner);
	}
}

function byQueue(videos: ReadonlyArray<{ id: string; queue: string }>): Map<string, string[]> {
	const queues = new Map<string, string[]>();
	for (const { id, queue } of videos) queues.set(queue, [...(queues.get(queue) ?? []), id]);
	return queues;
}

/** Whose jobs of a lower priority stand before new ones: those that waited already, or of the same lot. */
function ownersToReorder(
	videos: readonly NewVideo[],
	rows: ReadonlyArray<Record<string, unknown>>,
): Set<string> {
	const owners = new Set<string>();
	for (const row of rows) if (row.goes_before === true) owners.add(String(row.owner));
	const priorities = new Map<string, number>();
	for (const { owner, priority } of videos) {
		if (priorities.has(owner) && priorities.get(owner) !== priority) owners.add(owner);
		priorities.set(owner, priority);
	}
	return owners;
}
