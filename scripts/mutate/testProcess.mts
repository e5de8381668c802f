/**
 * A process that keeps vitest warm and runs tests when it is told to (a child of `mutate.ts`, in a copy of the
 * repository). Of the sources nothing is read anew but what changed; each test file has a worker of its own, as it has
 * in the suite: what one file leaves behind would make another fail, or pass.
 */
import { writeFileSync } from 'node:fs';
import { createVitest } from 'vitest/node';

export interface Order {
	/** Put in before the tests and taken out after them; none where the tests run on what is there. */
	fault?: { file: string; whole: string; text: string };
	/** Test files, one after another until one fails; of each only the tests named, or all. */
	tests: Array<{ file: string; names?: string[] }>;
}

export interface Ran {
	/** As "file: name". Never empty where nothing failed. */
	passed: string[];
	/** The first test that failed, as "file: name"; where it is a file that could not be loaded, "file: ". */
	failed?: string;
}

/** What the process answers: an error is one of the runner, and says nothing of the tests. */
export type Answer = Ran | { error: string };

async function main(): Promise<void> {
	// No `bail`: vitest cancels a run in its own time, which can be the next run's.
	const vitest = await createVitest('test', {
		watch: false,
		bail: 0,
		pool: 'threads',
		fileParallelism: false,
		maxWorkers: 1,
		reporters: [{}],
		...(process.env.MUTATE_SETUP ? { setupFiles: [process.env.MUTATE_SETUP] } : {}),
	});
	const project = vitest.getRootProject();
	// Vite knows files by forward slashes, on Windows too.
	const here = process.cwd().replaceAll('\\', '/');
	const put = (file: string, text: string) => {
		writeFileSync(`${here}/${file}`, text);
		vitest.invalidateFile(`${here}/${file}`);
	};

	async function runFile(file: string, names?: string[]): Promise<Ran> {
		// What an earlier run gave is none of this one's.
		vitest.state.filesMap.clear();
		vitest.state.clearErrors();
		const { testModules, unhandledErrors } = await vitest.runTestSpecifications([
			project.createSpecification(`${here}/${file}`, names ? { testNames: names } : {}),
		]);
		const named = (state: 'passed' | 'failed') =>
			testModules.flatMap((module) =>
				[...module.children.allTests(state)].map((test) => `${file}: ${test.fullName}`),
			);
		const [failed] = named('failed');
		const isBroken =
			unhandledErrors.length > 0 || testModules.some((module) => module.state() === 'failed');
		return {
			passed: named('passed'),
			...(failed !== undefined || isBroken ? { failed: failed ?? `${file}: ` } : {}),
		};
	}

	const isSilent = ({ passed, failed }: Ran) => passed.length === 0 && failed === undefined;

	async function run({ fault, tests }: Order): Promise<Ran> {
		const passed: string[] = [];
		try {
			if (fault) put(fault.file, fault.text);
			for (const { file, names } of tests) {
				let ran = await runFile(file, names);
				// Names that are made of what the core says change with the fault.
				if (names && isSilent(ran)) ran = await runFile(file);
				if (isSilent(ran)) throw new Error(`No test ran in ${file}`);
				passed.push(...ran.passed);
				if (ran.failed !== undefined) return { passed, failed: ran.failed };
			}
			return { passed };
		} finally {
			if (fault) put(fault.file, fault.whole);
		}
	}

	process.on('message', (order: Order) => {
		void run(order)
			.catch((error: unknown) => ({ error: String(error) }))
			.then((answer: Answer) => process.send!(answer));
	});
	process.once('disconnect', () => process.exit());
	process.send!('ready');
}

void main();
