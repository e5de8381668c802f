import { UsageError } from '../lib/usageError.ts';
import { readWorkerTable } from './table.ts';

/** What a profile may say: the worker's own table. */
interface ProfileTable {
	presets: string[];
	settings: Record<string, string[]>;
	/** Of `cache=KIND:NUMBER`: what the number may be, besides 0. */
	caches: Record<string, { least?: number; most: number; whole: boolean; example: number }>;
}

/** The presets and settings of a profile, as `name=value`. */
export const profileParts = (profile: string): string[] =>
	profile
		.split(',')
		.map((part) => part.trim())
		.filter((part) => part !== '');

/** Throws where the worker would refuse the profile, which is at the model's first job only. */
export function checkProfile(profile: string): void {
	const table = readWorkerTable<ProfileTable>('profiles.json');
	const parts = profileParts(profile);
	for (const part of parts) checkPart(part, table);
	const last = (name: string): string | undefined =>
		parts.findLast((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
	const compute = last('compute') ?? 'plain';
	if (last('storage') === 'fp8' && compute !== 'plain') {
		throw new UsageError(
			`--profile has storage=fp8 and compute=${compute}; both say how weights are kept. Give one of the two.`,
		);
	}
}

function checkPart(part: string, { presets, settings, caches }: ProfileTable): void {
	if (presets.includes(part)) return;
	const at = part.indexOf('=');
	const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
	const values = Object.hasOwn(settings, name) ? settings[name]! : undefined;
	if (!values) {
		throw new UsageError(
			`--profile has "${part}". Give ${presets.join(', ')}, or settings separated by commas: ${Object.keys(settings).join('=…, ')}=….`,
		);
	}
	if (values.includes(value)) return;
	if (name !== 'cache') {
		throw new UsageError(`--profile has "${part}". ${name} is one of: ${values.join(', ')}.`);
	}
	const [kind = '', number = ''] = value.split(/:(.*)/s);
	const limits = Object.hasOwn(caches, kind) ? caches[kind]! : undefined;
	if (!limits) {
		const kinds = Object.entries(caches).map(([one, { example }]) => `${one}:${example}`);
		throw new UsageError(
			`--profile has "${part}". cache is one of: ${[...values, ...kinds].join(', ')}.`,
		);
	}
	const { least = 0, most, whole, example } = limits;
	const given = DECIMAL.test(number) ? Number(number) : NaN;
	const fits = given >= least && given <= most && (!whole || Number.isInteger(given));
	if (fits || given === 0) return;
	throw new UsageError(
		`--profile has "${part}". ${kind} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, such as cache=${kind}:${example}; cache=off takes it away.`,
	);
}

const DECIMAL = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
