/**
 * n8n in queue mode: a main process that only takes calls, a worker that runs executions, and the Redis and PostgreSQL
 * between them, from the system's packages and in temporary folders.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../gpu-local/test/support/postgres';
import { ChildProgram } from '../../scripts/n8n-host/childProgram';
import { n8nEnvironment } from '../../scripts/n8n-host/environment';
import { ensureN8nHost } from '../../scripts/n8n-host/install';
import { installPackageInto } from '../../scripts/n8n-host/packageLink';
import { freePort } from '../../scripts/n8n-host/preflight';
import { N8nServer, type N8nServerOptions } from './n8nServer';

const READY_LIMIT_MS = 120_000;

export interface QueueMode {
	main: N8nServer;
	/** The worker dies as in a power cut, and another one takes its place. */
	replaceWorker(): Promise<void>;
	dispose(): Promise<void>;
}

export async function startQueueMode(options: N8nServerOptions): Promise<QueueMode> {
	const ends: Array<() => Promise<unknown>> = [];
	const dispose = async () => {
		for (const end of ends.reverse()) await end();
	};
	try {
		const redis = await startRedis();
		ends.push(redis.stop);
		const postgres = await startPostgres();
		ends.push(postgres.stop);
		const env = queueEnvironment(redis.port, new URL(postgres.url));
		const main = await N8nServer.start({ ...options, env: { ...env, ...options.env } });
		ends.push(async () => await main.dispose());
		let worker = await startWorker(main, env);
		ends.push(async () => await worker.stop());
		return {
			main,
			dispose,
			async replaceWorker() {
				await worker.kill();
				worker = await startWorker(main, env);
			},
		};
	} catch (error) {
		await dispose();
		throw error;
	}
}

const queueEnvironment = (redisPort: number, postgres: URL): Record<string, string> => ({
	EXECUTIONS_MODE: 'queue',
	OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
	QUEUE_BULL_REDIS_HOST: '127.0.0.1',
	QUEUE_BULL_REDIS_PORT: String(redisPort),
	DB_TYPE: 'postgresdb',
	DB_POSTGRESDB_HOST: postgres.hostname,
	DB_POSTGRESDB_PORT: postgres.port,
	DB_POSTGRESDB_USER: postgres.username,
	DB_POSTGRESDB_DATABASE: postgres.pathname.slice(1),
	// Two machines would share no folder.
	N8N_DEFAULT_BINARY_DATA_MODE: 'database',
});

async function startWorker(main: N8nServer, env: Record<string, string>) {
	const host = await ensureN8nHost({ say: (line) => console.log(line), tick: () => {} });
	const folder = await mkdtemp(join(tmpdir(), 'text-to-video-worker-'));
	await installPackageInto(folder);
	const healthPort = await freePort();
	const places = {
		folder,
		filesFolder: folder,
		port: Number(new URL(main.url).port),
		runnerPort: await freePort(),
		openTarget: '/',
	};
	const program = await ChildProgram.start({
		name: 'n8n worker',
		nodeBinary: host.nodeBinary,
		args: [host.n8nScript, 'worker', '--concurrency=5'],
		cwd: folder,
		env: n8nEnvironment(process.env, places, main.secrets, {
			...env,
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(healthPort),
			N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		}),
		logFile: join(folder, 'worker.log'),
	});
	await program.untilReady(`http://127.0.0.1:${healthPort}/healthz/readiness`, READY_LIMIT_MS);
	const remove = async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	return {
		kill: async () => await program.kill().then(remove),
		stop: async () => await program.stop(10_000).then(remove),
	};
}

async function startRedis(): Promise<{ port: number; stop(): Promise<void> }> {
	const port = await freePort();
	const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
	const server = spawn('redis-server', args, {
		cwd: tmpdir(),
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
	await new Promise<void>((resolve, reject) => {
		server.once('error', () =>
			reject(new Error('These tests need Redis: apt-get install -y redis-server')),
		);
		server.once('exit', () => reject(new Error('Redis ended while it was starting')));
		server.stdout.on('data', (text: Buffer) => {
			if (/Ready to accept connections/.test(String(text))) resolve();
		});
	});
	return {
		port,
		async stop() {
			server.kill('SIGTERM');
			await ended;
		},
	};
}
