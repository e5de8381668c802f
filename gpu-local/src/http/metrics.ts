import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Database } from '../db/database.ts';
import { durationCounts } from '../store/durations.ts';
import {
	countByStatus,
	countDeliveries,
	oldestWaitSeconds,
	runTotals,
} from '../store/statistics.ts';
import { STATUSES } from '../store/video.ts';
import { artifactBytes } from '../store/videoFiles.ts';
import type { WorkerRecord } from '../store/workers.ts';
import { histograms } from './histograms.ts';

/** For Prometheus: what the database knows at the time of the question, and the requests of this process. */
export class Metrics {
	readonly #registry = new Registry();
	readonly #requests = new Counter({
		name: 'gpu_local_http_requests_total',
		help: 'Requests to this process.',
		labelNames: ['method', 'route', 'status'],
		registers: [this.#registry],
	});
	readonly #failedLogins = new Counter({
		name: 'gpu_local_failed_logins_total',
		help: 'Requests to this process with a wrong API key.',
		registers: [this.#registry],
	});
	readonly #oldestWait = this.#gauge(
		'gpu_local_oldest_queued_seconds',
		'How long the job that has waited for longest has waited.',
	);
	readonly #jobs = this.#gauge('gpu_local_jobs', 'Jobs on record by status.', 'status');
	readonly #runSeconds = this.#gauge(
		'gpu_local_run_seconds_sum',
		'Run time of the completed jobs on record.',
	);
	readonly #runs = this.#gauge('gpu_local_run_seconds_count', 'Completed jobs on record.');
	readonly #callbacks = this.#gauge(
		'gpu_local_callbacks',
		'Callbacks on record by status.',
		'status',
	);
	readonly #slots = this.#gauge(
		'gpu_local_runner_slots',
		'Jobs that each machine can run at once.',
		'id',
		'host',
		'engine',
	);
	readonly #bytes = this.#gauge('gpu_local_video_bytes', 'Bytes of all kept videos.');
	readonly #memory = this.#gauge('process_resident_memory_bytes', 'Memory of this process.');

	constructor(
		private readonly database: Database,
		private readonly workers: () => Promise<WorkerRecord[]>,
	) {}

	watch(app: FastifyInstance): void {
		app.addHook('onResponse', async (request, reply) => {
			this.#requests.inc({
				method: request.method,
				route: request.routeOptions.url ?? 'none',
				status: String(reply.statusCode),
			});
		});
	}

	countFailedLogin(): void {
		this.#failedLogins.inc();
	}

	async text(): Promise<string> {
		const counts = await countByStatus(this.database);
		for (const status of STATUSES) this.#jobs.set({ status }, counts[status] ?? 0);
		const runs = await runTotals(this.database);
		this.#runSeconds.set(runs.seconds);
		this.#runs.set(runs.count);
		this.#oldestWait.set(await oldestWaitSeconds(this.database));
		this.#callbacks.reset();
		for (const [status, count] of Object.entries(await countDeliveries(this.database))) {
			this.#callbacks.set({ status }, count);
		}
		this.#slots.reset();
		for (const { id, host, engine, slots } of await this.workers()) {
			this.#slots.set({ id, host, engine }, slots);
		}
		this.#bytes.set(await artifactBytes(this.database));
		this.#memory.set(process.memoryUsage.rss());
		const histogramLines = histograms(await durationCounts(this.database));
		return `${await this.#registry.metrics()}${histogramLines}\n`;
	}

	#gauge<Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> {
		return new Gauge({ name, help, labelNames, registers: [this.#registry] });
	}
}
