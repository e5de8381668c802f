/**
 * What server and worker add to a job on this machine: milliseconds from the request being sent to the
 * job being completed, less what the pipeline itself took. Goal: under 50 ms.
 *
 *     node_modules/.bin/tsx bench/gpu/overhead.ts [jobs]
 *
 * Needs `npm run test:worker lint` once, which makes the Python environment.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServer } from '../../gpu-local/test/worker/server.ts';
import { makeTinyModels } from '../../gpu-local/test/worker/tinyModels.ts';
import { BACKENDS } from '../../gpu-local/src/setup/backend.ts';
import { findEnvironment } from '../../gpu-local/src/setup/environment.ts';

const WARM_UP = 3;
const jobs = Number(process.argv[2] ?? 30);

process.env.GPU_LOCAL_PYTHON ??= findEnvironment(process.env, BACKENDS.pypi.name, true)?.python;
process.env.OMP_NUM_THREADS ??= '1';

const folder = await mkdtemp(join(tmpdir(), 'bench-models-'));
await makeTinyModels(folder);
const server = await openServer(folder);
try {
	const overheads: number[] = [];
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
		const video = await server.completed(id);
		const wallMs = performance.now() - sentMs;
		const timings = video.timings as Record<string, number>;
		const pipelineMs = Object.values(timings).reduce((sum, one) => sum + one, 0);
		if (index >= WARM_UP) overheads.push(wallMs - pipelineMs);
	}
	overheads.sort((a, b) => a - b);
	const at = (share: number) => overheads[Math.floor((overheads.length - 1) * share)]!.toFixed(1);
	console.log(`${jobs} jobs: overhead median ${at(0.5)} ms, 90 % under ${at(0.9)} ms`);
} finally {
	await server.close();
	await rm(folder, { recursive: true, force: true });
}
