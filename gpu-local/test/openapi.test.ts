import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openapi } from '../src/http/openapi/index.ts';
import { SCHEMAS } from '../src/http/openapi/replies.ts';
import type { Json } from './support/json.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const REDOCLY = join(dirname(require.resolve('@redocly/cli/package.json')), 'bin', 'cli.js');

/** How a client is written with the generated types; each marked line must not compile. */
const CLIENT = `
import type { components, paths } from './api';

type Create = paths['/v1/videos']['post'];
export const request: Create['requestBody']['content']['application/json'] = {
	prompt: 'A boat',
	size: '64x64',
	fps: 8,
	loras: [{ model_name: 'x', strength: 1 }],
};
type Video = Create['responses']['200']['content']['application/json'];
export const finished = (video: Video): boolean => video.status === 'completed';
export const eta = (video: components['schemas']['Video']): number | undefined => video.eta_seconds;
export const job = async (id: string): Promise<Video> =>
	(await (await fetch('/v1/videos/' + id)).json()) as Video;
export const v4: paths['/api/v4/dreambooth/text2video']['post']['requestBody']['content']['application/json'] =
	{ key: '', model_id: 'x', prompt: 'x', width: 512 };
export const noPrompt: Create['requestBody']['content']['application/json'] = {}; // refused
export const noStatus = (video: Video): boolean => video.status === 'ready'; // refused
`;

describe('openapi.json', () => {
	const description = openapi('1.2.3') as Json;
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-openapi-'));
		await writeFile(join(folder, 'openapi.json'), JSON.stringify(description));
	});
	afterAll(() => rm(folder, { recursive: true, force: true }));

	const operations: Array<[name: string, operation: Json]> = Object.entries<Json>(
		description.paths,
	).flatMap(([path, methods]) =>
		Object.entries<Json>(methods).map(([method, operation]): [string, Json] => [
			`${method} ${path}`,
			operation,
		]),
	);

	it('has nothing that Redocly’s linter would say', async () => {
		const { stdout, stderr } = await run(
			process.execPath,
			[REDOCLY, 'lint', '--extends=recommended', '--format=json', 'openapi.json'],
			{ cwd: folder, env: { ...process.env, REDOCLY_TELEMETRY: 'off' } },
		);
		const found = JSON.parse(stdout) as Json;
		expect(found.problems, stderr).toEqual([]);
	}, 120_000);

	it.each(operations)('says of %s what it gives and how it fails', (_name, operation) => {
		expect(operation.operationId).toMatch(/^[a-z][A-Za-z0-9]+$/);
		expect(Object.values<Json>(operation.responses['200'].content)[0]).toHaveProperty('schema');
		for (const status of ['4XX', '5XX']) {
			const { $ref } = operation.responses[status].content['application/json'].schema;
			expect(SCHEMAS).toHaveProperty($ref.split('/').at(-1));
		}
	});

	it('gives each operation a name of its own', () => {
		const names = operations.map(([, { operationId }]) => operationId);
		expect(new Set(names).size).toBe(names.length);
	});

	it('gives a typed client that compiles, and that refuses what the server would', async () => {
		await writeFile(join(folder, 'api.ts'), astToString(await openapiTS(description)));
		await writeFile(join(folder, 'client.ts'), CLIENT);
		const program = ts.createProgram([join(folder, 'client.ts')], {
			strict: true,
			noEmit: true,
			target: ts.ScriptTarget.ES2022,
			module: ts.ModuleKind.ESNext,
			moduleResolution: ts.ModuleResolutionKind.Bundler,
			types: [],
		});
		const lines = ts
			.getPreEmitDiagnostics(program)
			.map(({ file, start }) => file!.getLineAndCharacterOfPosition(start!).line);
		const refused = CLIENT.split('\n').flatMap((line, number) =>
			line.endsWith('// refused') ? [number] : [],
		);
		expect([...new Set(lines)]).toEqual(refused);
	}, 60_000);
});
