/**
 * Writes what the documents say of the providers, from their schemas: the table of providers in README.md and that of
 * money in docs/costs.md (each between its markers), and every field in docs/fields.md. With `--check` it only says whether they are up to date
 * (exit code 1 where not). Run with tsx.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { providers } from '../providers/registry';
import { usableModels } from '../providers/catalogue';
import type { Provider } from '../providers/contract';
import { modelFieldTable, modelTable, retiredTable } from '../providers/schema/modelTables';
import { endpointOf, fieldTable, markdownTable } from '../providers/schema/tables';
import { REPOSITORY_FOLDER } from './repository';

/** What stands between two markers of a document is written anew. */
const TABLES: Array<{ file: string; name: string; table: () => string }> = [
	{ file: 'README.md', name: 'providers', table: providerTable },
	{ file: 'docs/costs.md', name: 'money', table: moneyTable },
];

/** Aligned columns would be hundreds of spaces wide, for the longest cell holds all schedulers. */
const UNALIGNED_START = '<!-- prettier-ignore-start -->';
const UNALIGNED_END = '<!-- prettier-ignore-end -->';

/** A document with a fresh table. */
function withTable(document: string, file: string, name: string, table: string): string {
	const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`] as const;
	const from = document.indexOf(start);
	const to = document.indexOf(end);
	if (from < 0 || to < from) throw new Error(`${file} has no ${start} … ${end}`);
	return `${document.slice(0, from + start.length)}\n\n${table}\n\n${document.slice(to)}`;
}

/** What each account tells of money, before and after, and of a submit in doubt. */
function moneyTable(): string {
	const rows = new Map(
		providers.map((provider): [string, string[]] => [
			provider.account.title,
			[
				provider.account.title,
				priceBefore(provider),
				(provider.capabilities.cost ?? []).map((unit) => UNITS[unit]).join(' and ') || '–',
				provider.balance ? 'yes' : '–',
				provider.queueUse ? 'yes' : '–',
				doubtResolvedBy(provider),
			],
		]),
	);
	const head = [
		'Account',
		'Price before',
		'Cost after',
		'Balance',
		'Jobs in its queue',
		'A doubt is resolved by',
	];
	return markdownTable([head, ...rows.values()]);
}

const UNITS = { credits: 'credits', usd: 'USD' };

function priceBefore({ pricing, account }: Provider): string {
	if (pricing) return 'yes';
	return account.cloud ? '–' : 'seconds of your machine';
}

function doubtResolvedBy({ submitLog, capabilities }: Provider): string {
	if (capabilities.idempotencyHeader) return 'the server, by the same key';
	if (submitLog?.bearsRequestId) return 'its log, by our request id';
	return submitLog ? 'you, from its newest job IDs' : 'you, on its website';
}

function providerTable(): string {
	const rows = providers.map((provider) => {
		const { callback, cancel, progress } = provider.capabilities;
		const cells = [
			`[${provider.title}](docs/fields.md#${anchorOf(provider.title)})`,
			`\`${endpointOf(provider)}\``,
			...[callback !== undefined, cancel, progress].map((able) => (able ? 'yes' : '–')),
		];
		return `| ${cells.join(' | ')} |`;
	});
	return [
		'| Provider | Endpoint | Calls back | Cancels | Progress |',
		'| --- | --- | --- | --- | --- |',
		...rows,
	].join('\n');
}

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
	heading
		.toLowerCase()
		.replace(/[^\p{L}\p{N} _-]/gu, '')
		.replaceAll(' ', '-');

/** docs/fields.md: the same tables with the help texts. */
export function fieldsDocument(): string {
	const sections = providers.map((provider) =>
		[
			`## ${provider.title}`,
			`${provider.description}. \`${endpointOf(provider)}\`, as described in [the provider's document](${provider.documentationUrl}).`,
			fieldTable(provider, { help: true }),
			...modelSection(provider),
		].join('\n\n'),
	);
	const intro = `# Fields of every provider

Generated from the schemas in \`providers/\`; do not edit by hand. A field that is left out is not sent, and the provider
uses its own default.`;
	return [intro, UNALIGNED_START, ...sections, UNALIGNED_END].join('\n\n');
}

/** What a provider with models has below its own fields. */
function modelSection(provider: Provider): string[] {
	const { models } = provider;
	if (!models || usableModels(models.catalogue).length === 0) return [];
	const retired = retiredTable(provider);
	return [
		`### Models of ${provider.title}`,
		`As of ${models.catalogue.asOf}. \\* is required, a value in parentheses is the provider's default. A model that is not here goes by its name and Extra Parameters.`,
		modelTable(provider),
		modelFieldTable(provider),
		...(retired ? [retired] : []),
	];
}

/** The generated files by path, formatted as the repository formats Markdown. */
export async function generated(): Promise<Record<string, string>> {
	const texts: Record<string, string> = {
		[join(REPOSITORY_FOLDER, 'docs', 'fields.md')]: fieldsDocument(),
	};
	for (const { file, name, table } of TABLES) {
		const path = join(REPOSITORY_FOLDER, file);
		texts[path] = withTable(readFileSync(path, 'utf8'), file, name, table());
	}
	const entries = Object.entries(texts).map(async ([filepath, text]) => [
		filepath,
		await format(text, { ...(await resolveConfig(filepath)), filepath }),
	]);
	return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

async function main(): Promise<void> {
	for (const [path, text] of Object.entries(await generated())) {
		if (!process.argv.includes('--check')) writeFileSync(path, text);
		else if (readFileSync(path, 'utf8') !== text) {
			console.error(`${path} is old. Run: npm run docs:fields`);
			process.exitCode = 1;
		}
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void main();
