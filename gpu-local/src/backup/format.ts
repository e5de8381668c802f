import { z } from 'zod/v4';
import { ARTIFACT_NAME } from '../artifacts/store.ts';

/**
 * A backup is a tar file of these and nothing else: what is in it and of which sizes, the built-in database, and the
 * finished videos.
 */
export const MANIFEST = 'gpu-local-backup.json';
export const DATABASE = 'database.tar.gz';
export const VIDEOS = 'videos';

/** Of the archive; a newer one is refused. */
export const FORMAT_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const manifestSchema = z.object({
	format: z.literal('gpu-local-backup'),
	version: z.number().int().min(1),
	made_at: z.string(),
	/** The version of gpu-local. */
	made_by: z.string(),
	database: z.discriminatedUnion('kind', [
		z.object({
			kind: z.literal('built-in'),
			/** The version of its tables. */
			tables: z.number().int(),
			sha256,
		}),
		/** It has backups of its own; only the videos are here. */
		z.object({ kind: z.literal('postgresql') }),
	]),
	/** False where they lie in a storage elsewhere, which has copies of its own. */
	videos_included: z.boolean(),
	/** Of finished videos, and their posters. */
	files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256, type: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;

export const POSTER_TYPE = 'image/jpeg';

export const videosIn = ({ files }: Manifest): number =>
	files.filter(({ type }) => type !== POSTER_TYPE).length;

/** Whether a file of this path may be in a backup. */
export function isPartOfBackup(path: string): boolean {
	if (path === MANIFEST || path === DATABASE) return true;
	const [folder, name, ...more] = path.split('/');
	return folder === VIDEOS && more.length === 0 && ARTIFACT_NAME.test(name ?? '');
}
