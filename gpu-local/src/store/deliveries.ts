import type { Sql } from '../db/database.ts';

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

export interface Delivery {
	id: string;
	video_id: string;
	url: string;
	/** The bytes that are sent, the same on every attempt. */
	body: string;
	status: 'pending' | 'delivered' | 'failed' | 'disabled';
	attempts: number;
	log: DeliveryAttempt[];
	next_at: Date | null;
}

export async function insertDelivery(
	tx: Sql,
	delivery: Pick<Delivery, 'id' | 'video_id' | 'url' | 'body'>,
): Promise<void> {
	await tx.query(
		`INSERT INTO gpu_local.deliveries (id, video_id, url, body, next_at)
		VALUES ($1, $2, $3, $4, clock_timestamp())`,
		[delivery.id, delivery.video_id, delivery.url, delivery.body],
	);
}

export async function deliveryById(sql: Sql, id: string): Promise<Delivery | undefined> {
	const [row] = await sql.query<Delivery>('SELECT * FROM gpu_local.deliveries WHERE id = $1', [id]);
	return row;
}

export async function deliveriesOf(sql: Sql, videoId: string): Promise<Delivery[]> {
	return await sql.query<Delivery>(
		'SELECT * FROM gpu_local.deliveries WHERE video_id = $1 ORDER BY created_at',
		[videoId],
	);
}

export async function recordAttempt(
	tx: Sql,
	id: string,
	attempt: DeliveryAttempt,
	status: Delivery['status'],
	nextAt: Date | undefined,
): Promise<void> {
	await tx.query(
		`UPDATE gpu_local.deliveries SET status = $2, attempts = attempts + 1, next_at = $3,
			log = log || $4::jsonb WHERE id = $1`,
		[id, status, nextAt ?? null, JSON.stringify([attempt])],
	);
}

export async function isDisabled(sql: Sql, url: string): Promise<boolean> {
	const rows = await sql.query('SELECT 1 FROM gpu_local.disabled_endpoints WHERE url = $1', [url]);
	return rows.length > 0;
}

export async function disableEndpoint(tx: Sql, url: string): Promise<void> {
	await tx.query(
		'INSERT INTO gpu_local.disabled_endpoints (url) VALUES ($1) ON CONFLICT (url) DO NOTHING',
		[url],
	);
	await tx.query(
		`UPDATE gpu_local.deliveries SET status = 'disabled', next_at = NULL
		WHERE url = $1 AND status = 'pending'`,
		[url],
	);
}
