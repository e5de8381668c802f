import type { Database, Sql, Statement } from '../db/database.ts';
import { toJson } from './json.ts';

/** What a receiver answered, or why it could not be reached. */
export interface DeliveryOutcome {
	/** HTTP status; undefined where there was no answer. */
	status?: number;
	error?: string;
	/** As the receiver asked. */
	retryAfterSeconds?: number;
	/** The address may not be called: no later attempt will be any different. */
	refused?: boolean;
}

export interface DeliveryAttempt extends DeliveryOutcome {
	/** ISO 8601. */
	at: string;
}

/** A callback about the end of a job. The table is its own queue: a delivery is due from `next_at` on. */
export interface Delivery {
	id: string;
	video_id: string;
	owner: string;
	url: string;
	/** Scheme, host and port of `url`. */
	receiver: string;
	/** The bytes that are sent, the same on every attempt; null before the first. */
	body: string | null;
	status: 'pending' | 'delivered' | 'failed' | 'disabled';
	attempts: number;
	log: DeliveryAttempt[];
	next_at: Date | null;
}

const CHANNEL = 'gpu_local_callbacks';

/** After the commit: there is a delivery that is due. */
export const announceCallbacks = (database: Database): void => database.notify(CHANNEL);

/** Calls back when a delivery may be due. */
export const onCallbacks = async (database: Database, callback: () => void): Promise<void> =>
	await database.listen(CHANNEL, callback);

/**
 * With the statement that ends the job, so that the news of it cannot get lost: a callback for a job that
 * wants one, has ended and has none yet. A receiver that said 410 Gone after the job was made is not called.
 */
export const insertDelivery = (id: string, videoId: string): Statement => ({
	text: `INSERT INTO gpu_local.deliveries (id, video_id, owner, url, receiver, status, next_at, log)
		SELECT $1, ended.id, ended.owner, ended.webhook_url,
			COALESCE(substring(ended.webhook_url from '^[A-Za-z]+://[^/?#]+'), ''),
			CASE WHEN ended.gone THEN 'disabled' ELSE 'pending' END,
			CASE WHEN ended.gone THEN NULL ELSE clock_timestamp() END,
			CASE WHEN ended.gone THEN jsonb_build_array(jsonb_build_object(
				'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
				'error', 'not called: the receiver had answered 410 Gone')) ELSE '[]'::jsonb END
		FROM (
			SELECT v.id, v.owner, v.webhook_url, EXISTS (
				SELECT 1 FROM gpu_local.disabled_endpoints d
				WHERE d.url = v.webhook_url AND d.owner IN ('', v.owner) AND d.since >= v.created_at
			) AS gone
			FROM gpu_local.videos v
			WHERE v.id = $2 AND v.webhook_url IS NOT NULL
				AND v.status IN ('completed', 'failed', 'cancelled')
				AND NOT EXISTS (SELECT 1 FROM gpu_local.deliveries x WHERE x.video_id = v.id)
		) AS ended`,
	values: [id, videoId],
});

/** Looked through for receivers that have room; more of one receiver than this hide nobody for long. */
const LOOK_AT = 500;

/**
 * Takes deliveries that are due, for a time after which somebody else may take them.
 *
 * @param busy receivers and owners that have enough under way
 */
export async function takeDeliveries(
	sql: Sql,
	options: {
		atMost: number;
		atMostAReceiver: number;
		busyReceivers: string[];
		busyOwners: string[];
		seconds: number;
	},
): Promise<Delivery[]> {
	return await sql.query<Delivery>(
		`WITH due AS (
			SELECT id, receiver, next_at FROM gpu_local.deliveries
			WHERE status = 'pending' AND next_at <= clock_timestamp()
				AND (leased_until IS NULL OR leased_until < clock_timestamp())
				AND receiver <> ALL($1::text[]) AND owner <> ALL($2::text[])
			ORDER BY next_at LIMIT ${LOOK_AT}
		), ranked AS (
			SELECT id, next_at, row_number() OVER (PARTITION BY receiver ORDER BY next_at) AS nth FROM due
		), chosen AS (
			SELECT id FROM ranked WHERE nth <= $3 ORDER BY next_at LIMIT $4
		)
		UPDATE gpu_local.deliveries d
		SET leased_until = clock_timestamp() + $5 * interval '1 second'
		FROM chosen WHERE d.id = chosen.id AND d.status = 'pending'
			AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
		RETURNING d.*`,
		[
			options.busyReceivers,
			options.busyOwners,
			options.atMostAReceiver,
			options.atMost,
			options.seconds,
		],
	);
}

