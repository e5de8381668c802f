/** How every benchmark prints: one row a figure, each a comparison of two things that ran side by side. */
import { appendFileSync } from 'node:fs';

export interface Row {
	/** What was measured, with its unit: "load, median ms". */
	figure: string;
	ours: number;
	/** What stands beside it, and its figure. */
	beside: string;
	other: number;
	/** Of ours to the other, where there is one: "≤ 0.5". */
	goal?: string;
}

const number = (value: number): string =>
	Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);

/** Prints the rows; `bench/all.ts` collects them from the file that it names in `BENCH_ROWS`. */
export function report(title: string, rows: Row[]): void {
	const file = process.env.BENCH_ROWS;
	if (file) for (const row of rows) appendFileSync(file, `${JSON.stringify({ title, ...row })}\n`);
	console.log(table(rows.map((row) => ({ title, ...row }))));
}

export function table(rows: Array<Row & { title: string }>): string {
	const cells = [
		['benchmark', 'figure', 'ours', 'beside it', 'its figure', 'ratio', 'goal'],
		...rows.map((row) => [
			row.title,
			row.figure,
			number(row.ours),
			row.beside,
			number(row.other),
			number(row.ours / row.other),
			row.goal ?? '',
		]),
	];
	const widths = (cells[0] as string[]).map((_cell, column) =>
		Math.max(...cells.map((line) => line[column]?.length ?? 0)),
	);
	return cells
		.map((line) =>
			line
				.map((cell, column) => cell.padEnd(widths[column] as number))
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}
