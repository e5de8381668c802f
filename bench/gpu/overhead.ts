/**
 * What server and worker add to a job on this machine: milliseconds from the request being sent to the
 * job being completed, less what the pipeline itself took. Goal: under 30 ms.
 *
 *     npx tsx bench/gpu/overhead.ts [jobs]
 *
 * Needs `npm run test:worker -- lint` once, which makes the Python environment.
 */
import { ended } from '../../gpu-local/test/worker/server.ts';
import { openTinyServer } from '../../gpu-local/test/worker/tinyServer.ts';
import { BACKENDS } from '../../gpu-local/src/setup/backend.ts';
import { findEnvironment } from '../../gpu-local/src/setup/environment.ts';
import { report } from '../report';

const WARM_UP = 3;
const GOAL_MS = 30;
/** Counts as overhead, up to as much; the server's events come no more often than every 400 ms. */
const LOOK_EVERY_MS = 3;
const jobs = Number(process.argv[2] ?? 30);

const median = (values: number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;

async function main(): Promise<void> {
	process.env.GPU_LOCAL_PYTHON ??= findEnvironment(process.env, BACKENDS.pypi.name, true)?.python;
	if (!process.env.GPU_LOCAL_PYTHON) {
		console.log('Not measured: no Python environment here. Make it: npm run test:worker -- lint');
		return;
	}
	process.env.OMP_NUM_THREADS ??= '1';

	const server = await openTinyServer();
	try {
		const wholes: number[] = [];
		const pipelines: number[] = [];
		for (let index = 0; index < WARM_UP + jobs; index++) {
			const sentMs = performance.now();
			const { id } = await server.submit({
				prompt: 'a lighthouse',
				model: 'wan',
				size: '32x32',
				num_frames: 5,
				num_inference_steps: 1,
				seed: index,
			});
			const video = await server.until(id, ended, LOOK_EVERY_MS);
			const wallMs = performance.now() - sentMs;
			if (video.status !== 'completed') throw new Error(JSON.stringify(video));
			if (index < WARM_UP) continue;
			wholes.push(wallMs);
			const timings = video.timings as Record<string, number>;
			pipelines.push(Object.values(timings).reduce((sum, one) => sum + one, 0));
		}
		const addedMs = median(wholes.map((wallMs, index) => wallMs - pipelines[index]!));
		report('gpu/overhead', [
			{
				figure: `server and worker add to a job, median of ${jobs}, ms`,
				ours: addedMs,
				beside: 'the bare pipeline, ms',
				other: median(pipelines),
				goal: `ours < ${GOAL_MS}`,
			},
		]);
		if (addedMs >= GOAL_MS) process.exitCode = 1;
	} finally {
		await server.close();
	}
}

void main();