/** After a crash of the only process there is: nobody is sending any more. */
export async function releaseDeliveries(sql: Sql): Promise<void> {
	await sql.query(
		'UPDATE gpu_local.deliveries SET leased_until = NULL WHERE leased_until IS NOT NULL',
	);
}

export async function deliveriesOf(sql: Sql, videoId: string): Promise<Delivery[]> {
	return await sql.query<Delivery>(
		'SELECT * FROM gpu_local.deliveries WHERE video_id = $1 ORDER BY created_at',
		[videoId],
	);
}

export interface AttemptRecord {
	id: string;
	/** Attempts before this one: another process may have taken the delivery over meanwhile. */
	attempts: number;
	status: Delivery['status'];
	body: string;
	attempt: DeliveryAttempt;
	/** ISO 8601; null where there is no other attempt. */
	next_at: string | null;
}

/** What became of these attempts. */
export const recordAttempts = (records: AttemptRecord[]): Statement => ({
	text: `UPDATE gpu_local.deliveries d
		SET status = r.status, attempts = d.attempts + 1, next_at = r.next_at, leased_until = NULL,
			body = COALESCE(d.body, r.body), log = d.log || jsonb_build_array(r.attempt)
		FROM jsonb_to_recordset($1::jsonb) AS r (
			id uuid, attempts integer, status text, body text, attempt jsonb, next_at timestamptz
		)
		WHERE d.id = r.id AND d.attempts = r.attempts AND d.status = 'pending'`,
	values: [toJson(records)],
});

/** The receiver is gone: jobs that were made up to now do not call it any more. */
export const disableEndpoint = ({ owner, url }: Pick<Delivery, 'owner' | 'url'>): Statement[] => [
	{
		text: `INSERT INTO gpu_local.disabled_endpoints (owner, url, since)
			VALUES ($1, $2, clock_timestamp())
			ON CONFLICT (owner, url) DO UPDATE SET since = clock_timestamp()`,
		values: [owner, url],
	},
	{
		text: `UPDATE gpu_local.deliveries SET status = 'disabled', next_at = NULL
			WHERE url = $1 AND owner = $2 AND status = 'pending'`,
		values: [url, owner],
	},
];

/** A new job asks for callbacks there: the address is called again. Since when it was not, if so. */
export async function enableEndpoint(
	sql: Sql,
	owner: string,
	url: string,
): Promise<Date | undefined> {
	const [row] = await sql.query<{ since: Date }>(
		`DELETE FROM gpu_local.disabled_endpoints WHERE url = $1 AND owner IN ('', $2) RETURNING since`,
		[url, owner],
	);
	return row?.since;
}

export async function disabledEndpoints(
	sql: Sql,
	owner: string,
): Promise<Array<{ url: string; since: Date }>> {
	return await sql.query<{ url: string; since: Date }>(
		`SELECT url, since FROM gpu_local.disabled_endpoints WHERE owner IN ('', $1) ORDER BY since DESC`,
		[owner],
	);
}

/** Callbacks that were not sent because their receiver was gone: they are due now. How many. */
export async function releaseDisabled(sql: Sql, owner: string, url: string): Promise<number> {
	const rows = await sql.query(
		`UPDATE gpu_local.deliveries SET status = 'pending', attempts = 0, next_at = clock_timestamp()
		WHERE owner = $1 AND url = $2 AND status = 'disabled' RETURNING id`,
		[owner, url],
	);
	return rows.length;
}

/**
 * The callback of a job once more. One that arrived is sent as a new one, under a new id: receivers drop what they
 * have seen. One that did not is due now, with all its attempts before it.
 */
export const resendDelivery = (newId: string, videoId: string): Statement[] => [
	{
		text: `UPDATE gpu_local.deliveries SET status = 'pending', next_at = clock_timestamp(),
				attempts = CASE WHEN status = 'pending' THEN attempts ELSE 0 END
			WHERE video_id = $1 AND status IN ('pending', 'failed', 'disabled')`,
		values: [videoId],
	},
	{
		text: `INSERT INTO gpu_local.deliveries (id, video_id, owner, url, receiver, status, next_at)
			SELECT $1, v.id, v.owner, v.webhook_url,
				COALESCE(substring(v.webhook_url from '^[A-Za-z]+://[^/?#]+'), ''),
				'pending', clock_timestamp()
			FROM gpu_local.videos v
			WHERE v.id = $2 AND v.webhook_url IS NOT NULL AND v.status NOT IN ('queued', 'running')
				AND NOT EXISTS (SELECT 1 FROM gpu_local.deliveries x
					WHERE x.video_id = v.id AND x.status = 'pending')`,
		values: [newId, videoId],
	},
];
