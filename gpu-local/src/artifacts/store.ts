import type { Readable } from 'node:stream';

/** Inclusive, as in HTTP. */
export interface ByteRange {
	start: number;
	end: number;
}

/** Where finished files live: a folder, or S3-compatible storage that several machines share. */
export interface ArtifactStore {
	/** For people and logs. */
	readonly description: string;
	/** Takes the file over; under `name` it appears whole or not at all. */
	put(path: string, name: string, mimeType: string): Promise<void>;
	/** Undefined where there is no such file. */
	open(name: string, range?: ByteRange): Promise<Readable | undefined>;
	/** No error where it is gone already. */
	remove(name: string): Promise<void>;
	/**
	 * Puts a file under another path of this machine, without copying it where the disk can; false where there is no
	 * such file. A storage elsewhere has no such thing.
	 */
	readonly linkTo?: (name: string, path: string) => Promise<boolean>;
	/** Bytes that can still be written; undefined where nobody can tell. */
	freeBytes(): Promise<number | undefined>;
	/** Rejects where files cannot be put there. Writes nothing. */
	check(): Promise<void>;
}

/** `<job id without dashes>-<random>.mp4`: unguessable, and one run's file never another's. `.jpg` is its poster. */
export const ARTIFACT_NAME = /^[0-9a-f]{32}-[0-9a-f]{16}\.(mp4|gif|jpg)$/;

/** The place cannot be reached just now, or does not do what it should. */
export class StorageError extends Error {
	override readonly name = 'StorageError';
}
