/** Whether a file can be where it is wanted, found out before a video is paid for. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeviceName } from '../../../jobs/fileName';

/** What the file systems of Linux, macOS and Windows take for one part of a path. */
const MAX_PART_BYTES = 255;

export interface TargetFault {
	reason: 'nul' | 'too-long' | 'not-on-windows' | 'not-a-folder' | 'not-writable';
	folder?: string;
}

/** A colon, behind which a file hides in another; an end that is dropped. */
const NOT_ON_WINDOWS = /[<>:"|?*\u0001-\u001f]|[^.][. ]$/i;
const DRIVE = /^[a-z]:$/i;

/**
 * @param target absolute path of a file, or of a folder where it ends with a slash
 * @param platform as `process.platform` gives it
 */
export async function checkTarget(
	target: string,
	platform: string = process.platform,
): Promise<TargetFault | undefined> {
	if (target.includes('\0')) return { reason: 'nul' };
	const parts = target.split(/[\\/]/);
	if (parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) return { reason: 'too-long' };
	// Device paths begin with an empty part and a question mark or a dot.
	const named = parts.filter((part, index) => !(index < 4 && (DRIVE.test(part) || part === '?')));
	if (
		platform === 'win32' &&
		named.some((part) => isDeviceName(part) || NOT_ON_WINDOWS.test(part))
	) {
		return { reason: 'not-on-windows' };
	}
	const folder = /[\\/]$/.test(target) ? path.resolve(target) : path.dirname(target);
	return await checkFolder(folder);
}

/** Missing folders are made, so the nearest one that is there decides. */
async function checkFolder(folder: string): Promise<TargetFault | undefined> {
	try {
		if (!(await stat(folder)).isDirectory()) return { reason: 'not-a-folder', folder };
		await access(folder, constants.W_OK);
		return undefined;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const above = path.dirname(folder);
		if ((code === 'ENOENT' || code === 'ENOTDIR') && above !== folder) {
			return await checkFolder(above);
		}
		if (code === 'ENAMETOOLONG') return { reason: 'too-long' };
		const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
		// What is wrong otherwise shows when the file is written.
		return denied ? { reason: 'not-writable', folder } : undefined;
	}
}
