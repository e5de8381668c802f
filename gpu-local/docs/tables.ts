/**
 * Renders the worker's table of families into diffusers.md: `node_modules/.bin/tsx gpu-local/docs/tables.ts`.
 * A test holds the page to the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { FamilyRow, Table } from '../src/models/table.ts';
import { readTable } from '../src/models/table.ts';

const PAGE = fileURLToPath(new URL('diffusers.md', import.meta.url));
const BEGIN = '<!-- families: written by tables.ts -->';
const END = '<!-- /families -->';

const HOW = {
	travel: 'one prompt blends into the next (FreeNoise)',
	clips: 'one clip a prompt, with a cut between',
	'latent-shift': 'latent shift, else forth and back',
	'ping-pong': 'forth and back',
};

const yes = (row: FamilyRow, field: FamilyRow['supports'][number]): string =>
	row.supports.includes(field) ? 'yes' : 'no';

function startImage({ startImage: { required, optional } }: FamilyRow): string {
	if (required && optional) return 'image-to-video models need one, TI2V models take one';
	if (required) return 'image-to-video models need one';
	return optional ? 'yes' : 'no';
}

const ROWS: Array<[string, (row: FamilyRow) => string]> = [
	['Models', (row) => row.checkpoints],
	['Prompt, negative prompt, steps, guidance, seed', () => 'yes'],
	['Prompt weights, as `(red:1.4)`', (row) => (row.promptWeights ? 'yes' : 'no')],
	['Size, seconds, fps, frames', () => 'exact'],
	['Several prompts', (row) => HOW[row.prompts]],
	['Closed loop', (row) => HOW[row.closedLoop]],
	['A picture to begin with', startImage],
	['LoRAs (up to 5)', (row) => yes(row, 'loras')],
	['Embeddings (up to 5)', (row) => yes(row, 'embeddings')],
	['Several GPUs for one video', (row) => (row.severalGpus ? 'with `--gpus`' : 'no')],
	['Clip skip', (row) => (row.clipLayers > 0 ? `1–${row.clipLayers}` : 'no')],
];

const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;

function familyTables({ families, schedulerNames }: Table): string {
	const all = Object.values(families);
	const head = (first: string) => [
		line([first, ...all.map(({ title }) => title)]),
		line(['---', ...all.map(() => '---')]),
	];
	return [
		...head(''),
		...ROWS.map(([name, cell]) => line([name, ...all.map(cell)])),
		'',
		...head('Scheduler'),
		// The others are known by name and refused, or left out with a warning, by every family.
		...schedulerNames
			.filter((name) => all.some((row) => name in row.schedulers))
			.map((name) =>
				line([
					`\`${name}\``,
					...all.map(({ schedulers }) => {
						const used = schedulers[name];
						if (used === undefined) return 'no';
						return used === name ? 'yes' : `as \`${used}\``;
					}),
				]),
			),
	].join('\n');
}

/** The page with fresh tables, formatted as the repository's other pages are. */
export async function withTables(page: string): Promise<string> {
	const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
	const fresh = `${page.slice(0, before)}${BEGIN}\n\n${familyTables(readTable())}\n\n${page.slice(after)}`;
	return await format(fresh, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

export const readPage = (): string => readFileSync(PAGE, 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	writeFileSync(PAGE, await withTables(readPage()));
}
