import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { openFolderStore } from './artifacts/folderStore.ts';
import { fileUrl } from './http/context.ts';
import type { CallbackContext } from './callbacks/bodies.ts';
import { UsageError } from './config.ts';
import type { Config } from './config.ts';
import { VideoService } from './core/service.ts';
import { openPglite } from './db/pglite.ts';
import { openPostgres } from './db/postgres.ts';
import { migrate } from './db/schema.ts';
import { createEngine } from './engines/registry.ts';
import { ChangeFeed } from './http/changeFeed.ts';
import { KeyRing } from './http/keys.ts';
import { buildServer } from './http/server.ts';
import { Queue } from './queue/queue.ts';
import { Dispatcher } from './runner/dispatcher.ts';
import { removeAllRunners } from './store/runners.ts';
import { settingOr } from './store/settings.ts';
import { version } from './version.ts';

export interface RunningServer {
	/** Where it listens, for example `http://127.0.0.1:8484`. */
	url: string;
	stop(): Promise<void>;
}

/** Opens everything in order and, where a step fails, closes what was opened. */
export async function startServer(config: Config, log: FastifyBaseLogger): Promise<RunningServer> {
	checkExposure(config);
	const closers: Array<() => Promise<void>> = [];
	const stop = async (): Promise<void> => {
		for (const close of closers.splice(0).reverse()) {
			await close().catch((error: unknown) => log.error({ err: error }, 'Stopping had a problem'));
		}
	};
	try {
		return { url: await open(config, log, closers), stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

async function open(
	config: Config,
	log: FastifyBaseLogger,
	closers: Array<() => Promise<void>>,
): Promise<string> {
	await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
	const database = config.databaseUrl
		? await openPostgres(config.databaseUrl, (message, error) => log.warn({ err: error }, message))
		: await openPglite(config.dataFolder);
	closers.push(() => database.close());
	await migrate(database);

	const queue = await Queue.open(database, {
		jobSeconds: config.limits.jobSeconds,
		maxAttempts: config.limits.maxAttempts,
		onError: (error) => log.error({ err: error }, 'The queue had a problem'),
	});
	closers.push(() => queue.stop());
	if (database.kind === 'pglite') {
		await removeAllRunners(database);
		const recovered = await queue.recoverAll();
		if (recovered > 0) log.info({ recovered }, 'Jobs of the last run were put back into the queue');
	}

	const artifacts = await openFolderStore(config.artifactsFolder);
	const urlSecret = await settingOr(database, 'url_secret', randomBytes(32).toString('base64url'));
	const callbacks: CallbackContext = {
		fileUrl: (video) =>
			fileUrl({ urlSecret }, String(video.dialect_data.baseUrl ?? config.publicUrl ?? ''), video),
	};
	const service = new VideoService(database, queue, artifacts, {
		limits: config.limits,
		defaultModel: config.defaultModel,
		aliases: config.modelAliases,
		callbacks: { allow: config.callbackAllow },
	});

	if (config.work) {
		const engine = await createEngine(config.engine, {
			dataFolder: config.dataFolder,
			modelsFolder: config.modelsFolder,
			env: config.env,
			log: (level, message, detail) => log[level]({ ...detail }, message),
		});
		closers.push(() => engine.close());
		const workFolder = join(config.dataFolder, 'work');
		if (database.kind === 'pglite') await rm(workFolder, { recursive: true, force: true });
		const dispatcher = new Dispatcher(
			database,
			queue,
			engine,
			artifacts,
			callbacks,
			{
				workFolder,
				jobSeconds: config.limits.jobSeconds,
				maxAttempts: config.limits.maxAttempts,
				keepSeconds: config.keepSeconds,
			},
			log,
		);
		service.onQueued = () => dispatcher.wake();
		service.onCancelled = (id) => dispatcher.cancel(id);
		await queue.onNews(() => dispatcher.wake());
		await dispatcher.start();
		closers.push(() => dispatcher.stop(config.shutdownGraceMs));
	}

	const feed = new ChangeFeed(database, log);
	const app = await buildServer({
		context: {
			service,
			database,
			artifacts,
			keys: new KeyRing(config.apiKeys),
			urlSecret,
			publicUrl: config.publicUrl,
			version,
		},
		feed,
		hosts: {
			allowedHosts: [...config.allowedHosts, ...(isIP(config.host) ? [] : [config.host])],
			allowedOrigins: config.allowedOrigins,
			publicUrl: config.publicUrl,
		},
		logger: log,
	});
	closers.push(async () => {
		feed.stop();
		await app.close();
	});
	return await listen(app, config);
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
	try {
		return await app.listen({ host, port });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const remedies: Record<string, string> = {
			EADDRINUSE: `Port ${port} is in use by another program. Stop it, or choose another port with --port (0 takes any free one).`,
			EACCES: `This user may not listen on port ${port}. Choose one from 1024 up with --port.`,
			EADDRNOTAVAIL: `This machine has no address ${host}. Choose another --host.`,
		};
		throw remedies[code ?? ''] ? new UsageError(remedies[code!]!) : error;
	}
}

const LEAST_KEY_CHARACTERS = 16;

/** A server that others can reach must know who they are. */
function checkExposure({ host, apiKeys }: Config): void {
	const loopback = host === 'localhost' || host === '::1' || /^127\./.test(host);
	if (!loopback && apiKeys.length === 0) {
		throw new UsageError(
			`--host ${host} lets other machines in, and no API key is set: anybody could use this server. Set GPU_LOCAL_API_KEYS to a long random text, or leave --host out.`,
		);
	}
	if (apiKeys.some((key) => key.length < LEAST_KEY_CHARACTERS)) {
		throw new UsageError(
			`An API key is shorter than ${LEAST_KEY_CHARACTERS} characters and could be guessed. Use a longer one.`,
		);
	}
}
