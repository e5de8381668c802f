/**
 * What the nodes and credentials show and what they leave to n8n, held as it was agreed: a saved workflow leaves out what
 * stands at its default, so another default is another workflow. After a change that is meant: `npx vitest run
 * test/nodes/agreedParameters.test.ts -u`, and read the difference.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';
import { expect, it } from 'vitest';
import { TextToVideoAimlApi } from '../../credentials/TextToVideoAimlApi.credentials';
import { TextToVideoLocalGpuApi } from '../../credentials/TextToVideoLocalGpuApi.credentials';
import { TextToVideoModelsLabApi } from '../../credentials/TextToVideoModelsLabApi.credentials';
import { TextToVideoNovitaApi } from '../../credentials/TextToVideoNovitaApi.credentials';
import { TextToVideoStableDiffusionApi } from '../../credentials/TextToVideoStableDiffusionApi.credentials';
import { TextToVideoStableDiffusionEnterpriseApi } from '../../credentials/TextToVideoStableDiffusionEnterpriseApi.credentials';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import { TextToVideoTrigger } from '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
import { REPOSITORY_FOLDER } from '../../scripts/repository';

const NODES = [TextToVideo, TextToVideoFetchResult, TextToVideoTrigger];
const CREDENTIALS = [
	...[TextToVideoAimlApi, TextToVideoLocalGpuApi, TextToVideoModelsLabApi, TextToVideoNovitaApi],
	...[TextToVideoStableDiffusionApi, TextToVideoStableDiffusionEnterpriseApi],
];

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

it('looks at all that the package brings', () => {
	const { n8n } = JSON.parse(readFileSync(join(REPOSITORY_FOLDER, 'package.json'), 'utf8')) as {
		n8n: { nodes: string[]; credentials: string[] };
	};
	expect(NODES).toHaveLength(n8n.nodes.length);
	expect(CREDENTIALS).toHaveLength(n8n.credentials.length);
	// What is held under no such name would be written down as agreed.
	const names = [
		...NODES.map((Type) => new Type().description.name),
		...CREDENTIALS.map((Type) => new Type().name),
	];
	expect(names.filter((name) => !existsSync(held(name)))).toEqual([]);
});

it.each(NODES.map((Type) => new Type().description))(
	'$name has these parameters, at these defaults',
	async ({ properties, displayName: _name, description: _words, ...rest }) => {
		await expect(`${JSON.stringify(rest)}\n${lines(properties).join('\n')}\n`).toMatchFileSnapshot(
			held(rest.name),
		);
	},
);

it.each(CREDENTIALS.map((Type) => new Type()))(
	'$name has these fields, at these defaults',
	async ({ name, properties }) => {
		await expect(`${lines(properties).join('\n')}\n`).toMatchFileSnapshot(held(name));
	},
);
