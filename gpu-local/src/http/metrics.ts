import type { FastifyInstance } from 'fastify';
import type { Database } from '../db/database.ts';
import { STATUSES } from '../store/video.ts';
import { artifactBytes } from '../store/videos.ts';
import { countByStatus, countDeliveries, runTotals } from '../store/statistics.ts';
import type { WorkerRecord } from '../store/workers.ts';

interface Sample {
	labels?: Record<string, string>;
	value: number;
}

/** Prometheus text: what the database knows, and the requests of this process. */
export class Metrics {
	readonly #requests = new Map<string, Sample>();

	constructor(
		private readonly database: Database,
		private readonly workers: () => Promise<WorkerRecord[]>,
	) {}

	watch(app: FastifyInstance): void {
		app.addHook('onResponse', async (request, reply) => {
			const labels = {
				method: request.method,
				route: request.routeOptions.url ?? 'none',
				status: String(reply.statusCode),
			};
			const key = Object.values(labels).join(' ');
			const sample = this.#requests.get(key) ?? { labels, value: 0 };
			sample.value += 1;
			this.#requests.set(key, sample);
		});
	}

	async text(): Promise<string> {
		const counts = await countByStatus(this.database);
		const runs = await runTotals(this.database);
		const deliveries = await countDeliveries(this.database);
		const workers = await this.workers();
		return [
			metric('gpu_local_jobs', 'gauge', 'Jobs on record by status.', [
				...STATUSES.map((status) => ({ labels: { status }, value: counts[status] ?? 0 })),
			]),
			metric('gpu_local_run_seconds_sum', 'gauge', 'Run time of the completed jobs on record.', [
				{ value: runs.seconds },
			]),
			metric('gpu_local_run_seconds_count', 'gauge', 'Completed jobs on record.', [
				{ value: runs.count },
			]),
			metric(
				'gpu_local_callbacks',
				'gauge',
				'Callbacks on record by status.',
				Object.entries(deliveries).map(([status, value]) => ({ labels: { status }, value })),
			),
			metric(
				'gpu_local_runner_slots',
				'gauge',
				'Jobs that each machine can run at once.',
				workers.map(({ id, host, engine, slots }) => ({
					labels: { id, host, engine },
					value: slots,
				})),
			),
			metric('gpu_local_video_bytes', 'gauge', 'Bytes of all kept videos.', [
				{ value: await artifactBytes(this.database) },
			]),
			metric('gpu_local_http_requests_total', 'counter', 'Requests to this process.', [
				...this.#requests.values(),
			]),
			metric('process_resident_memory_bytes', 'gauge', 'Memory of this process.', [
				{ value: process.memoryUsage.rss() },
			]),
		].join('');
	}
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: Sample[]): string {
	const lines = samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`);
	return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

function labelText(labels: Record<string, string> | undefined): string {
	if (!labels) return '';
	const entries = Object.entries(labels).map(
		([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`,
	);
	return `{${entries.join(',')}}`;
}
