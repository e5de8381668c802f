import { parseArgs } from 'node:util';
import { UsageError } from '../lib/usageError.ts';
import { BACKENDS, chooseBackend, lookAtMachine } from '../setup/backend.ts';
import type { Backend } from '../setup/backend.ts';
import { ensureEnvironment, SetupError } from '../setup/environment.ts';
import type { Terminal } from './terminal.ts';

const SETUP_HELP = `gpu-local setup [--backend NAME]

Makes the Python environment of the engine "diffusers" in your cache folder and installs torch for this
machine's device. Run it again after an interruption: what was downloaded is kept.

  --backend NAME   ${Object.keys(BACKENDS).join(', ')}; otherwise chosen by looking at the machine`;

/** `gpu-local setup`. */
export async function setupCommand(
	args: string[],
	{ env, out }: Pick<Terminal, 'env' | 'out'>,
): Promise<void> {
	const { values } = readArgs(args);
	if (values.help) return out(SETUP_HELP);
	const machine = lookAtMachine();
	for (const device of machine.nvidia) out(`Found ${device}`);
	try {
		const { python } = await ensureEnvironment({
			env,
			backend: backendOf(values.backend) ?? chooseBackend(machine),
			say: out,
		});
		out(`Ready: ${python}`);
		out(
			'Next: add a model ("gpu-local models add --help"), then run gpu-local --engine diffusers.',
		);
	} catch (error) {
		if (error instanceof SetupError) throw new UsageError(error.message);
		throw error;
	}
}

function readArgs(args: string[]) {
	try {
		return parseArgs({
			args,
			options: { backend: { type: 'string' }, help: { type: 'boolean' } },
		});
	} catch (error) {
		throw new UsageError(`${(error as Error).message}.\n\n${SETUP_HELP}`);
	}
}

function backendOf(name: string | undefined): Backend | undefined {
	if (name === undefined) return undefined;
	if (Object.hasOwn(BACKENDS, name)) return BACKENDS[name as Backend['name']];
	throw new UsageError(
		`--backend is "${name}". Choose one of: ${Object.keys(BACKENDS).join(', ')}.`,
	);
}
