/**
 * What the nodes and credentials show and what they leave to n8n, held as it was agreed: a saved workflow leaves out what
 * stands at its default, so another default is another workflow. After a change that is meant: `npx vitest run
 * test/nodes/agreedParameters.test.ts -u`, and read the difference.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ICredentialType, INodeProperties, INodeType } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { REPOSITORY_FOLDER } from '../../scripts/repository';

const { n8n } = JSON.parse(readFileSync(join(REPOSITORY_FOLDER, 'package.json'), 'utf8')) as {
	n8n: { nodes: string[]; credentials: string[] };
};
const sourceOf = (path: string): string =>
	join(REPOSITORY_FOLDER, path.replace(/^dist\//, '').replace(/\.js$/, '.ts'));

/** All but the words for people: those are looked at, not held. */
const WORDS = new Set(['displayName', 'description', 'placeholder', 'hint', 'action', 'notice']);

/** One line for each property and each of its choices, the inner ones indented. */
function lines(properties: readonly unknown[], indent = ''): string[] {
	return properties.flatMap((each) => {
		const { name, options, values, ...rest } = each as Partial<INodeProperties> & {
			values?: unknown[];
		};
		const told = Object.entries(rest).filter(([key]) => !WORDS.has(key));
		// A choice is known by its value; its name is a word.
		const head = 'value' in rest ? '=' : name;
		return [
			`${indent}${head} ${JSON.stringify(Object.fromEntries(told))}`,
			...lines(options ?? [], `${indent}\t`),
			...lines(values ?? [], `${indent}\t`),
		];
	});
}

const held = (name: string): string =>
	join(REPOSITORY_FOLDER, 'test', 'fixtures', 'parameters', `${name}.txt`);

describe.each(n8n.nodes)('%s', (path) => {
	it('has these parameters, at these defaults', async () => {
		const [Type] = Object.values(await import(sourceOf(path))) as Array<new () => INodeType>;
		const { description } = new Type!();
		const { properties, displayName: _name, description: _words, ...rest } = description;
		await expect(`${JSON.stringify(rest)}\n${lines(properties).join('\n')}\n`).toMatchFileSnapshot(
			held(description.name),
		);
	});
});

describe.each(n8n.credentials)('%s', (path) => {
	it('has these fields, at these defaults', async () => {
		const [Type] = Object.values(await import(sourceOf(path))) as Array<new () => ICredentialType>;
		const type = new Type!();
		await expect(`${lines(type.properties).join('\n')}\n`).toMatchFileSnapshot(held(type.name));
	});
});
