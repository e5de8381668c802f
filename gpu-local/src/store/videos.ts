/** What clients do with jobs: make, find, list, cancel and remove them. */
import type { Sql, Statement } from '../db/database.ts';
import type { VideoRequest } from '../engines/engine.ts';
import { SCHEMA } from '../queue/queue.ts';
import { toJson } from './json.ts';
import { toVideo } from './video.ts';
import type { VideoError, VideoRow, VideoStatus } from './video.ts';

export interface NewVideo {
	id: string;
	owner: string;
	dialect: string;
	queue: string;
	request: VideoRequest;
	warnings: string[];
	trackId?: string;
	webhookUrl?: string;
	dialectData: Record<string, unknown>;
	idempotencyKey?: string;
	requestHash: string;
	priority: number;
	/** Pixels × frames × steps, the size of the job for estimates. */
	work: number;
	/** The picture that it begins with. */
	picture?: Uint8Array;
	/** The job whose picture it begins with. */
	pictureOf?: string;
}

/**
 * Stores jobs, in this order; no row for one whose owner already made one with the same idempotency key.
 *
 * `fair_order` is start-time fair queueing: a key's next job stands one behind its last one, but never
 * before what has already been started, so that one key's backlog does not hold up another's. Jobs that were
 * cancelled before they started do not count. `goes_before`: a job of the key that waited already has a lower
 * priority.
 */
export const insertVideos = (videos: readonly NewVideo[]): Statement => ({
	// One parameter however many jobs, so that the database keeps one plan for all of them.
	text: `INSERT INTO gpu_local.videos (
			id, owner, dialect, status, queue, request, warnings, track_id, webhook_url, dialect_data,
			idempotency_key, request_hash, priority, work, fair_order
		)
		SELECT id, owner, dialect, 'queued', queue, request, warnings, track_id, webhook_url, dialect_data,
			idempotency_key, request_hash, priority, work,
			row_number() OVER (PARTITION BY owner ORDER BY nth) + GREATEST(
				(SELECT COALESCE(MAX(v.fair_order), 0) FROM gpu_local.videos v
					WHERE v.owner = fresh.owner AND (v.status IN ('queued', 'running') OR v.started_at IS NOT NULL)),
				(SELECT COALESCE(MAX(v.fair_order), 0) FROM gpu_local.videos v WHERE v.started_at IS NOT NULL)
			)
		FROM ROWS FROM (json_to_recordset($1::text::json) AS (
			id uuid, owner text, dialect text, queue text, request jsonb, warnings jsonb, track_id text,
			webhook_url text, dialect_data jsonb, idempotency_key text, request_hash text, priority integer,
			work bigint
		)) WITH ORDINALITY AS fresh (
			id, owner, dialect, queue, request, warnings, track_id, webhook_url, dialect_data, idempotency_key,
			request_hash, priority, work, nth
		)
		ORDER BY nth
		ON CONFLICT (owner, idempotency_key) DO NOTHING
		RETURNING *, COALESCE((
			SELECT MIN(v.priority) FROM gpu_local.videos v
			WHERE v.owner = videos.owner AND v.status = 'queued'
		) < priority, false) AS goes_before`,
	values: [toJson(videos.map(columnsOf))],
});

const columnsOf = (video: NewVideo) => ({
	id: video.id,
	owner: video.owner,
	dialect: video.dialect,
	queue: video.queue,
	request: video.request,
	warnings: video.warnings,
	track_id: video.trackId ?? null,
	webhook_url: video.webhookUrl ?? null,
	dialect_data: video.dialectData,
	idempotency_key: video.idempotencyKey ?? null,
	request_hash: video.requestHash,
	priority: video.priority,
	work: video.work,
});

export async function videoByIdempotencyKey(
	sql: Sql,
	owner: string,
	key: string,
): Promise<VideoRow | undefined> {
	const [row] = await sql.query<Record<string, unknown>>(
		'SELECT * FROM gpu_local.videos WHERE owner = $1 AND idempotency_key = $2',
		[owner, key],
	);
	return row && toVideo(row);
}

/** What was cancelled does not stand in the way of a request that is sent again. */
export async function releaseCancelledKey(sql: Sql, id: string): Promise<void> {
	await sql.query(
		"UPDATE gpu_local.videos SET idempotency_key = NULL WHERE id = $1 AND status = 'cancelled'",
		[id],
	);
}

/** The queue takes what has the highest rank first. It has 31 bits. */
const RANKS = 100_000_000;

/** Gives queue entries the rank that their jobs' place in the fair order is. */
export const rankVideos = (queue: string, ids: string[]): Statement => ({
	text: `UPDATE ${SCHEMA}.job j SET priority = -(v.fair_order % ${RANKS})
		FROM gpu_local.videos v
		WHERE v.id = j.id AND j.name = $1 AND j.id = ANY($2::uuid[]) AND j.state < 'active'`,
	values: [queue, ids],
});

/**
 * Puts the waiting jobs of a key in the order of their priority, over the places that they have together.
 *
 * @param freedPlace one more, of a job that waits no longer: the last place is given up instead
 */
