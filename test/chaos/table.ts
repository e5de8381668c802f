/** One line for each provider, as a person reads it. */
import type { Outcome } from './stage';

const COUNTS = ['jobs', 'succeeded', 'failed', 'doubtful', 'open', 'attached'] as const;
const PROBLEMS = ['paidTwice', 'lost', 'untruthful', 'strayKeys'] as const;
const HEADS = [
	'provider',
	'jobs',
	'succeeded',
	'failed',
	'doubtful',
	'open',
	'attached',
	'paid twice',
	'lost',
	'untruthful',
	'stray keys',
];

export function tableOf(outcomes: Outcome[]): string {
	const ids = [...new Set(outcomes.map(({ story }) => story.provider.id))].sort();
	const rows = ids.map((id) =>
		rowOf(
			id,
			outcomes.filter(({ story }) => story.provider.id === id),
		),
	);
	const lines = [HEADS, ...rows, rowOf('all', outcomes)];
	const widths = HEADS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
	return lines
		.map((line) =>
			line
				.map((cell, column) =>
					column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
				)
				.join('  '),
		)
		.join('\n');
}

function rowOf(name: string, outcomes: Outcome[]): string[] {
	const sum = (count: (outcome: Outcome) => number) =>
		String(outcomes.reduce((total, outcome) => total + count(outcome), 0));
	return [
		name,
		...COUNTS.map((count) => sum(({ verdict }) => verdict[count])),
		...PROBLEMS.map((problem) => sum(({ verdict }) => verdict[problem].length)),
	];
}
