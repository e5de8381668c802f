import { mkdir, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { Problem } from './problem';

const BYTES_PER_GB = 1_000_000_000;

/** Refuses to start what would fill the disk half-way. Creates the folder. */
export async function checkDiskSpace(
	folder: string,
	neededBytes: number,
	readFreeBytes: (folder: string) => Promise<number> = freeBytes,
): Promise<void> {
	await mkdir(folder, { recursive: true });
	const free = await readFreeBytes(folder);
	if (free >= neededBytes) return;
	throw new Problem(
		`Not enough disk space in ${folder}: ${inGigabytes(neededBytes)} are needed, ${inGigabytes(free)} are free.`,
		'Free some space, or set XDG_CACHE_HOME (on Windows LOCALAPPDATA) to a folder on a larger disk, and start again.',
	);
}

async function freeBytes(folder: string): Promise<number> {
	const { bavail, bsize } = await statfs(folder);
	return bavail * bsize;
}

const inGigabytes = (bytes: number) => `${(bytes / BYTES_PER_GB).toFixed(1)} GB`;

/**
 * The port to listen on at 127.0.0.1.
 * @param wanted 0 for any free one
 * @param what who would listen there, for the message
 * @param option the command line option that chooses another port
 */
export async function claimPort(wanted: number, what: string, option: string): Promise<number> {
	try {
		return await listenOnce(wanted);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code === 'EADDRINUSE')
			throw new Problem(
				`Port ${wanted}, where ${what} would listen, is in use by another program.`,
				`Stop that program, or choose another port: npm start -- ${option} ${wanted + 10}`,
			);
		if (code === 'EACCES')
			throw new Problem(
				`This user may not listen on port ${wanted}, where ${what} would listen.`,
				`Choose a port above 1024: npm start -- ${option} ${10_000 + (wanted % 1000)}`,
			);
		throw error;
	}
}

/** A port that is free now. */
export const freePort = (): Promise<number> => listenOnce(0);

function listenOnce(port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(port, '127.0.0.1', () => {
			const address = server.address();
			const claimed = typeof address === 'object' && address ? address.port : port;
			server.close(() => resolve(claimed));
		});
	});
}
