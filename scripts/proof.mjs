// What takes too long for every run of CI, one after another: `npm run proof`. PROOF_SEED chooses other stories, other
// random values and other mutants. Every part runs even if an earlier one failed; the exit code says whether any did.
import { spawnSync } from 'node:child_process';

const seed = process.env.PROOF_SEED ?? '1';

/** @type {Array<{name: string, args: string[], env?: Record<string, string>}>} */
const PARTS = [
	{
		name: 'long chaos: five times the jobs',
		args: ['run', 'test:chaos'],
		env: { CHAOS_JOBS: '4500', CHAOS_SEED: seed },
	},
	{
		name: 'wide fuzzing: twenty times the random values',
		args: [
			...['test', '--', 'test/nodes/routing.test.ts', 'test/nodes/triggerFuzz.test.ts'],
			...['test/providers/properties.test.ts', 'test/providers/robustness.test.ts'],
			'--testTimeout=1800000',
		],
		env: { FUZZ_FACTOR: '20' },
	},
	{ name: 'mutants of the core', args: ['run', 'mutate', '--', '--count', '200', '--seed', seed] },
];

let failed = 0;
for (const { name, args, env } of PARTS) {
	const startedAt = Date.now();
	console.log(`\n=== ${name}`);
	const { status } = spawnSync('npm', args, {
		stdio: 'inherit',
		shell: process.platform === 'win32',
		env: { ...process.env, ...env },
	});
	console.log(`=== ${name}: exit code ${status}, ${Math.round((Date.now() - startedAt) / 1000)} s`);
	if (status !== 0) failed += 1;
}
process.exitCode = failed > 0 ? 1 : 0;
