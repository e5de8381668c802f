import { PgBoss } from 'pg-boss';
import type { Db, JobWithMetadata } from 'pg-boss';
import type { Database, Statement } from '../db/database.ts';

/**
 * pg-boss as the queue of videos: one queue a model, so that a machine takes only what it can make. What a
 * job is, and how far it is, lives in our own tables.
 */
export const SCHEMA = 'gpu_local_boss';
const VIDEO_PREFIX = 'video/';

/**
 * Who waits for work listens here; a hint only, everybody also looks from time to time. Ours, because
 * pg-boss wakes its own loops only, and those take from one queue each.
 */
const VIDEOS_CHANNEL = 'gpu_local_videos';

/** A process that has not said for so long that it is at work has lost its job. pg-boss's least. */
const HEARTBEAT_SECONDS = 10;
/** How often what lost processes left is looked for. The built-in database has one process, which clears up at its start. */
const MONITOR_SECONDS = { postgres: 5, pglite: 60 };
/** Jobs that nobody takes stay for as long as pg-boss can keep them. */
const KEEP_QUEUED_SECONDS = 10 * 365 * 24 * 3600;
const KEEP_DONE_SECONDS = 3600;
/**
 * Attempts are counted in our own tables, where a run that ended with an orderly stop does not count;
 * pg-boss's own count is only a bound that is never reached in earnest.
 */
const MAX_CLAIMS = 10_000;
/** The worker itself ends a job that takes too long; the queue does only where the worker cannot. */
const OVERTIME_SECONDS = 60;
/** How long jobs for a loaded model may go first. */
const PASSED_OVER_SECONDS = 120;

/** A claim on a queue entry. Settling it works only while the claim holds. */
export interface QueueClaim {
	queue: string;
	id: string;
	retryCount: number;
}

export class Queue {
	readonly #boss: PgBoss;
	readonly #known = new Set<string>();

	private constructor(
		private readonly database: Database,
		boss: PgBoss,
		private readonly jobSeconds: number,
	) {
		this.#boss = boss;
	}

	static async open(
		database: Database,
		options: {
			jobSeconds: number;
			onError: (error: Error) => void;
		},
	): Promise<Queue> {
		const monitorSeconds = MONITOR_SECONDS[database.kind];
		const boss = new PgBoss({
			...database.bossOptions,
			schema: SCHEMA,
			schedule: false,
			monitorIntervalSeconds: monitorSeconds,
			superviseIntervalSeconds: monitorSeconds,
			queueCacheIntervalSeconds: monitorSeconds,
		});
		boss.on('error', options.onError);
		await boss.start();
		const queue = new Queue(database, boss, options.jobSeconds);
		return queue;
	}

	static videoQueue(model: string): string {
		return `${VIDEO_PREFIX}${model}`;
	}

	/** Outside of any transaction: pg-boss makes a queue in one of its own. */
	async ensureVideoQueue(name: string): Promise<void> {
		if (this.#known.has(name)) return;
		await this.#boss.createQueue(name, {
			heartbeatSeconds: HEARTBEAT_SECONDS,
			expireInSeconds: this.jobSeconds + OVERTIME_SECONDS,
			retentionSeconds: KEEP_QUEUED_SECONDS,
			deleteAfterSeconds: KEEP_DONE_SECONDS,
			retryLimit: MAX_CLAIMS,
		});
		await this.#prime(name);
		this.#known.add(name);
	}

	/**
	 * pg-boss looks a queue up once, on a connection of its own. The built-in database has just one, so
	 * within a transaction that look-up would wait for itself.
	 */
	async #prime(name: string): Promise<void> {
		await this.#boss.findJobs(name, { id: '00000000-0000-0000-0000-000000000000' });
	}

	/** With the statement that stores the jobs, so that neither is there without the other. */
	async enqueueVideos(queue: string, videoIds: string[]): Promise<Statement[]> {
		const entries = videoIds.map((id) => ({ id, data: {} }));
		return await recorded((db) => this.#boss.insert(queue, entries, { db }));
	}

	/** After the commit: there is work. */
	announceVideos(): void {
		this.database.notify(VIDEOS_CHANNEL);
	}

	/** Calls back when there may be work. */
	async onVideos(callback: () => void): Promise<void> {
		await this.database.listen(VIDEOS_CHANNEL, callback);
	}

	/**
	 * The job that stands first over all these queues. Of jobs of equal priority those of `warm` queues
	 * come first, which saves loading a model, but they do not pass one that has waited for long.
	 */
	async nextVideo(queues: string[], warm: string[] = []): Promise<QueueClaim | undefined> {
		const [head] = await this.database.query<{ name: string }>(
			`SELECT name FROM ${SCHEMA}.job
			WHERE name = ANY($1) AND state < 'active' AND start_after <= now()
			ORDER BY priority DESC,
				(name <> ALL($2) AND created_on > now() - interval '${PASSED_OVER_SECONDS} seconds'),
				created_on, id LIMIT 1`,
			[queues, warm],
		);
		if (!head) return undefined;
		// None where another machine was quicker, or the entry is held back: the next look decides.
		const [job] = await this.#boss.fetch(head.name, { includeMetadata: true });
		return job && claimOf(job);
	}

	/** Says that the job is being worked on. False where the claim was lost. */
	async touch(claim: QueueClaim): Promise<boolean> {
		return took(await this.#boss.touch(claim.queue, attemptOf(claim)));
	}

	/** Changes nothing where the claim was lost. */
	async complete(claim: QueueClaim): Promise<Statement[]> {
		return await recorded((db) => this.#boss.complete(claim.queue, attemptOf(claim), null, { db }));
	}

	/** Gives the job back, for another attempt if any is left. */
	async giveBack(claim: QueueClaim): Promise<Statement[]> {
		return await recorded((db) => this.#boss.fail(claim.queue, attemptOf(claim), null, { db }));
	}

	async cancelVideo(queue: string, videoId: string): Promise<Statement[]> {
		return await recorded((db) => this.#boss.cancel(queue, videoId, { db }));
	}

	async removeVideo(queue: string, videoId: string): Promise<Statement[]> {
		return await recorded((db) => this.#boss.deleteJob(queue, videoId, { db }));
	}

	/**
	 * Gives back everything that is marked as being worked on. Only right where no other process can
	 * be at work: after a crash of the one process that holds the built-in database.
	 */
	async recoverAll(): Promise<number> {
		const active = await this.database.query<{ name: string; id: string }>(
			`SELECT name, id FROM ${SCHEMA}.job WHERE state = 'active' AND name LIKE '${VIDEO_PREFIX}%'`,
		);
		for (const { name, id } of active) await this.#boss.fail(name, id);
		return active.length;
	}

	async stop(): Promise<void> {
		await this.#boss.stop({ graceful: false, close: true });
	}
}

const claimOf = (job: JobWithMetadata<unknown>): QueueClaim => ({
	queue: job.name,
	id: job.id,
	retryCount: job.retryCount,
});

const attemptOf = ({ id, retryCount }: QueueClaim) => ({ id, retryCount });

/** pg-boss declares its reply empty; it bears how many jobs the call was able to change. */
const took = (reply: object): boolean => (reply as { affected: number }).affected > 0;

/** The statements of a call to pg-boss, which run later and together with ours. */
async function recorded(call: (db: Db) => Promise<unknown>): Promise<Statement[]> {
	const statements: Statement[] = [];
	await call({
		executeSql: async (text, values) => {
			statements.push({ text, ...(values ? { values: values as unknown[] } : {}) });
			return { rows: [{ count: 0 }] };
		},
	});
	return statements;
}