export async function reorderVideos(
	sql: Sql,
	owner: string,
	freedPlace: number | undefined,
): Promise<Array<{ id: string; queue: string }>> {
	return await sql.query<{ id: string; queue: string }>(
		`WITH waiting AS (
			SELECT id, fair_order, row_number() OVER (ORDER BY priority DESC, number) AS nth
			FROM gpu_local.videos WHERE owner = $1 AND status = 'queued'
		), places AS (
			SELECT fair_order, row_number() OVER (ORDER BY fair_order) AS nth
			FROM (SELECT fair_order FROM waiting UNION SELECT $2::bigint WHERE $2 IS NOT NULL) AS all_places
		)
		UPDATE gpu_local.videos v SET fair_order = p.fair_order
		FROM waiting w JOIN places p ON p.nth = w.nth
		WHERE v.id = w.id AND v.fair_order <> p.fair_order RETURNING v.id, v.queue`,
		[owner, freedPlace ?? null],
	);
}

export async function videosByIds(sql: Sql, ids: string[]): Promise<VideoRow[]> {
	const rows = await sql.query<Record<string, unknown>>(
		'SELECT * FROM gpu_local.videos WHERE id = ANY($1::uuid[])',
		[ids],
	);
	return rows.map(toVideo);
}

export async function videoByNumber(sql: Sql, number: number): Promise<VideoRow | undefined> {
	const [row] = await sql.query<Record<string, unknown>>(
		'SELECT * FROM gpu_local.videos WHERE number = $1',
		[number],
	);
	return row && toVideo(row);
}

export interface Page {
	limit: number;
	order: 'asc' | 'desc';
	/** Start behind this job. */
	after?: string;
	/** Only jobs of this key. */
	owner?: string;
	/** Only jobs in one of these states. */
	statuses?: readonly VideoStatus[];
	/** Only jobs with this text in the prompt or the tracking id. */
	search?: string;
}

export async function listVideos(
	sql: Sql,
	page: Page,
): Promise<{ rows: VideoRow[]; more: boolean }> {
	const values: unknown[] = [page.limit + 1];
	const where: string[] = [];
	if (page.owner !== undefined) where.push(`owner = $${values.push(page.owner)}`);
	if (page.after !== undefined) {
		where.push(
			`number ${page.order === 'asc' ? '>' : '<'}
			(SELECT number FROM gpu_local.videos WHERE id = $${values.push(page.after)})`,
		);
	}
	if (page.statuses !== undefined) where.push(`status = ANY($${values.push(page.statuses)})`);
	if (page.search !== undefined) {
		const pattern = `$${values.push(`%${page.search.replaceAll(/[\\%_]/g, '\\$&')}%`)}`;
		where.push(`(request->>'prompt' ILIKE ${pattern} OR track_id ILIKE ${pattern})`);
	}
	const rows = await sql.query<Record<string, unknown>>(
		`SELECT * FROM gpu_local.videos
		${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
		ORDER BY number ${page.order === 'asc' ? 'ASC' : 'DESC'} LIMIT $1`,
		values,
	);
	return { rows: rows.slice(0, page.limit).map(toVideo), more: rows.length > page.limit };
}

/** Jobs changed after `since`, oldest change first. */
export async function changedSince(sql: Sql, since: Date, limit: number): Promise<VideoRow[]> {
	const rows = await sql.query<Record<string, unknown>>(
		'SELECT * FROM gpu_local.videos WHERE updated_at > $1 ORDER BY updated_at LIMIT $2',
		[since, limit],
	);
	return rows.map(toVideo);
}

/** Ends a job that never ran: with this error, or without a file. */
export const finishMock = (id: string, error: VideoError | undefined): Statement => ({
	text: `UPDATE gpu_local.videos SET status = $2, error = $3, progress = $4,
			finished_at = clock_timestamp(), updated_at = clock_timestamp()
		WHERE id = $1 RETURNING *`,
	values: [id, error ? 'failed' : 'completed', error ? toJson(error) : null, error ? 0 : 100],
});

/** Cancels an open job. No row where there is none with this id, or it is finished. */
export const cancelVideo = (id: string): Statement => ({
	text: `UPDATE gpu_local.videos SET status = 'cancelled', stage = NULL,
			finished_at = clock_timestamp(), updated_at = clock_timestamp(),
			error = '{"code": "cancelled", "message": "The job was cancelled."}'
		WHERE id = $1 AND status IN ('queued', 'running') RETURNING *`,
	values: [id],
});

export const deleteVideo = (id: string): Statement => ({
	text: 'DELETE FROM gpu_local.videos WHERE id = $1 RETURNING artifact',
	values: [id],
});

export async function deleteFinishedBefore(sql: Sql, before: Date): Promise<void> {
	await sql.query(
		`DELETE FROM gpu_local.videos
		WHERE finished_at < $1 AND artifact IS NULL AND status NOT IN ('queued', 'running')`,
		[before],
	);
}

/** Which of these jobs are still open. */
export async function openVideos(sql: Sql, ids: string[]): Promise<Set<string>> {
	const rows = await sql.query<{ id: string }>(
		`SELECT id FROM gpu_local.videos WHERE id = ANY($1::uuid[]) AND status IN ('queued', 'running')`,
		[ids],
	);
	return new Set(rows.map(({ id }) => id));
}
