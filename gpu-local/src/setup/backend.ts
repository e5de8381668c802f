import { spawnSync } from 'node:child_process';
import { UsageError } from '../lib/usageError.ts';

/** Which build of torch a machine needs. */
export interface Backend {
	name: 'pypi' | 'cuda-windows' | 'rocm' | 'mps' | 'cpu';
	/** For people. */
	title: string;
	/**
	 * uv's name for one of PyTorch's own package indexes, where PyPI does not have the right build
	 * (`auto` looks at the driver). Left out: PyPI's build, held to the hashes in the lock.
	 */
	torchBackend?: 'auto' | 'cpu';
	/** About how much is downloaded. */
	downloadGb: number;
}

export const BACKENDS: Record<Backend['name'], Backend> = {
	pypi: { name: 'pypi', title: 'NVIDIA (CUDA) or CPU, as PyPI has it', downloadGb: 2.5 },
	'cuda-windows': {
		name: 'cuda-windows',
		title: 'NVIDIA (CUDA) on Windows',
		torchBackend: 'auto',
		downloadGb: 3,
	},
	rocm: { name: 'rocm', title: 'AMD (ROCm)', torchBackend: 'auto', downloadGb: 5 },
	mps: { name: 'mps', title: 'Apple silicon (MPS)', downloadGb: 0.5 },
	cpu: { name: 'cpu', title: 'CPU only (slow)', torchBackend: 'cpu', downloadGb: 0.6 },
};

export interface Machine {
	platform: NodeJS.Platform;
	arch: string;
	/** Names of NVIDIA devices, from `nvidia-smi -L`. */
	nvidia: string[];
	/** True where ROCm's `rocminfo` lists a GPU. */
	amd: boolean;
}

export function chooseBackend({ platform, arch, nvidia, amd }: Machine): Backend {
	if (platform === 'darwin') return arch === 'arm64' ? BACKENDS.mps : BACKENDS.cpu;
	if (nvidia.length > 0) return platform === 'win32' ? BACKENDS['cuda-windows'] : BACKENDS.pypi;
	if (amd && platform === 'linux') return BACKENDS.rocm;
	return BACKENDS.cpu;
}

export function lookAtMachine(): Machine {
	const ask = (command: string, args: string[]): string => {
		const done = spawnSync(command, args, { encoding: 'utf8', timeout: 15_000, windowsHide: true });
		return done.status === 0 ? done.stdout : '';
	};
	const lines = ask('nvidia-smi', ['-L']).split('\n');
	return {
		platform: process.platform,
		arch: process.arch,
		nvidia: lines.filter((line) => line.startsWith('GPU ')),
		amd: process.platform === 'linux' && /Device Type:\s+GPU/.test(ask('rocminfo', [])),
	};
}

/**
 * The devices to give a worker process each, as torch names them; undefined lets the worker pick the
 * only one there is. `GPU_LOCAL_DEVICES` (for example `cuda:0,cuda:2` or `cpu`) decides where set; in
 * `cuda:0+cuda:1` one process has both.
 */
export function devices(
	env: Record<string, string | undefined>,
	machine: () => Machine,
): Array<string | undefined> {
	const wanted = env.GPU_LOCAL_DEVICES?.split(',')
		.map((name) => name.trim())
		.filter(Boolean);
	if (wanted?.length) return checkGroups(wanted);
	const visible = env.CUDA_VISIBLE_DEVICES?.split(',').filter(Boolean).length;
	const count = visible ?? machine().nvidia.length;
	return count > 1 ? Array.from({ length: count }, (_, index) => `cuda:${index}`) : [undefined];
}

/** How many of them one video can be made on. */
export const devicesPerJob = ([first]: Array<string | undefined>): number =>
	first?.split('+').length ?? 1;

/**
 * Groups are all of one size, so that any of them takes any job, and share no device. The processor, which
 * people have only one of, may be named several times.
 */
function checkGroups(groups: string[]): string[] {
	const grouped = groups.map((group) => group.split('+').map((name) => name.trim()));
	if (grouped.every(({ length }) => length === 1)) return groups;
	const said = `GPU_LOCAL_DEVICES is "${groups.join(',')}"`;
	if (new Set(grouped.map(({ length }) => length)).size > 1) {
		throw new UsageError(
			`${said}. Give groups of one size, such as cuda:0+cuda:1,cuda:2+cuda:3; devices that are left over can have a "gpu-local worker" of their own.`,
		);
	}
	for (const name of grouped.flat()) {
		if (!/^(cuda(:\d+)?|cpu)$/.test(name)) {
			throw new UsageError(
				`${said}, and "${name}" cannot be grouped. Group cuda:0, cuda:1 and so on.`,
			);
		}
	}
	const named = grouped.flat().map((name) => (name === 'cuda' ? 'cuda:0' : name));
	const twice = named.find((name, index) => name !== 'cpu' && named.indexOf(name) !== index);
	if (twice !== undefined)
		throw new UsageError(`${said}, which names ${twice} twice. Name it once.`);
	return grouped.map((group) => group.join('+'));
}
