import { execFile, spawn } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './server.ts';
import { freePort } from '../../../scripts/n8n-host/preflight';

const run = promisify(execFile);
const PACKAGES = '/usr/lib/postgresql';

/** A PostgreSQL server of its own in a temporary folder, from the system's package, never run by root. */
export async function startPostgres(): Promise<{
	url: string;
	stop(): Promise<void>;
	/** Stops the server at once, as a crash would. */
	pause(): Promise<void>;
	/** Starts it again, with what it had. */
	resume(): Promise<void>;
}> {
	const bin = await binaries();
	const user = await unprivileged();
	const folder = await mkdtemp('/tmp/gpu-local-postgres-');
	if (user) await chown(folder, user.uid, user.gid);
	const data = join(folder, 'data');
	const options = { env: { ...process.env, LC_ALL: 'C' }, cwd: '/tmp', ...user };
	await run(join(bin, 'initdb'), ['-D', data, '-U', 'test', '--auth=trust', '--no-sync'], options);
	const port = await freePort();
	const start = async () => {
		const server = spawn(
			join(bin, 'postgres'),
			['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off'],
			{ ...options, stdio: 'ignore' },
		);
		const ended = new Promise((resolve) => server.once('exit', resolve));
		await eventually(
			async () =>
				await run(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).then(
					() => true,
					() => undefined,
				),
		);
		return async (signal: NodeJS.Signals) => {
			server.kill(signal);
			await ended;
		};
	};
	let end = await start();
	return {
		url: `postgres://test@127.0.0.1:${port}/postgres`,
		pause: async () => await end('SIGQUIT'),
		resume: async () => {
			end = await start();
		},
		stop: async () => {
			await end('SIGINT');
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function binaries(): Promise<string> {
	const versions = await readdir(PACKAGES).catch(() => [] as string[]);
	const newest = versions.map(Number).sort((a, b) => b - a)[0];
	if (newest === undefined) {
		throw new Error('These tests need PostgreSQL: apt-get install -y postgresql');
	}
	return join(PACKAGES, String(newest), 'bin');
}

async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
	return { uid: await id('-u'), gid: await id('-g') };
}
