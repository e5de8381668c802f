import { spawnSync } from 'node:child_process';
import type { EngineCheck } from '../engine.ts';
import { toModelInfos } from './models.ts';
import type { ModelRegistry } from '../../models/registry.ts';
import type { Machine } from '../../setup/backend.ts';
import { workerFolder } from '../../setup/locations.ts';

export interface CheckOptions {
	env: Record<string, string | undefined>;
	registry: ModelRegistry;
	/** The environment's Python, where there is one. */
	python: string | undefined;
	machine: Machine;
	/** Devices that can make one video together. */
	gpus: number;
}

const GIB = 1024 ** 3;

/** The worker's part of `gpu-local doctor`: Python, device, models. */
export async function diffusersChecks(options: CheckOptions): Promise<EngineCheck[]> {
	const checks: EngineCheck[] = [];
	const { python, machine, registry } = options;
	if (!python) {
		checks.push({
			name: 'Python',
			ok: false,
			message: 'The Python environment is not set up.',
			remedy: 'Run "gpu-local setup".',
		});
	} else {
		checks.push(...deviceChecks(python, options.env, machine));
	}
	checks.push(...(await modelChecks(registry, options.gpus)));
	return checks;
}

/** Asks the worker's own code, in a process of its own, what it would run on. */
function deviceChecks(python: string, env: CheckOptions['env'], machine: Machine): EngineCheck[] {
	const program =
		'import json; from text_to_video_worker.engine.device import describe, pick_device; import os; print(json.dumps(describe(pick_device(os.environ.get("TEXT_TO_VIDEO_DEVICE")))))';
	const done = spawnSync(python, ['-c', program], {
		cwd: workerFolder(),
		env: { ...env, PYTHONDONTWRITEBYTECODE: '1' },
		encoding: 'utf8',
		timeout: 300_000,
		windowsHide: true,
	});
	if (done.status !== 0) {
		const words = (done.stderr || String(done.error ?? '')).trim().split('\n').at(-1) ?? '';
		return [
			{
				name: 'Python',
				ok: false,
				message: `The worker does not start: ${words}`,
				remedy: 'Run "gpu-local setup" again.',
			},
		];
	}
	const said = JSON.parse(done.stdout) as {
		device: { type: string; name: string };
		memory_bytes: number;
		versions: Record<string, string>;
	};
	const versions = Object.entries(said.versions).map(([name, version]) => `${name} ${version}`);
	const gigabytes = (said.memory_bytes / GIB).toFixed(0);
	const slow = said.device.type === 'cpu';
	return [
		{ name: 'Python', ok: true, message: versions.join(', ') },
		{
			name: 'Device',
			ok: !slow,
			message: `${said.device.type} (${said.device.name}), ${gigabytes} GB`,
			...(slow
				? {
						remedy:
							machine.nvidia.length > 0
								? 'There is an NVIDIA device, but torch cannot use it: update its driver, then run "gpu-local setup".'
								: 'No supported GPU was found. Real models are very slow without one; the engine "preview" needs none.',
					}
				: {}),
		},
	];
}

async function modelChecks(registry: ModelRegistry, gpus: number): Promise<EngineCheck[]> {
	const models = toModelInfos(await registry.list(), undefined, gpus);
	const checkpoints = models.filter(({ kind }) => kind === 'checkpoint');
	if (checkpoints.length === 0) {
		return [
			{
				name: 'Models',
				ok: false,
				message: `There is no model in ${registry.folder}.`,
				remedy: 'Add one: "gpu-local models add --help" shows how.',
			},
		];
	}
	return checkpoints.map((model) => ({
		name: `Model ${model.id}`,
		ok: model.available !== false,
		message: model.unavailableReason ?? `${model.family}, ready`,
	}));
}
