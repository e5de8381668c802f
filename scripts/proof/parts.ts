/** What `npm run proof` runs, one after another. A new part is an entry here; its runner gives the figures. */

export interface Part {
	/** As in `npm run proof -- chaos`, and the name of its file in docs/proof. */
	id: string;
	title: string;
	/** What words among its figures mean. */
	words?: string;
	/** The arguments of npm. */
	command: string[];
	env?: Record<string, string>;
	/** Whether it is a vitest suite, whose own counts are taken too. */
	suite: boolean;
}

export const PARTS: readonly Part[] = [
	{
		id: 'chaos',
		title: 'The books after faults of every kind',
		words:
			'Unheard: a submit was accepted or may have been, and its answer did not arrive. In the log: of these, where the provider’s log could be asked. Left though: of those, left in doubt all the same. Open: handed on unfinished. Attached: a later run took up the job that an earlier one had left.',
		command: ['run', 'test:chaos'],
		env: {
			CHAOS_JOBS: process.env.CHAOS_JOBS ?? '4500',
			CHAOS_SEED: process.env.PROOF_SEED ?? '1',
		},
		suite: true,
	},
	{
		id: 'fuzz',
		title: 'Random values against readers, checks and routes',
		command: [
			...['test', '--', 'test/nodes/routing.test.ts', 'test/nodes/triggerFuzz.test.ts'],
			...['test/providers/properties.test.ts', 'test/providers/robustness.test.ts'],
			'--testTimeout=1800000',
		],
		env: { FUZZ_FACTOR: process.env.FUZZ_FACTOR ?? '20' },
		suite: true,
	},
	{
		id: 'kills',
		title: 'kill -9 in the middle of the work: gpu-local',
		command: ['run', 'test:gpu-local', '--', 'crash'],
		suite: true,
	},
	{
		id: 'kills-node-red',
		title: 'kill -9 in the middle of the work: Node-RED',
		command: ['run', 'test:node-red', '--', 'restart', 'runtime'],
		suite: true,
	},
	{
		id: 'clients',
		title: "Other people's clients against gpu-local",
		command: [
			'test',
			'--',
			'gpu-local/test/openaiSdk.test.ts',
			'gpu-local/test/clientManners.test.ts',
		],
		suite: true,
	},
	{
		id: 'mutants',
		title: 'Small faults put into the core, and noticed by a test',
		command: [
			...['run', 'mutate', '--'],
			...(process.env.PROOF_MUTATE ?? `--count 100 --seed ${process.env.PROOF_SEED ?? '1'}`).split(
				' ',
			),
		],
		suite: false,
	},
	{
		id: 'worker-mutants',
		title: "Small faults put into the worker's decisions, and noticed by a test",
		command: ['run', 'test:worker', '--', 'mutants'],
		suite: false,
	},
	{
		id: 'bench',
		title: 'Benchmarks, each beside what it is measured against',
		words: 'Each row: our figure; that of what stands beside it; ours in parts of it.',
		command: ['run', 'bench'],
		suite: false,
	},
];
