/** Which tests would notice: the import graph of the repository, from the text of its files alone. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const IMPORT = /(?:from|import|import\()\s*'(\.{1,2}\/[^']+)'/g;
const ENDINGS = ['', '.ts', '.mts', '/index.ts'];

export class ImportGraph {
	private readonly importers = new Map<string, Set<string>>();

	/** @param files names below `root`, with slashes */
	constructor(
		private readonly root: string,
		files: string[],
	) {
		for (const file of files.filter((name) => /\.m?ts$/.test(name))) {
			for (const imported of this.importsOf(file)) {
				const known = this.importers.get(imported) ?? new Set();
				this.importers.set(imported, known.add(file));
			}
		}
	}

	private importsOf(file: string): string[] {
		const text = readFileSync(join(this.root, file), 'utf8');
		return [...text.matchAll(IMPORT)].flatMap(([, path]) => {
			const base = join(this.root, dirname(file), path!);
			const found = ENDINGS.map((ending) => base + ending).find(
				(name) => existsSync(name) && statSync(name).isFile(),
			);
			return found ? [relative(this.root, found).replaceAll('\\', '/')] : [];
		});
	}

	/** The test files that reach the file, by how many imports lie between. */
	testsOf(file: string, isTest: (name: string) => boolean): Array<{ test: string; steps: number }> {
		const steps = new Map([[file, 0]]);
		for (const [name, distance] of steps) {
			for (const importer of this.importers.get(name) ?? [])
				if (!steps.has(importer)) steps.set(importer, distance + 1);
		}
		return [...steps]
			.filter(([name]) => isTest(name))
			.map(([test, distance]) => ({ test, steps: distance }))
			.sort((a, b) => a.steps - b.steps || a.test.localeCompare(b.test));
	}
}
