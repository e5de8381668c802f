/**
 * A process that keeps vitest warm and runs tests when it is told to (a child of `mutate.ts`, in a copy of the
 * repository). Nothing is loaded anew but what changed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, createVitest, type TestSpecification } from 'vitest/node';

export interface Order {
	/** Put in before the tests and taken out after them; none where the tests run on what is there. */
	fault?: { file: string; whole: string; text: string };
	/** Test files, one after another until a test fails; of each only the tests named, or all. */
	tests: Array<{ file: string; names?: string[] }>;
}

export interface Ran {
	passed: string[];
	/** The first test that failed, as "file: name"; where it is a file that could not be loaded, "file: ". */
	failed?: string;
}

class InTheirOrder extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		return files;
	}
}

async function main(): Promise<void> {
	const vitest = await createVitest('test', {
		watch: false,
		bail: process.env.MUTATE_SETUP ? 0 : 1,
		pool: 'threads',
		isolate: false,
		fileParallelism: false,
		maxWorkers: 1,
		reporters: [{}],
		sequence: { sequencer: InTheirOrder },
		...(process.env.MUTATE_SETUP ? { setupFiles: [process.env.MUTATE_SETUP] } : {}),
	});
	const project = vitest.getRootProject();
	const here = process.cwd().replaceAll('\\', '/');
	const put = (file: string, text: string) => {
		const place = join(process.cwd(), file);
		writeFileSync(place, text);
		vitest.invalidateFile(place);
	};

	async function run({ fault, tests }: Order): Promise<Ran> {
		if (fault) put(fault.file, fault.text);
		const ran: Ran = { passed: [] };
		// All in one run, whose worker loads what they share once.
		const specifications = tests.map(({ file, names }) =>
			project.createSpecification(`${here}/${file}`, names ? { testNames: names } : {}),
		);
		// What an earlier run gave is none of this one's.
		vitest.state.filesMap.clear();
		vitest.state.clearErrors();
		const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
		for (const module of testModules) {
			const file = module.moduleId.slice(here.length + 1);
			for (const test of module.children.allTests('passed'))
				ran.passed.push(`${file}: ${test.fullName}`);
			if (module.state() !== 'failed') continue;
			const [first] = module.children.allTests('failed');
			ran.failed ??= `${file}: ${first?.fullName ?? ''}`;
		}
		if (unhandledErrors.length > 0) ran.failed ??= `${tests[0]!.file}: `;
		if (fault) put(fault.file, fault.whole);
		return ran;
	}

	process.on('message', (order: Order) => {
		void run(order).then(
			(ran) => process.send!(ran),
			(error: unknown) => {
				console.error(error);
				process.exit(1);
			},
		);
	});
	process.once('disconnect', () => process.exit());
	process.send!('ready');
}

void main();
