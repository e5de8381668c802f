/** docs/proof.md: what each part of `npm run proof` gave when it was run last, and nothing else. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { markdownTable } from '../../providers/schema/tables';
import { REPOSITORY_FOLDER } from '../repository';
import { PARTS } from './parts';
import type { ProofRow } from './rows';

export const RESULTS_FOLDER = join(REPOSITORY_FOLDER, 'docs', 'proof');
export const DOCUMENT = join(REPOSITORY_FOLDER, 'docs', 'proof.md');

/** One run of one part, as it is kept in docs/proof/<id>.json. */
export interface Result {
	id: string;
	/** As it can be typed again. */
	command: string;
	/** ISO 8601, when it ended. */
	date: string;
	/** Of the sources that were run. */
	commit: string;
	/** Whether files differed from that commit. */
	changed: boolean;
	seconds: number;
	exitCode: number;
	/** Of what it ran on: Node, n8n, Node-RED … */
	versions: Record<string, string>;
	rows: ProofRow[];
}

export function readResults(): Result[] {
	if (!existsSync(RESULTS_FOLDER)) return [];
	return readdirSync(RESULTS_FOLDER)
		.filter((name) => name.endsWith('.json'))
		.map((name) => JSON.parse(readFileSync(join(RESULTS_FOLDER, name), 'utf8')) as Result);
}

export async function proofDocument(results: Result[]): Promise<string> {
	const sections = PARTS.map((part) => {
		const result = results.find(({ id }) => id === part.id);
		return `## ${part.title}\n\n${part.words ? `${part.words}\n\n` : ''}${result ? described(result) : `Not run yet: \`npm run proof -- ${part.id}\`.`}`;
	});
	const intro = `# Proof in figures

Written by \`npm run proof\`, from what the runs themselves gave (docs/proof/*.json); no figure is typed by hand. Each part
says when it was run, and on which commit. \`npm run proof -- ${PARTS[0]!.id}\` runs one part again. The paid providers are
simulated in all of them. Times are those of the machine that it ran on; compare only what stands in one row.`;
	const options = await resolveConfig(DOCUMENT);
	return await format([intro, ...sections].join('\n\n'), { ...options, parser: 'markdown' });
}

function described({
	command,
	date,
	commit,
	changed,
	seconds,
	exitCode,
	versions,
	rows,
}: Result): string {
	const place = `commit ${commit.slice(0, 10)}${changed ? ' with changes that were not committed' : ''}`;
	const ended = exitCode === 0 ? 'every check held' : `**it failed, exit code ${exitCode}**`;
	const on = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
	return [
		`\`${command}\`, ${date.slice(0, 10)}, ${place}, ${seconds} s: ${ended}. On ${on.join(', ')}.`,
		markdownTable([['Figure', ''], ...rows.map(({ figure, value }) => [figure, String(value)])]),
	].join('\n\n');
}
