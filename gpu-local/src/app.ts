import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { Deliverer } from './callbacks/deliverer.ts';
import type { Config } from './config.ts';
import { openCore, withCleanup, startVideoWorker } from './compose.ts';
import type { Core } from './compose.ts';
import { Estimator } from './videos/estimate.ts';
import { Stills } from './videos/stills.ts';
import { VideoService } from './videos/service.ts';
import { webhookSecrets } from './callbacks/secrets.ts';
import { checkEngineName } from './engines/registry.ts';
import { ChangeFeed } from './http/changeFeed.ts';
import { FailedLogins } from './http/failedLogins.ts';
import { KeyRing, LOCAL_OWNER, secretOf } from './http/keys.ts';
import { Metrics } from './http/metrics.ts';
import { buildServer } from './server.ts';
import { Maintenance } from './maintenance/maintenance.ts';
import { adoptJobs, countJobsOf } from './store/owners.ts';
import { onCallbacks } from './store/deliveries.ts';
import { newAdminToken, removeAdminAccess, writeAdminAccess } from './lib/adminAccess.ts';
import { ffmpegOf } from './lib/ffmpeg.ts';
import { withLoggableErrors } from './lib/log.ts';
import { UsageError } from './lib/usageError.ts';
import { version } from './version.ts';

export interface RunningServer {
	/** Where it listens, for example `http://127.0.0.1:8484`. */
	url: string;
	/** Why a job would not run yet, and what to do. */
	obstacle: string | undefined;
	stop(): Promise<void>;
}

/** A server, which also makes the videos unless it is told not to. */
export async function startServer(
	config: Config,
	logger: FastifyBaseLogger,
): Promise<RunningServer> {
	const log = withLoggableErrors(logger);
	checkExposure(config);
	checkEngineName(config.engine);
	const { result, stop } = await withCleanup(log, async (closers) => {
		const core = await openCore(config, log, closers);
		await startMaintenance(core);
		return await startHttp(core);
	});
	return { ...result, stop };
}

/** A process that only makes videos, for a server on another machine. */
export async function startWorker(
	config: Config,
	logger: FastifyBaseLogger,
): Promise<{ description: string; stop(): Promise<void> }> {
	const log = withLoggableErrors(logger);
	checkEngineName(config.engine);
	if (config.databaseUrl === undefined) {
		throw new UsageError(
			'A worker shares its work through PostgreSQL. Give the same --database-url (or DATABASE_URL) as to the server, and the same --artifacts place.',
		);
	}
	const { result: description, stop } = await withCleanup(log, async (closers) => {
		const core = await openCore(config, log, closers);
		await startVideoWorker(core);
		return `${config.engine}, on ${core.database.description}`;
	});
	return { description, stop };
}

async function startMaintenance(core: Core): Promise<void> {
	const { config, database, artifacts, callbackBody, log, closers } = core;
	const secrets = await webhookSecrets(database, config.dataFolder, config.webhookSecrets);
	const policy = { allow: config.callbackAllow };
	const deliverer = new Deliverer(database, { policy, secrets, body: callbackBody }, log);
	await onCallbacks(database, () => deliverer.wake());
	deliverer.start();
	closers.push(() => deliverer.stop());
	const maintenance = new Maintenance(database, artifacts, config.historySeconds, log);
	maintenance.start();
	closers.push(() => maintenance.stop());
}

async function startHttp(core: Core): Promise<Omit<RunningServer, 'stop'>> {
	const { config, database, queue, artifacts, urlSecret, log, closers } = core;
	const keys = new KeyRing(config.apiKeys);
	await adopt(core, keys);
	const service = new VideoService(database, queue, artifacts, {
		limits: config.limits,
		defaultModel: config.defaultModel,
		aliases: config.modelAliases,
		callbacks: { allow: config.callbackAllow },
		keys: keys.owners.size,
	});
	if (config.work) {
		const worker = await startVideoWorker(core);
		service.onQueued = () => worker.wake();
		service.onCancelled = (id) => worker.cancel(id);
	}
	const feed = new ChangeFeed(database, log);
	const metrics = new Metrics(database, () => service.workers());
	const admin = { token: newAdminToken(), dataFolder: config.dataFolder };
	const app = await buildServer({
		context: {
			service,
			database,
			artifacts,
			stills: new Stills(artifacts, ffmpegOf(config.env)),
			estimator: new Estimator(database, service.openJobs),
			keys,
			admin,
			failedLogins: new FailedLogins(Date.now, sleep, () => metrics.countFailedLogin()),
			urlSecret,
			publicUrl: config.publicUrl,
			quotaBytes: config.limits.quotaBytes,
			version,
		},
		feed,
		hosts: {
			allowedHosts: [...config.allowedHosts, ...(isIP(config.host) ? [] : [config.host])],
			allowedOrigins: config.allowedOrigins,
			publicUrl: config.publicUrl,
		},
		metrics,
		accessLog: config.accessLog,
		logger: log,
	});
	closers.push(async () => {
		feed.stop();
		await app.close();
	});
	const url = await listen(app, config);
	await writeAdminAccess(config.dataFolder, { url: reachable(url), token: admin.token });
	closers.push(() => removeAdminAccess(config.dataFolder));
	const obstacle = await service.obstacle();
	if (obstacle !== undefined) log.warn(`A job would not run yet: ${obstacle}`);
	return { url, obstacle };
}

/** Jobs follow their key to its name. */
async function adopt({ database, log }: Core, keys: KeyRing): Promise<void> {
	for (const { from, to } of keys.adoptions) await adoptJobs(database, from, to);
	if (!keys.needed || keys.owners.has(LOCAL_OWNER)) return;
	const jobs = await countJobsOf(database, LOCAL_OWNER);
	if (jobs === 0) return;
	log.warn(
		{ jobs },
		'There are jobs from before keys were needed, which no key shows. Name the key that should show them "local": local=KEY',
	);
}

/** Listening everywhere is no address to call. */
const reachable = (url: string): string => url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1');

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
	const loopback =
		host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
	if (!loopback && apiKeys.length === 0) {
		throw new UsageError(
			`--host ${host} lets other machines in, and no API key is set: anybody could use this server. Set GPU_LOCAL_API_KEYS to a long random text, or leave --host out.`,
		);
	}
	if (apiKeys.some((text) => secretOf(text).length < LEAST_KEY_CHARACTERS)) {
		throw new UsageError(
			`An API key is shorter than ${LEAST_KEY_CHARACTERS} characters and could be guessed. Use a longer one.`,
		);
	}
}
