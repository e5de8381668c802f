/** What came of the scenarios, and what went wrong in them, as a person reads it. */
import { providers } from '../../providers/registry';
import type { ProofRow } from '../../scripts/proof/rows';
import { TROUBLES } from './injected';
import type { Outcome } from './stage';

const COUNTS = ['jobs', 'succeeded', 'failed', 'doubtful', 'open', 'attached'] as const;
const DOUBTS = ['unheard', 'findable'] as const;
const PROBLEMS = ['resolvable', 'paidTwice', 'lost', 'untruthful', 'strayKeys'] as const;
const HEADS = [
	'provider',
	'jobs',
	'succeeded',
	'failed',
	'doubtful',
	'open',
	'attached',
	// Jobs whose answer did not arrive; those that the log names; those that were left in doubt all the same.
	'unheard',
	'in the log',
	'left though',
	'paid twice',
	'lost',
	'untruthful',
	'stray keys',
];

/** The last row of the table, and how often anything was made to go wrong. */
export const bookRows = (host: string, outcomes: Outcome[]): ProofRow[] => [
	{ figure: `${host}: stories`, value: outcomes.length },
	...rowOf('all', outcomes)
		.slice(1)
		.map((value, index) => ({ figure: `${host}: ${HEADS[index + 1]}`, value: Number(value) })),
	{
		figure: `${host}: troubles made, of ${TROUBLES.length} kinds`,
		value: troubleCounts(outcomes).reduce((sum, { times }) => sum + times, 0),
	},
];

export function tableOf(outcomes: Outcome[]): string {
	const ids = [...new Set(outcomes.map(({ scenario }) => scenario.provider.id))].sort();
	const rows = ids.map((id) =>
		rowOf(
			id,
			outcomes.filter(({ scenario }) => scenario.provider.id === id),
		),
	);
	return aligned([HEADS, ...rows, rowOf('all', outcomes)]);
}

export interface TroubleCount {
	name: string;
	times: number;
	/** Providers that it can befall and did not. */
	spared: string[];
}

export const troubleCounts = (outcomes: Outcome[]): TroubleCount[] =>
	TROUBLES.map(({ name, befalls }) => {
		const timesAt = (among: Outcome[]) =>
			among.reduce((sum, { injected }) => sum + injected[name]!, 0);
		const spared = providers
			.filter(befalls)
			.filter(
				({ id }) => timesAt(outcomes.filter(({ scenario }) => scenario.provider.id === id)) === 0,
			);
		return { name, times: timesAt(outcomes), spared: spared.map(({ id }) => id) };
	});

export const troubleTable = (outcomes: Outcome[]): string =>
	aligned([
		['trouble', 'times', 'spared'],
		...troubleCounts(outcomes).map(({ name, times, spared }) => [
			name,
			String(times),
			spared.join(', ') || '-',
		]),
	]);

function aligned(lines: string[][]): string {
	const widths = lines[0]!.map((_, column) =>
		Math.max(...lines.map((line) => line[column]!.length)),
	);
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
		...[...COUNTS, ...DOUBTS].map((count) => sum(({ verdict }) => verdict[count])),
		...PROBLEMS.map((problem) => sum(({ verdict }) => verdict[problem].length)),
	];
}
