import { existsSync } from 'node:fs';
import { ModelRegistry } from '../../models/registry.ts';
import {
	BACKENDS,
	chooseBackend,
	devices,
	devicesPerJob,
	lookAtMachine,
} from '../../setup/backend.ts';
import type { Machine } from '../../setup/backend.ts';
import { diffusersChecks } from './checks.ts';
import { findEnvironment } from '../../setup/environment.ts';
import { workerFolder } from '../../setup/locations.ts';
import { EngineError } from '../engine.ts';
import type {
	Engine,
	EngineContext,
	EngineJob,
	EngineOptions,
	EngineResult,
	ModelInfo,
} from '../engine.ts';
import { EngineProcess } from './engineProcess.ts';
import { resolveModel, resolveRequest, toModelInfos } from './models.ts';

const NOT_SET_UP = 'Python is not set up; run "gpu-local setup"';

/** The Python to run: `GPU_LOCAL_PYTHON`, or the environment that `gpu-local setup` made. */
export function findWorkerPython(
	env: EngineOptions['env'],
	machine: () => Machine,
): string | undefined {
	if (env.GPU_LOCAL_PYTHON) {
		return existsSync(env.GPU_LOCAL_PYTHON) ? env.GPU_LOCAL_PYTHON : undefined;
	}
	const chosen = chooseBackend(machine()).name;
	const names = [chosen, ...Object.keys(BACKENDS).filter((name) => name !== chosen)];
	for (const name of names) {
		const found = findEnvironment(env, name);
		if (found) return found.python;
	}
	return undefined;
}

/** Makes videos with diffusers: one Python process a device, kept warm, replaced when it is lost. */
export async function createDiffusersEngine(options: EngineOptions): Promise<Engine> {
	const { env, log } = options;
	let looked: Machine | undefined;
	const machine = () => (looked ??= lookAtMachine());
	const registry = new ModelRegistry(options.modelsFolder);
	const places = devices(env, machine);
	const gpus = devicesPerJob(places);
	const children = new Map<number, EngineProcess>();
	let python: string | undefined;
	let closed = false;
	let runs = 0;

	const findPython = () => (python ??= findWorkerPython(env, machine));

	/**
	 * Loads the model that requests most likely name, so that the first video does not wait for it. On a
	 * processor, where loading is the least of the waiting, only when it is asked for.
	 */
	const preload = async (child: EngineProcess, device: string): Promise<void> => {
		const wanted = env.GPU_LOCAL_PRELOAD;
		if (wanted === 'off' || (wanted === undefined && device === 'cpu')) return;
		const entries = await registry.list();
		const usable = toModelInfos(entries, undefined, gpus).filter(
			({ kind, available }) => kind === 'checkpoint' && available !== false,
		);
		const name = wanted ?? options.defaultModel ?? usable[0]?.id;
		if (name !== undefined) child.preload(resolveModel(registry, entries, name));
	};

	const start = (index: number): EngineProcess => {
		const found = findPython();
		if (!found) {
			throw new EngineError('worker_lost', `${NOT_SET_UP}.`, { retryable: false });
		}
		const child = new EngineProcess({
			python: found,
			workerFolder: workerFolder(),
			device: places[index],
			env,
			log,
		});
		children.set(index, child);
		child.ready().then(
			({ device, versions }) => {
				log('info', 'A worker is ready', { device, versions });
				preload(child, device.type).catch((error: Error) =>
					log('warn', 'No model was loaded before it is asked for', { message: error.message }),
				);
			},
			() => undefined,
		);
		return child;
	};

	/** An idle process: one that has the model loaded, else any that no cancelled job is leaving. */
	const hire = (alias: string): { index: number; child: EngineProcess } => {
		const idle = places
			.map((_, index) => ({ index, child: children.get(index) }))
			.filter(({ child }) => !child?.busy);
		const best =
			idle.find(({ child }) => child?.alive && child.warm.includes(alias)) ??
			idle.find(({ child }) => child?.alive && !child.leaving) ??
			idle.find(({ child }) => !child?.alive) ??
			idle[0];
		if (!best) throw new EngineError('worker_lost', 'Every device is busy.');
		const child = best.child?.alive ? best.child : start(best.index);
		return { index: best.index, child };
	};

	const generate = async (job: EngineJob, context: EngineContext): Promise<EngineResult> => {
		const entries = await registry.list();
		const model = resolveModel(registry, entries, job.request.model);
		const request = resolveRequest(registry, entries, job.request, job.picturePath);
		const { index, child } = hire(model.alias);
		try {
			const { outputPath: output } = job;
			// A job that is tried again is another run: what is said of the first one is not about it.
			const id = `${job.id}/${++runs}`;
			const made = await child.generate({ type: 'generate', id, model, request, output }, context);
			const { mime_type: mimeType, ...rest } = made;
			return { ...rest, mimeType, settings: { engine: 'diffusers', ...rest.settings } };
		} finally {
			// The next job should not wait for torch to be imported. Two jobs may have lost the same process.
			const lost = !child.alive && children.get(index) === child;
			if (lost && child.hello && !closed) start(index);
		}
	};

	if (findPython() && (await registry.list()).some(({ kind }) => kind === 'checkpoint')) {
		for (const index of places.keys()) start(index);
	}

	return {
		name: 'diffusers',
		slots: places.length,
		models: async (): Promise<ModelInfo[]> =>
			toModelInfos(await registry.list(), findPython() ? undefined : NOT_SET_UP, gpus),
		warmModels: () => [...children.values()].flatMap(({ warm, alive }) => (alive ? warm : [])),
		// Each process says it when it has started.
		devices: () =>
			[...children.values()].flatMap(({ hello, alive }) =>
				hello && alive
					? [hello, ...(hello.further ?? [])].map(({ device, memory_bytes }) => ({
							type: device.type,
							name: device.name,
							memory_bytes,
						}))
					: [],
			),
		generate,
		check: () => diffusersChecks({ env, registry, python: findPython(), machine: machine(), gpus }),
		close: async () => {
			closed = true;
			await Promise.all([...children.values()].map((child) => child.stop()));
		},
	};
}
