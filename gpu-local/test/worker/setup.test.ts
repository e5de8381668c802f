import { describe, expect, it } from 'vitest';
import { workerEnv } from '../../src/engines/diffusers/engineProcess.ts';
import { parseWorkerMessage } from '../../src/engines/diffusers/protocol.ts';
import { BACKENDS, chooseBackend, devices, devicesPerJob } from '../../src/setup/backend.ts';
import type { Machine } from '../../src/setup/backend.ts';
import { installSteps } from '../../src/setup/environment.ts';
import { cacheFolder, environmentPlan } from '../../src/setup/locations.ts';
import { isRecent } from '../../src/setup/python.ts';

const machine = (changes: Partial<Machine>): Machine => ({
	platform: 'linux',
	arch: 'x64',
	nvidia: [],
	amd: false,
	...changes,
});

describe('the build of torch', () => {
	it.each([
		['pypi', { nvidia: ['GPU 0: NVIDIA H200'] }],
		['cuda-windows', { platform: 'win32' as const, nvidia: ['GPU 0'] }],
		['rocm', { amd: true }],
		['mps', { platform: 'darwin' as const, arch: 'arm64' }],
		['cpu', { platform: 'darwin' as const }],
		['cpu', {}],
	])('is %s for %j', (name, changes) => {
		expect(chooseBackend(machine(changes)).name).toBe(name);
	});

	it('is held to its hash where PyPI has it, and to its version elsewhere', () => {
		const locks = ['torch.lock', 'requirements.lock'];
		const pypi = installSteps(locks, BACKENDS.pypi, 'torch==2.15.0 \\\n    --hash=x');
		expect(pypi).toHaveLength(1);
		expect(pypi[0]!.args).toEqual([
			'--require-hashes',
			'-r',
			'torch.lock',
			'-r',
			'requirements.lock',
		]);
		const [rest, torch] = installSteps(locks, BACKENDS.rocm, 'torch==2.15.0 \\\n    --hash=x');
		expect(rest!.args).toEqual(['--no-deps', '--require-hashes', '-r', 'requirements.lock']);
		expect(torch!.args).toEqual(['torch==2.15.0', '--torch-backend=auto']);
	});
});

describe('the environment', () => {
	it('is another one for another backend or another set of packages', () => {
		const env = { XDG_CACHE_HOME: '/cache' };
		const folders = [
			environmentPlan(env, { backend: 'pypi' }),
			environmentPlan(env, { backend: 'cpu' }),
			environmentPlan(env, { backend: 'pypi', dev: true }),
		].map(({ folder }) => folder);
		expect(new Set(folders).size).toBe(3);
		expect(folders[0]).toMatch(/^\/cache\/text-to-video\/worker-[0-9a-f]{12}$/);
	});

	it('lies where each system keeps what can be made again', () => {
		expect(cacheFolder({ HOME: '/home/a' }, 'linux')).toBe('/home/a/.cache/text-to-video');
		expect(cacheFolder({ HOME: '/Users/a' }, 'darwin')).toBe(
			'/Users/a/Library/Caches/text-to-video',
		);
		expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/text-to-video');
	});

	it.each([
		['3.11.7', true],
		['3.13.0', true],
		['3.10.13', false],
		['2.7.18', false],
		['', false],
	])('takes Python %s: %s', (version, recent) => {
		expect(isRecent(version)).toBe(recent);
	});
});

describe('devices', () => {
	const two = () => machine({ nvidia: ['GPU 0', 'GPU 1'] });
	it('are one worker each', () => {
		expect(devices({}, two)).toEqual(['cuda:0', 'cuda:1']);
		expect(devices({ CUDA_VISIBLE_DEVICES: '3' }, two)).toEqual([undefined]);
		expect(devices({ GPU_LOCAL_DEVICES: 'cuda:1, cpu' }, two)).toEqual(['cuda:1', 'cpu']);
		expect(devices({}, () => machine({}))).toEqual([undefined]);
		expect(devicesPerJob(devices({}, two))).toBe(1);
		expect(devicesPerJob(devices({}, () => machine({})))).toBe(1);
	});

	it.each([
		['cuda:0+cuda:1', ['cuda:0+cuda:1'], 2],
		['cuda:0 + cuda:2, cuda:1+cuda:3', ['cuda:0+cuda:2', 'cuda:1+cuda:3'], 2],
		['cpu+cpu+cpu', ['cpu+cpu+cpu'], 3],
	])('are grouped as %s says', (GPU_LOCAL_DEVICES, places, gpus) => {
		expect(devices({ GPU_LOCAL_DEVICES }, two)).toEqual(places);
		expect(devicesPerJob(places)).toBe(gpus);
	});

	it.each([
		['cuda:0+cuda:1,cuda:2', 'groups of one size'],
		['cuda:0+cuda:0', 'names cuda:0 twice'],
		['cuda+cuda:0', 'names cuda:0 twice'],
		['cuda:0+cuda:1,cuda:1+cuda:2', 'names cuda:1 twice'],
		['mps+mps', '"mps" cannot be grouped'],
		['cuda:0+', '"" cannot be grouped'],
	])('are not grouped as %s', (GPU_LOCAL_DEVICES, why) => {
		expect(() => devices({ GPU_LOCAL_DEVICES }, two)).toThrow(why);
	});
});

describe('a worker process', () => {
	it('sees what a GPU needs and no key', () => {
		const env = workerEnv(
			{
				PATH: '/bin',
				CUDA_HOME: '/cuda',
				HSA_OVERRIDE_GFX_VERSION: '11.0.0',
				GPU_LOCAL_API_KEYS: 'secret',
				HF_TOKEN: 'secret',
				DATABASE_URL: 'secret',
				AWS_SECRET_ACCESS_KEY: 'secret',
			},
			{ workerFolder: '/worker', device: 'cuda:1' },
		);
		expect(Object.values(env)).not.toContain('secret');
		expect(env).toMatchObject({
			PATH: '/bin',
			CUDA_HOME: '/cuda',
			HSA_OVERRIDE_GFX_VERSION: '11.0.0',
			PYTHONPATH: '/worker',
			TEXT_TO_VIDEO_DEVICE: 'cuda:1',
		});
	});

	it.each(['', '{', '[]', '{"type":"done"}', '{"type":"error","code":"odd","message":"x"}'])(
		'is not trusted when it says %j',
		(line) => {
			expect(parseWorkerMessage(line)).toBeUndefined();
		},
	);
});
