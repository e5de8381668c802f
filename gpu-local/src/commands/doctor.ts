import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { openFolderStore } from '../artifacts/folderStore.ts';
import { openS3Store } from '../artifacts/s3Store.ts';
import type { Config } from '../config.ts';
import { openPostgres } from '../db/postgres.ts';
import type { EngineCheck } from '../engines/engine.ts';
import { createEngine } from '../engines/registry.ts';
import { readConfig } from './config.ts';
import { sentenceOf } from './problems.ts';
import { GIB } from './options.ts';
import type { Terminal } from './terminal.ts';

/** `gpu-local doctor`. */
export async function doctorCommand(args: string[], { env, out }: Terminal): Promise<void> {
	const checks = await examine(readConfig(args, env, 'server'));
	out(report(checks));
	const wrong = checks.filter(({ ok }) => !ok).length;
	out(wrong === 0 ? '\nEverything works.' : `\n${wrong} of ${checks.length} checks failed.`);
	process.exitCode = wrong === 0 ? 0 : 1;
}

/** Looks at this machine without changing anything, and says what to do about what does not work. */
async function examine(config: Config): Promise<EngineCheck[]> {
	const checks: EngineCheck[] = [checkNode(process.versions.node)];
	for (const [name, check] of Object.entries<Check>({
		'Data folder': checkDataFolder,
		Disk: checkDisk,
		Database: checkDatabase,
		'Finished videos': checkArtifacts,
		Port: checkPort,
	})) {
		checks.push(...(await soundly(name, async () => [await check(config)])));
	}
	return [
		...checks,
		...(await soundly(`Engine ${config.engine}`, async () => await checkEngine(config))),
	];
}

type Check = (config: Config) => Promise<EngineCheck>;

/** A check that itself cannot be carried out is one that failed; the others are carried out all the same. */
async function soundly(name: string, check: () => Promise<EngineCheck[]>): Promise<EngineCheck[]> {
	try {
		return await check();
	} catch (error) {
		return [
			{
				name,
				ok: false,
				message: sentenceOf(error) ?? `It could not be looked at: ${(error as Error).message}`,
				remedy: 'Put right what the lines above say, then ask again.',
			},
		];
	}
}

/** One line a check; what to do stands below it. */
function report(checks: EngineCheck[]): string {
	return checks
		.flatMap(({ ok, name, message, remedy }) => [
			`${ok ? 'ok   ' : 'WRONG'}  ${name}: ${message}`,
			...(remedy && !ok ? [`       What to do: ${remedy}`] : []),
		])
		.join('\n');
}

const LEAST_NODE = [22, 12] as const;

function checkNode(version: string): EngineCheck {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const ok = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
	return {
		name: 'Node',
		ok,
		message: version,
		remedy: `Install Node ${LEAST_NODE.join('.')} or newer from https://nodejs.org.`,
	};
}

async function checkDataFolder({ dataFolder }: Config): Promise<EngineCheck> {
	const name = 'Data folder';
	try {
		await mkdir(dataFolder, { recursive: true, mode: 0o700 });
		await access(dataFolder, constants.R_OK | constants.W_OK);
	} catch (error) {
		return {
			name,
			ok: false,
			message: sentenceOf(error) ?? `${dataFolder} cannot be used: ${(error as Error).message}`,
			remedy: 'Choose another one with --data, or give this user the right to write there.',
		};
	}
	const holder = await readFile(join(dataFolder, 'server.lock'), 'utf8').catch(() => undefined);
	const pid = /"pid":\s*(\d+)/.exec(holder ?? '')?.[1];
	return {
		name,
		ok: true,
		message: `${dataFolder}${pid === undefined ? '' : `, last used by the server with process id ${pid}`}`,
	};
}

/** The folder, or the nearest one above it that is there. */
async function existingPart(folder: string): Promise<string> {
	const there = await access(folder).then(
		() => true,
		() => false,
	);
	return there || dirname(folder) === folder ? folder : await existingPart(dirname(folder));
}

async function checkDisk({ dataFolder, limits }: Config): Promise<EngineCheck> {
	const { bavail, bsize } = await statfs(await existingPart(dataFolder));
	const free = bavail * bsize;
	return {
		name: 'Disk',
		ok: free > limits.minFreeBytes,
		message: `${(free / GIB).toFixed(1)} GB free`,
		remedy: `At least ${(limits.minFreeBytes / GIB).toFixed(1)} GB are kept free. Make room, or lower --min-free-gb.`,
	};
}

async function checkDatabase({ databaseUrl }: Config): Promise<EngineCheck> {
	const name = 'Database';
	if (databaseUrl === undefined) {
		return { name, ok: true, message: 'the built-in one, in the data folder' };
	}
	try {
		const database = await openPostgres(databaseUrl, () => undefined, 0);
		const { description } = database;
		await database.close();
		return { name, ok: true, message: `${description} answers` };
	} catch (error) {
		return {
			name,
			ok: false,
			message: `PostgreSQL does not answer: ${(error as Error).message}`,
			remedy: 'Check --database-url (DATABASE_URL), and that the server runs.',
		};
	}
}

async function checkArtifacts({ artifactsPlace, env }: Config): Promise<EngineCheck> {
	const name = 'Finished videos';
	try {
		const store = artifactsPlace.startsWith('s3://')
			? openS3Store(artifactsPlace, env)
			: await openFolderStore(artifactsPlace);
		await store.check();
		return { name, ok: true, message: `go to ${store.description}` };
	} catch (error) {
		return {
			name,
			ok: false,
			message: (error as Error).message,
			remedy: 'Check --artifacts and the right to write there.',
		};
	}
}

async function checkPort({ host, port }: Config): Promise<EngineCheck> {
	const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
		const server = createServer();
		server.once('error', resolve);
		server.listen(port, host, () => server.close(() => resolve(undefined)));
	});
	const address = `${host}:${port}`;
	if (!problem) return { name: 'Port', ok: true, message: `${address} is free` };
	const ours = await fetch(`http://${address}/healthz`)
		.then(async (reply) => 'version' in ((await reply.json()) as object))
		.catch(() => false);
	return {
		name: 'Port',
		ok: ours,
		message: ours ? `a gpu-local already answers at ${address}` : `${address}: ${problem.message}`,
		remedy: 'Stop the other program, or choose another port with --port.',
	};
}

async function checkEngine(config: Config): Promise<EngineCheck[]> {
	try {
		const engine = await createEngine(config.engine, {
			dataFolder: config.dataFolder,
			modelsFolder: config.modelsFolder,
			env: config.env,
			log: () => undefined,
		});
		try {
			const models = await engine.models();
			const names = models
				.filter(({ kind, available }) => kind === 'checkpoint' && available !== false)
				.map(({ id }) => id);
			const checks = (await engine.check?.()) ?? [];
			if (checks.some(({ ok }) => !ok)) return checks;
			return [
				...checks,
				{
					name: 'Models',
					ok: names.length > 0,
					message: names.join(', ') || 'none that can run',
					remedy: `Add one ("gpu-local models --help"), or use the engine preview.`,
				},
			];
		} finally {
			await engine.close();
		}
	} catch (error) {
		return [
			{
				name: `Engine ${config.engine}`,
				ok: false,
				message: (error as Error).message,
				remedy: 'Put right what it says, or use --engine preview.',
			},
		];
	}
}
