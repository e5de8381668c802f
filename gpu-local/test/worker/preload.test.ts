import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDiffusersEngine } from '../../src/engines/diffusers/index.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { writePipeline } from './modelFiles.ts';

let folder: string;
let engine: Engine;
let said: string[];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'preload-'));
	said = [];
});
afterEach(async () => {
	await engine.close();
	await rm(folder, { recursive: true, force: true });
});

/** An engine with the models `first` and `second`, whose process notes what it is told. */
async function startEngine(device: string, env: object, defaultModel?: string): Promise<void> {
	const python = join(folder, 'python');
	await writeFile(
		python,
		`#!${process.execPath}
const fs = require('node:fs');
const say = (message) => fs.writeSync(3, JSON.stringify(message) + '\\n');
say({ type: 'hello', device: { type: '${device}', index: null, name: 'x' }, memory_bytes: 1, rocm: false, versions: {} });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
	const { type, id, model } = JSON.parse(line);
	fs.appendFileSync('${join(folder, 'told')}', type + ' ' + model.alias + '\\n');
	if (model.alias === 'second') return say({ type: 'error', id, code: 'model_not_found', message: 'broken' });
	say({ type: 'loaded', id, profile: 'memory=full', weight_bytes: 1, warm: [model.alias] });
});
`,
	);
	await chmod(python, 0o755);
	const modelsFolder = join(folder, 'models');
	const models = [];
	for (const alias of ['first', 'second']) {
		const path = await writePipeline(join(folder, alias));
		models.push({ alias, kind: 'checkpoint', family: 'wan', path });
	}
	await mkdir(modelsFolder);
	await writeFile(join(modelsFolder, 'models.json'), JSON.stringify({ version: 1, models }));
	engine = await createDiffusersEngine({
		dataFolder: folder,
		modelsFolder,
		defaultModel,
		env: {
			...process.env,
			GPU_LOCAL_PYTHON: python,
			GPU_LOCAL_DEVICES: device,
			...env,
		},
		log: (_level, message) => void said.push(message),
	});
	await vi.waitFor(() => expect(said).toContain('A worker is ready'), { timeout: 20_000 });
}

const told = async (): Promise<string> =>
	await readFile(join(folder, 'told'), 'utf8').catch(() => '');
const LOADED = 'A model was loaded before it was asked for';

it.each([
	['the first model', 'cuda', {}, undefined],
	['the model that is named', 'cpu', { GPU_LOCAL_PRELOAD: 'first' }, 'second'],
	['the default model', 'cuda', {}, 'first'],
])('loads %s before a job asks for it (%s, %j)', async (_what, device, env, defaultModel) => {
	await startEngine(device, env, defaultModel);
	await vi.waitFor(() => expect(said).toContain(LOADED), { timeout: 20_000 });
	expect(await told()).toBe('load first\n');
	expect(engine.warmModels!()).toEqual(['first']);
	expect(engine.devices!()).toEqual([{ type: device, name: 'x', memory_bytes: 1 }]);
});

it.each([
	['cpu', {}],
	['cuda', { GPU_LOCAL_PRELOAD: 'off' }],
])('loads nothing unasked on %s with %j', async (device, env) => {
	await startEngine(device, env);
	// A process that is told nothing ends as soon as it is asked to.
	await engine.close();
	expect(await told()).toBe('');
});

it.each([
	[{}, 'second', 'A model could not be loaded before it was asked for'],
	[{ GPU_LOCAL_PRELOAD: 'third' }, undefined, 'No model was loaded before it is asked for'],
])('goes on where that does not work: %j', async (env, defaultModel, why) => {
	await startEngine('cuda', env, defaultModel);
	await vi.waitFor(() => expect(said).toContain(why), { timeout: 20_000 });
	expect(engine.warmModels!()).toEqual([]);
});
