import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addModel } from '../../src/models/add.ts';
import { ModelRegistry } from '../../src/models/registry.ts';
import { workerFolder } from '../../src/setup/locations.ts';

/** The environment's Python, which run.ts names. */
export function pythonForTests(): string {
	const python = process.env.GPU_LOCAL_PYTHON;
	if (!python) throw new Error('Run these tests by "npm run test:worker".');
	return python;
}

export const FAMILIES = ['animatediff', 'wan', 'ltx', 'cogvideox'] as const;

/** Further models of the family Wan: two experts, and the dense one. */
export const WAN_22 = ['wan22', 'wan22-5b'] as const;

/** One that makes sound, one that takes no LoRA, one that needs a picture. */
export const FURTHER = ['ltx2', 'hunyuanvideo15', 'wan-i2v'] as const;

const SMALL = { width: 64, height: 64, fps: 8, num_frames: 16, num_inference_steps: 2 };

/** A models folder with a tiny model of every family, as a person would add them. */
export async function makeTinyModels(folder: string): Promise<ModelRegistry> {
	const files = join(folder, 'files');
	await mkdir(files, { recursive: true });
	const done = spawnSync(pythonForTests(), ['-m', 'tests.files', files], {
		cwd: workerFolder(),
		env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
		encoding: 'utf8',
	});
	if (done.status !== 0) throw new Error(done.stderr);
	const registry = new ModelRegistry(folder);
	const add = (path: string, name: string, more: object = {}) =>
		addModel(registry, join(files, path), {
			name,
			...more,
			hub: { endpoint: 'http://127.0.0.1:1', progress: () => undefined },
			convert: async () => await Promise.reject(new Error('No tiny model is a pickle')),
			say: () => undefined,
		});
	for (const family of FAMILIES) {
		await add(family, family, { defaults: SMALL });
		await add(`loras/${family}.safetensors`, `${family}-lora`);
	}
	for (const name of WAN_22) {
		await add(name, name, { defaults: SMALL });
		await add(`loras/${name}.safetensors`, `${name}-lora`);
	}
	for (const name of FURTHER) await add(name, name, { defaults: SMALL });
	await add('motion', 'motion');
	await add('sd15', 'sd15', { defaults: SMALL });
	await add('single/mm_v2.safetensors', 'mm-v2');
	await add('sd15-wide', 'sd15-config', { kind: 'sd-config' });
	await add('single/realistic.safetensors', 'realistic', {
		defaults: SMALL,
		motionAdapter: 'mm-v2',
		config: 'sd15-config',
	});
	await add('loras/kohya-wide.safetensors', 'kohya');
	await add('loras/zero.safetensors', 'zero');
	await add('embeddings/badhandv4.safetensors', 'badhandv4');
	return registry;
}
