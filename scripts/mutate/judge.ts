/** Whether tests notice a fault: run with it, and where one fails, without it. */
import type { Ended, RepositoryCopy } from './copies';
import type { Order } from './testProcess.mts';

/** A fault that makes a test wait for ever is noticed too. */
const LIMIT_MS = 240_000;

/** The text of a file as it is, and with the fault. */
export type Put = NonNullable<Order['fault']>;

/** Tests of one file, by their full names. */
export interface NamedTests {
	file: string;
	names: string[];
}

export interface Verdict {
	end: 'killed' | 'survived' | 'no fit test';
	/** The test that noticed, or how the run ended. */
	by?: string;
}

export class Judge {
	/** Tests that passed where nothing was changed, or in spite of a fault. */
	private readonly trusted = new Set<string>();

	constructor(
		/** Tests that fail without a fault, as "file: name": they notice nothing, and are asked no more. Filled here. */
		readonly unfit: Set<string> = new Set(),
	) {}

	/** A survivor has passed at least one test: a run in which none ran is an error. */
	async of(copy: Pick<RepositoryCopy, 'run'>, put: Put, asked: NamedTests[]): Promise<Verdict> {
		let tests = this.fit(asked);
		while (tests.length > 0) {
			const ran = await copy.run({ fault: put, tests }, LIMIT_MS);
			if (typeof ran === 'string') return this.ofBroken(copy, tests, ran);
			for (const test of ran.passed) this.trusted.add(test);
			const { failed } = ran;
			if (failed === undefined) return { end: 'survived' };
			const { file, names } = tests.find((test) => failed.startsWith(`${test.file}: `))!;
			// Another test than those asked for: the fault has changed their names, or the file can not be loaded.
			const isAsked = names.some((name) => failed === `${file}: ${name}`);
			const blamed = isAsked ? failed : `${file}: `;
			if (this.trusted.has(blamed)) return { end: 'killed', by: failed };
			// A test that fails without a fault would seem to notice every one.
			const control = await copy.run({ tests: [{ file, names }] }, LIMIT_MS);
			if (passes(control, blamed)) {
				this.trusted.add(blamed);
				return { end: 'killed', by: failed };
			}
			this.unfit.add(blamed);
			tests = this.fit(tests);
		}
		return { end: 'no fit test' };
	}

	/** On a machine that has too much to do tests take too long without any fault. */
	private async ofBroken(
		copy: Pick<RepositoryCopy, 'run'>,
		tests: NamedTests[],
		by: string,
	): Promise<Verdict> {
		const control = await copy.run({ tests }, LIMIT_MS);
		return typeof control === 'string' ? { end: 'no fit test', by } : { end: 'killed', by };
	}

	private fit(tests: NamedTests[]): NamedTests[] {
		return tests
			.filter(({ file }) => !this.unfit.has(`${file}: `))
			.map(({ file, names }) => ({
				file,
				names: names.filter((name) => !this.unfit.has(`${file}: ${name}`)),
			}))
			.filter(({ names }) => names.length > 0);
	}
}

/** A file that could not be loaded with the fault passes without it if all of it does. */
const passes = (ran: Ended, test: string): boolean =>
	typeof ran !== 'string' &&
	(test.endsWith(': ') ? ran.failed === undefined : ran.passed.includes(test));
