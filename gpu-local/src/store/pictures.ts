import type { Sql, Statement } from '../db/database.ts';
import type { NewVideo } from './videos.ts';

/** Stores the picture that a new job begins with, where the job was stored; it goes when the job is removed. */
export function storePicture(video: NewVideo): Statement[] {
	if (video.picture) {
		return [
			{
				text: `INSERT INTO gpu_local.pictures (video_id, bytes)
					SELECT id, decode($2, 'base64') FROM gpu_local.videos WHERE id = $1`,
				values: [video.id, Buffer.from(video.picture).toString('base64')],
			},
		];
	}
	if (video.pictureOf === undefined) return [];
	return [
		{
			text: `INSERT INTO gpu_local.pictures (video_id, bytes)
				SELECT v.id, p.bytes FROM gpu_local.videos v, gpu_local.pictures p
				WHERE v.id = $1 AND p.video_id = $2`,
			values: [video.id, video.pictureOf],
		},
	];
}

export async function pictureOf(sql: Sql, videoId: string): Promise<Uint8Array> {
	const [row] = await sql.query<{ base64: string }>(
		`SELECT encode(bytes, 'base64') AS base64 FROM gpu_local.pictures WHERE video_id = $1`,
		[videoId],
	);
	if (!row) throw new Error(`The picture of the video ${videoId} is not stored any more.`);
	return Buffer.from(row.base64, 'base64');
}
