import { BUCKETS_SECONDS } from '../store/durations.ts';
import type { DurationCount, DurationKind } from '../store/durations.ts';

const NAMES: Record<DurationKind, { name: string; help: string }> = {
	wait: {
		name: 'gpu_local_job_wait_seconds',
		help: 'From the request to the last start, of jobs that ended.',
	},
	run: {
		name: 'gpu_local_job_run_seconds',
		help: 'From the last start to the end, of completed jobs.',
	},
};

/**
 * Prometheus histograms of counts that all machines together keep in the database; `prom-client` knows only what its
 * own process observed.
 */
export function histograms(counts: DurationCount[]): string {
	return (['wait', 'run'] as const)
		.flatMap((kind) => {
			const { name, help } = NAMES[kind];
			const ofKind = counts.filter((count) => count.kind === kind);
			const models = [...new Set(ofKind.map(({ model }) => model))];
			return [
				`# HELP ${name} ${help}`,
				`# TYPE ${name} histogram`,
				...models.flatMap((model) =>
					series(
						name,
						model,
						ofKind.filter((count) => count.model === model),
					),
				),
			];
		})
		.join('\n');
}

function series(name: string, model: string, counts: DurationCount[]): string[] {
	const label = `model="${escaped(model)}"`;
	const upTo = (seconds: number): number =>
		sum(counts.filter(({ le }) => le <= seconds).map(({ jobs }) => jobs));
	return [
		...BUCKETS_SECONDS.map((le) => `${name}_bucket{${label},le="${le}"} ${upTo(le)}`),
		`${name}_bucket{${label},le="+Inf"} ${upTo(Infinity)}`,
		`${name}_sum{${label}} ${sum(counts.map(({ seconds }) => seconds))}`,
		`${name}_count{${label}} ${upTo(Infinity)}`,
	];
}

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);

const escaped = (text: string): string =>
	text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
