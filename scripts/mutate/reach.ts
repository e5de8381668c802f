/** Which tests run a line: counters put into the text, which the test files hand in when they are through. Pure. */
import ts from 'typescript';

/** What a counted text calls, in every test's own process. */
const COUNTER = '__reached';

/** A stretch of the text that one counter stands for. */
export interface Counted {
	start: number;
	end: number;
}

const isCode = (node: ts.Node): boolean =>
	!ts.isImportDeclaration(node) &&
	!ts.isExportDeclaration(node) &&
	!ts.isInterfaceDeclaration(node) &&
	!ts.isTypeAliasDeclaration(node);

/** The statements of a text and what its short functions give, in the order of their place. */
export function countedIn(text: string, fileName = 'file.ts'): Counted[] {
	const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
	const found: Counted[] = [];
	const add = (node: ts.Node) => found.push({ start: node.getStart(source), end: node.end });
	const visit = (node: ts.Node): void => {
		if (ts.isSourceFile(node) || ts.isBlock(node) || ts.isCaseOrDefaultClause(node))
			node.statements.filter(isCode).forEach(add);
		if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) add(node.body);
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** The text with its counters: number 3 of jobs/poll.ts says "jobs/poll.ts#3". */
export function withCounters(text: string, file: string): string {
	const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
	const bodies = new Set<number>();
	const visit = (node: ts.Node): void => {
		if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) bodies.add(node.body.getStart(source));
		ts.forEachChild(node, visit);
	};
	visit(source);
	const inserted = countedIn(text, file).flatMap(({ start, end }, index) => {
		const call = `globalThis.${COUNTER}?.("${file}#${index}")`;
		return bodies.has(start)
			? [
					{ at: start, words: `(${call}, ` },
					{ at: end, words: ')' },
				]
			: [{ at: start, words: `${call};` }];
	});
	return inserted
		.map((piece, order) => ({ ...piece, order }))
		.sort((a, b) => b.at - a.at || b.order - a.order)
		.reduce((now, { at, words }) => now.slice(0, at) + words + now.slice(at), text);
}

/** The number of the narrowest counter around a place; undefined in a text without code. */
export function counterAt(counted: Counted[], place: number): number | undefined {
	let narrowest: number | undefined;
	counted.forEach(({ start, end }, index) => {
		if (start <= place && place < end) narrowest = index;
	});
	return narrowest;
}
