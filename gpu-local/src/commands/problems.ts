import { FolderInUseError } from '../db/folderLock.ts';
import { DatabaseUnavailableError } from '../db/database.ts';
import { StorageError } from '../artifacts/store.ts';
import { UsageError } from '../lib/usageError.ts';

const EXPECTED = [UsageError, FolderInUseError, DatabaseUnavailableError, StorageError];

/** What a person can do about the system errors that ordinary mistakes end in. */
const REMEDIES: Record<string, { what: string; remedy: string }> = {
	EACCES: {
		what: 'this user has no right to it',
		remedy: 'Give this user the right, or choose another place',
	},
	EPERM: {
		what: 'the system does not permit it',
		remedy: 'Give this user the right, or choose another place',
	},
	EROFS: { what: 'it lies on a disk that can only be read', remedy: 'Choose another place' },
	EEXIST: {
		what: 'a file is there already where a folder is needed',
		remedy: 'Choose another place, or move the file away',
	},
	ENOTDIR: {
		what: 'a part of this path is a file, not a folder',
		remedy: 'Correct the path',
	},
	EISDIR: { what: 'it is a folder, not a file', remedy: 'Correct the path' },
	ENOENT: { what: 'it does not exist', remedy: 'Correct the path, or make it first' },
	ENOSPC: { what: 'the disk is full', remedy: 'Make room, or choose another place' },
	EDQUOT: { what: "this user's share of the disk is used up", remedy: 'Make room' },
	EMFILE: {
		what: 'too many files are open',
		remedy: 'Raise the limit (ulimit -n), then start again',
	},
	ENAMETOOLONG: { what: 'the name is too long', remedy: 'Choose a shorter path' },
	ELOOP: { what: 'its links go in a circle', remedy: 'Correct the path' },
};

/** An ordinary mistake as sentences; undefined where it is a fault of the program, whose trace is needed. */
export function sentenceOf(error: unknown): string | undefined {
	if (EXPECTED.some((kind) => error instanceof kind)) return (error as Error).message;
	const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
	const known = REMEDIES[code ?? ''];
	if (!known) return undefined;
	const where = path === undefined ? 'A file or folder' : path;
	return `${where} cannot be used: ${known.what}. ${known.remedy} (--data, --models and --artifacts say where things lie).`;
}
