import { createReadStream } from 'node:fs';
import {
	access,
	constants,
	copyFile,
	link,
	mkdir,
	open,
	rename,
	rm,
	stat,
	statfs,
} from 'node:fs/promises';
import { join } from 'node:path';
import { ARTIFACT_NAME } from './store.ts';
import type { ArtifactStore } from './store.ts';

/** Files in one folder, which several machines may share. */
export async function openFolderStore(folder: string): Promise<ArtifactStore> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const pathOf = (name: string): string => {
		if (!ARTIFACT_NAME.test(name)) throw new Error(`"${name}" is no name of a video file`);
		return join(folder, name);
	};
	return {
		description: folder,
		put: async (path, name) => {
			const target = pathOf(name);
			const aside = asideOf(target);
			try {
				await rename(path, aside);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
				await copyFile(path, aside);
				await rm(path);
			}
			await flush(aside);
			await rename(aside, target);
		},
		open: async (name, range) => {
			const path = pathOf(name);
			try {
				await stat(path);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
				throw error;
			}
			return createReadStream(path, range);
		},
		remove: async (name) => {
			await rm(pathOf(name), { force: true });
			await rm(asideOf(pathOf(name)), { force: true });
		},
		linkTo: async (name, path) => {
			try {
				await link(pathOf(name), path).catch(async (error: NodeJS.ErrnoException) => {
					if (error.code === 'ENOENT') throw error;
					// Another disk, or one that has no links.
					await copyFile(pathOf(name), path);
				});
				return true;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
				throw error;
			}
		},
		freeBytes: async () => {
			const { bavail, bsize } = await statfs(folder);
			return bavail * bsize;
		},
		check: async () => await access(folder, constants.R_OK | constants.W_OK),
	};
}

/** Where a file lies until it is whole. */
const asideOf = (path: string): string => `${path}.part`;

/** So that a finished job's file survives a power cut. */
async function flush(path: string): Promise<void> {
	const file = await open(path, 'r+');
	try {
		await file.sync();
	} finally {
		await file.close();
	}
}
