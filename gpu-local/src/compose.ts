import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { openFolderStore } from './artifacts/folderStore.ts';
import { openS3Store } from './artifacts/s3Store.ts';
import type { ArtifactStore } from './artifacts/store.ts';
import type { CallbackBody } from './callbacks/body.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { openPglite } from './db/pglite/open.ts';
import { openPostgres } from './db/postgres.ts';
import { migrate } from './db/schema.ts';
import { createCallbackBody } from './dialects/callbackBody.ts';
import { ffmpegOf } from './lib/ffmpeg.ts';
import { createEngine } from './engines/registry.ts';
import { Queue } from './queue/queue.ts';
import { clearJobFolder, jobsWithFolders } from './worker/makeVideo.ts';
import { VideoWorker } from './worker/worker.ts';
import { removeAllWorkers } from './store/workers.ts';
import { releaseDeliveries } from './store/deliveries.ts';
import { requeueRunning } from './store/leases.ts';
import { openVideos } from './store/videos.ts';
import { settingOr } from './store/settings.ts';

/** A database that is not up yet is waited for: programs of one machine start in any order. */
const START_PATIENCE_MS = 5 * 60_000;

/** What servers and workers have in common. */
export interface Core {
	config: Config;
	database: Database;
	queue: Queue;
	artifacts: ArtifactStore;
	urlSecret: string;
	callbackBody: CallbackBody;
	log: FastifyBaseLogger;
	/** Closed last to first. */
	closers: Array<() => Promise<void>>;
}

/** Opens everything in order; where a step fails, `closers` closes what was opened. */
export async function openCore(
	config: Config,
	log: FastifyBaseLogger,
	closers: Core['closers'],
): Promise<Core> {
	await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
	const database = config.databaseUrl
		? await openPostgres(
				config.databaseUrl,
				(message, error) => log.warn({ err: error }, message),
				START_PATIENCE_MS,
			)
		: await openPglite(config.dataFolder);
	closers.push(() => database.close());
	await migrate(database);
	const queue = await Queue.open(database, {
		jobSeconds: config.limits.jobSeconds,
		onError: (error) => log.error({ err: error }, 'The queue had a problem'),
	});
	closers.push(() => queue.stop());
	if (database.kind === 'pglite') await recover(database, queue, log);
	const { artifactsPlace } = config;
	const artifacts = artifactsPlace.startsWith('s3://')
		? openS3Store(artifactsPlace, config.env)
		: await openFolderStore(artifactsPlace);
	const urlSecret = await settingOr(database, 'url_secret', randomBytes(32).toString('base64url'));
	const callbackBody = createCallbackBody(urlSecret);
	return { config, database, queue, artifacts, urlSecret, callbackBody, log, closers };
}

/** Nobody else can be at work on the built-in database: whatever is marked so was lost. */
async function recover(database: Database, queue: Queue, log: FastifyBaseLogger): Promise<void> {
	await removeAllWorkers(database);
	await releaseDeliveries(database);
	const recovered = await queue.recoverAll();
	if (recovered === 0) return;
	await requeueRunning(database);
	log.info({ recovered }, 'Work of the last run was put back into the queue');
}

/** Folders of jobs that ended while this process was away. */
async function clearEnded(database: Database, workFolder: string): Promise<void> {
	const jobs = await jobsWithFolders(workFolder);
	const open = await openVideos(database, jobs);
	for (const id of jobs) if (!open.has(id)) await clearJobFolder(workFolder, id);
}

/** Starts making videos on this machine. */
export async function startVideoWorker(core: Core): Promise<VideoWorker> {
	const { config, database, queue, artifacts, log, closers } = core;
	const engine = await createEngine(config.engine, {
		dataFolder: config.dataFolder,
		modelsFolder: config.modelsFolder,
		defaultModel: config.defaultModel,
		env: config.env,
		log: (level, message, detail) => log[level]({ ...detail }, message),
	});
	closers.push(() => engine.close());
	const workFolder = join(config.dataFolder, 'work');
	await clearEnded(database, workFolder);
	const worker = new VideoWorker(
		database,
		queue,
		engine,
		artifacts,
		{
			workFolder,
			jobSeconds: config.limits.jobSeconds,
			maxAttempts: config.limits.maxAttempts,
			keepSeconds: config.keepSeconds,
			ffmpeg: ffmpegOf(config.env),
		},
		log,
	);
	await queue.onVideos(() => worker.wake());
	await worker.start();
	closers.push(() => worker.stop(config.shutdownGraceMs));
	return worker;
}

/** Runs `open`; what it opened is closed by `stop`, or at once where it fails. */
export async function withCleanup<Result>(
	log: FastifyBaseLogger,
	open: (closers: Core['closers']) => Promise<Result>,
): Promise<{ result: Result; stop: () => Promise<void> }> {
	const closers: Core['closers'] = [];
	const stop = async (): Promise<void> => {
		for (const close of closers.splice(0).reverse()) {
			await close().catch((error: unknown) => log.error({ err: error }, 'Stopping had a problem'));
		}
	};
	try {
		return { result: await open(closers), stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
