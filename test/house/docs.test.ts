/** The documents against what is there: every link leads somewhere, every command and option exists. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../gpu-local/src/commands/help.ts';
import { OPTIONS } from '../../gpu-local/src/commands/options.ts';
import { REPOSITORY_FOLDER } from '../../scripts/repository';

const OWN_ADDRESS =
	/^https:\/\/(?:github\.com\/text-to-video\/n8n-nodes-text-to-video\/(?:blob|tree)|raw\.githubusercontent\.com\/text-to-video\/n8n-nodes-text-to-video)\/main\//;

const read = (file: string): string => readFileSync(join(REPOSITORY_FOLDER, file), 'utf8');
const manifest = (folder: string) =>
	JSON.parse(read(join(folder, 'package.json'))) as {
		name: string;
		version: string;
		bin?: Record<string, string>;
		scripts: Record<string, string>;
	};
const root = manifest('.');
const executor = manifest('gpu-local');

const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
	cwd: REPOSITORY_FOLDER,
	encoding: 'utf8',
})
	.split('\n')
	.filter((file) => file !== '' && !file.startsWith('test/fixtures/'))
	.filter((file) => existsSync(join(REPOSITORY_FOLDER, file)));

const withoutCode = (text: string): string =>
	text.replace(/```[^]*?```/g, '').replace(/`[^`]*`/g, 'x');

/** Fenced blocks line by line, and what stands between backticks. */
function codeOf(file: string): string[] {
	const text = read(file);
	const blocks = [...text.matchAll(/```(?:bash|sh)?\n([^]*?)```/g)].flatMap(([, code]) =>
		code!.replaceAll('\\\n', ' ').split('\n'),
	);
	const spans = [...text.replace(/```[^]*?```/g, '').matchAll(/`([^`]+)`/g)].map(
		([, code]) => code!,
	);
	return [...blocks, ...spans].map((line) => line.replace(/(^|\s)#.*/, '').trim());
}

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
	heading
		.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
		.toLowerCase()
		.replace(/[^\p{L}\p{N} _-]/gu, '')
		.trim()
		.replaceAll(' ', '-');

const anchorsIn = (file: string): string[] =>
	[
		...read(file)
			.replace(/```[^]*?```/g, '')
			.matchAll(/^#+ (.+)$/gm),
	].map(([, heading]) => anchorOf(heading!));

function brokenLinksOf(file: string): string[] {
	const links = [...withoutCode(read(file)).matchAll(/\]\((?:<([^>]+)>|([^)\s]+))\)/g)].map(
		([, bracketed, plain]) => bracketed ?? plain!,
	);
	return links.filter((link) => {
		const own = OWN_ADDRESS.test(link);
		if (!own && /^[a-z]+:/.test(link)) return false;
		const [path, anchor] = link.replace(OWN_ADDRESS, '').split('#') as [string, string?];
		const base = own ? '.' : dirname(file);
		const target = path === '' && !own ? file : normalize(join(base, decodeURIComponent(path)));
		if (!existsSync(join(REPOSITORY_FOLDER, target))) return true;
		return anchor !== undefined && target.endsWith('.md') && !anchorsIn(target).includes(anchor);
	});
}

describe('every document', () => {
	it('is looked at', () => {
		expect(documents).toEqual(
			expect.arrayContaining(['README.md', 'docs/costs.md', 'gpu-local/README.md']),
		);
	});

	it.each(documents)('%s: links lead to files and headings that there are', (file) => {
		expect(brokenLinksOf(file)).toEqual([]);
	});

	it.each(documents)('%s: npm scripts that are run exist', (file) => {
		const asked = codeOf(file).flatMap((line) =>
			[...line.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name!),
		);
		const there = [root, executor, manifest('node-red')].flatMap(({ scripts }) =>
			Object.keys(scripts),
		);
		expect(asked.filter((name) => !there.includes(name))).toEqual([]);
	});

	it.each(documents)('%s: commands and options of gpu-local exist', (file) => {
		const wrong = codeOf(file).flatMap((line) => unknownIn(line));
		expect(wrong).toEqual([]);
	});
});

/** What gpu-local would not know of a line that calls it. */
function unknownIn(line: string): string[] {
	const call = /(?:^|\s)(?:npx )?(?:text-to-video-)?gpu-local(?= |$)(.*)/.exec(line);
	// What it prints at its start looks like a call of it.
	if (!call || /^(npm|docker|systemctl|cd|cp) |^gpu-local is ready/.test(line)) return [];
	const words = call[1]!.trim().split(/\s+/).filter(Boolean);
	const [first] = words;
	const ownOptions = first !== undefined && ['setup', 'models', 'callbacks'].includes(first);
	const wrong: string[] = [];
	if (first !== undefined && /^[a-z]/.test(first) && !Object.hasOwn(COMMANDS, first))
		wrong.push(first);
	if (ownOptions) return wrong;
	const known = [...Object.keys(OPTIONS), 'help', 'version'];
	for (const word of words) {
		const name = /^--([a-z0-9-]+)/.exec(word)?.[1];
		if (name !== undefined && !known.includes(name)) wrong.push(word);
	}
	return wrong;
}

describe('the pages of tasks', () => {
	const TASKS: Record<string, string[]> = {
		'docs/first-video.md': ['examples/01-local-gpu-first-video.json'],
		'docs/schedule.md': [
			'examples/08-scheduled-pipeline.json',
			'node-red/examples/4 - Scheduled pipeline.json',
		],
		'docs/batch.md': [
			'examples/09-batch-from-a-table.json',
			'node-red/examples/7 - Batch from a table.json',
		],
		'docs/webhooks.md': [
			'examples/05-submit-with-webhook.json',
			'examples/06-webhook-trigger.json',
		],
		'docs/waiting.md': ['examples/02-wait-loop.json', 'examples/03-suspend-until-callback.json'],
		'docs/own-gpu.md': [],
		'docs/several-machines.md': [],
		'docs/docker.md': [],
		'docs/costs.md': ['examples/10-know-the-cost.json'],
		'docs/troubleshooting.md': [],
		'docs/switch-provider.md': ['examples/04-provider-fallback.json'],
	};

	it.each(Object.entries(TASKS))(
		'%s is on the first page, and names its examples',
		(page, examples) => {
			expect(read('README.md')).toContain(`](${page})`);
			for (const example of examples) {
				const link = example.includes(' ') ? `](<../${example}>)` : `](../${example})`;
				expect(read(page)).toContain(link);
			}
		},
	);

	/** Steps of the examples that the pages speak of by name. */
	it.each([
		['docs/schedule.md', 'examples/08-scheduled-pipeline.json', ['Your prompts', 'Post it']],
		['docs/batch.md', 'examples/09-batch-from-a-table.json', ['Rows to do', 'Order it']],
	])('%s names steps that are in %s', (page, example, steps) => {
		const names = (JSON.parse(read(example)) as { nodes: Array<{ name: string }> }).nodes.map(
			({ name }) => name,
		);
		for (const step of steps) {
			expect(read(page)).toContain(`**${step}**`);
			expect(names).toContain(step);
		}
	});
});

describe('the first page', () => {
	it('begins with the two commands', () => {
		const [start, test] = [...read('README.md').matchAll(/```bash\n([^]*?)```/g)].map(
			([, code]) => code,
		);
		expect([start, test]).toEqual(['npm install && npm start\n', 'npm install && npm test\n']);
		expect(Object.keys(root.scripts)).toEqual(expect.arrayContaining(['start', 'test']));
	});

	it('names the executor as npx finds it', () => {
		expect(read('README.md')).toContain(`npx ${executor.name}`);
		expect(Object.keys(executor.bin ?? {})).toHaveLength(1);
	});
});
