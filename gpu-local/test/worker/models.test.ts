import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPage, withTables } from '../../docs/tables.ts';
import { resolveModel, toModelInfos } from '../../src/engines/diffusers/models.ts';
import { modelsCommand } from '../../src/commands/models.ts';
import { addModel } from '../../src/models/add.ts';
import { recognise } from '../../src/models/recognise.ts';
import { ModelRegistry } from '../../src/models/registry.ts';
import type { ModelEntry } from '../../src/models/registry.ts';
import { readTable } from '../../src/models/table.ts';
import { writeGguf, writePipeline, writeSafetensors } from './modelFiles.ts';
import type { GgufTensor } from './modelFiles.ts';

let folder: string;
let models: string;
let said: string[];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'models-'));
	models = join(folder, 'models');
	said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (args: string[], env: Record<string, string> = {}) =>
	modelsCommand(args, {
		env: { GPU_LOCAL_MODELS: models, ...env },
		out: (line) => void said.push(line),
		progress: () => undefined,
	});

describe('what a file is', () => {
	it.each([
		['checkpoint', ['model.diffusion_model.input_blocks.0.weight', 'first_stage_model.x']],
		['lora', ['lora_unet_down_blocks_0.lora_up.weight']],
		['lora', ['unet.down_blocks.0.motion_modules.0.to_q.lora_A.weight']],
		['motion-adapter', ['down_blocks.0.motion_modules.0.weight', 'other']],
		['embedding', ['emb_params']],
		['embedding', ['<cat-toy>']],
	])('is recognised as a %s by its entries', async (kind, names) => {
		const path = await writeSafetensors(join(folder, 'x.safetensors'), names);
		expect(await recognise(path)).toMatchObject({ kind, sizeBytes: (await stat(path)).size });
	});

	it('is said when it is none of these', async () => {
		const path = await writeSafetensors(join(folder, 'x.safetensors'), ['a', 'b']);
		await expect(recognise(path)).rejects.toThrow('no SD 1.x checkpoint');
	});
});

describe('the command line', () => {
	const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
	const add = (path: string, env: Record<string, string> = {}) =>
		spawnSync(
			process.execPath,
			['--import', 'tsx', cli, 'models', 'add', path, '--models', models],
			{
				env: { ...process.env, ...env },
				encoding: 'utf8',
			},
		);

	it.each([
		['model.ckpt', 'pickle', 'is not a .safetensors or .gguf file'],
		['model.pt', 'pickle', 'Python is not set up'],
		['model.gguf', 'GGUF', 'is not a GGUF file that can be read'],
		['x.safetensors', 'short', "header's length is wrong"],
		['nowhere/', '', 'is not there'],
		['hub:a/b', '', 'does not answer'],
	])('says why it refuses %s in one line', async (name, content, why) => {
		const local = !name.startsWith('hub:');
		if (content) await writeFile(join(folder, name), content);
		const { status, stderr } = add(local ? join(folder, name) : name, {
			HF_ENDPOINT: 'http://127.0.0.1:1',
			GPU_LOCAL_PYTHON: join(folder, 'no-python'),
		});
		expect(status).toBe(1);
		expect(stderr).toContain(why);
		expect(stderr).not.toMatch(/\n\s+at |Error:/);
	});

	it('says that the list of models cannot be read', async () => {
		await mkdir(models, { recursive: true });
		await writeFile(join(models, 'models.json'), '{"version":1,');
		const { stderr } = add(await writePipeline(join(folder, 'wan')));
		expect(stderr).toContain('cannot be read as a list of models');
		expect(stderr).not.toMatch(/\n\s+at /);
	});
});

describe('a hostile model', () => {
	it.each(['.ckpt', '.pth', '.pkl'])('is not read from a %s file', async (ending) => {
		const path = join(folder, `model${ending}`);
		await writeFile(path, '\x80\x04cposix\nsystem\n');
		await expect(run(['add', path])).rejects.toThrow('.safetensors');
	});

	it.each([0n, 1n, 1_000_000n, 2n ** 63n, 2n ** 64n - 1n])(
		'cannot lie about its header (%s bytes)',
		async (length) => {
			const path = await writeSafetensors(join(folder, 'x.safetensors'), ['a'], { length });
			await expect(run(['add', path])).rejects.toThrow('not a safetensors file');
		},
	);

	it.each(['[]', '"x"', '{', '{"a":{"data_offsets":[0,17]}}', '{"a":{"data_offsets":[-1,4]}}'])(
		'cannot have the header %s',
		async (header) => {
			const path = await writeSafetensors(join(folder, 'x.safetensors'), ['a'], { header });
			await expect(run(['add', path])).rejects.toThrow(/not a safetensors file|outside the file/);
		},
	);

	it.each([
		[{ scheduler: ['os', 'system'] }, 'os.system'],
		[{ scheduler: ['diffusers', 'DiffusionPipeline'] }, 'DiffusionPipeline'],
		[{ scheduler: ['diffusers', 5] }, 'not allowed'],
		[{ vae: ['vae', 'MyVae'] }, 'vae.MyVae'],
		[{ '../up': ['diffusers', 'AutoencoderKLWan'] }, 'not allowed'],
		[{ _class_name: 'MyPipeline' }, 'MyPipeline'],
		[{ _class_name: ['mine', 'WanPipeline'] }, 'supported are'],
	])('cannot name %j in its model_index.json', async (changes, why) => {
		await writePipeline(join(folder, 'wan'), changes);
		await expect(run(['add', join(folder, 'wan')])).rejects.toThrow(why);
	});

	it('cannot ask for its own code, nor lead out of its folder', async () => {
		const wan = await writePipeline(join(folder, 'wan'));
		await writeFile(join(wan, 'vae', 'config.json'), '{"auto_map":{}}');
		await expect(run(['add', wan])).rejects.toThrow('auto_map');
		await writeFile(join(wan, 'vae', 'config.json'), '{}');
		await writeFile(join(folder, 'secret.json'), '{}');
		await symlink(join(folder, 'secret.json'), join(wan, 'vae', 'link.json'));
		await expect(run(['add', wan])).rejects.toThrow('leads out');
	});

	it('is never the name of a path', async () => {
		const wan = await writePipeline(join(folder, 'wan'));
		for (const name of ['../wan', 'a/b', '', 'x'.repeat(129), 'hub:a/b']) {
			await expect(run(['add', wan, '--name', name])).rejects.toThrow('cannot be a model');
		}
	});
});

describe('a GGUF file', () => {
	const WAN = [
		{ name: 'patch_embedding.weight', shape: [32, 16, 1, 2, 2], type: 0 },
		{ name: 'head.head.weight', shape: [64, 32], type: 8 },
		{ name: 'blocks.0.self_attn.q.weight', shape: [32, 32], type: 8 },
	];
	const gguf = (tensors: GgufTensor[], how?: Parameters<typeof writeGguf>[2]) =>
		writeGguf(join(folder, 'wan2.1_Q8_0.gguf'), tensors, how);

	it('is recognised like any other file of a denoiser', async () => {
		const path = await gguf(WAN);
		expect(await recognise(path)).toMatchObject({ kind: 'checkpoint', family: 'wan' });
		const picture = await gguf([{ ...WAN[0]!, shape: [32, 36, 1, 2, 2] }, ...WAN.slice(1)]);
		expect((await recognise(picture)).startImage).toBe('required');
		await run(['add', path]);
		const registry = new ModelRegistry(models);
		const entries = await registry.list();
		expect(entries[0]!.alias).toBe('wan2.1_Q8_0');
		expect(toModelInfos(entries, undefined, 1)[0]!.unavailableReason).toContain('--kind base');
		await run(['add', await writePipeline(join(folder, 'parts')), '--kind', 'base']);
		expect(resolveModel(registry, await registry.list(), 'wan2.1_Q8_0').path).toBe(path);
	});

	it('is refused where it is of another kind of model', async () => {
		const path = await gguf([{ name: 'token_embd.weight', shape: [32], type: 0 }]);
		await expect(run(['add', path])).rejects.toThrow('no Wan or LTX-Video model');
	});

	it.each([
		['its version is 1', { version: 1 }],
		['too many', { count: 2 ** 60 }],
		['is not a GGUF file that can be read', { entries: 1 }],
		['outside the file', { cut: 1 }],
		['outside the file', { offset: 2 ** 62 }],
		['outside the file', { offset: 7 }],
	])('cannot lie: %s (%j)', async (why, how) => {
		await expect(run(['add', await gguf(WAN, how)])).rejects.toThrow(why);
	});

	it.each([
		['stored in a way that is not read', { name: 'a', shape: [256], type: 19 }],
		['no whole number of blocks', { name: 'a', shape: [33], type: 8 }],
		['9 dimensions', { name: 'a', shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], type: 0 }],
	])('is refused where an entry is %s', async (why, tensor) => {
		await expect(run(['add', await gguf([tensor])])).rejects.toThrow(why);
	});

	it('cannot have two entries of one name', async () => {
		await expect(run(['add', await gguf([WAN[0]!, WAN[0]!])])).rejects.toThrow('one name');
	});
});

describe('an embedding that is a pickle', () => {
	const registry = () => new ModelRegistry(models);
	const add = (path: string, convert: (from: string, to: string) => Promise<void>) =>
		addModel(registry(), path, {
			hub: { endpoint: 'http://127.0.0.1:1', progress: () => undefined },
			convert,
			say: (line) => void said.push(line),
		});

	it('is converted once, kept with the models, and goes when it is removed', async () => {
		const path = join(folder, 'badhandv4.pt');
		await writeFile(path, 'pickle');
		const entry = await add(path, async (from, to) => {
			expect(from).toBe(path);
			await writeSafetensors(to, ['emb_params']);
		});
		expect(entry).toMatchObject({
			alias: 'badhandv4',
			kind: 'embedding',
			path: 'converted/badhandv4.safetensors',
		});
		await run(['verify', 'badhandv4']);
		await run(['remove', 'badhandv4']);
		await expect(stat(registry().pathOf(entry))).rejects.toThrow();
		expect((await stat(path)).isFile()).toBe(true);
	});

	it('leaves nothing in the list where it cannot be converted', async () => {
		const path = join(folder, 'model.bin');
		await writeFile(path, 'pickle');
		const convert = async () => await Promise.reject(new Error('it is something else'));
		await expect(add(path, convert)).rejects.toThrow('something else');
		expect(await registry().list()).toEqual([]);
		await expect(add(join(folder, 'away.pt'), convert)).rejects.toThrow('is not there');
	});
});

describe('a denoiser in one file', () => {
	const header = (names: string[], channels = 16): string =>
		JSON.stringify(
			Object.fromEntries(
				names.map((name) => [
					name,
					{
						dtype: 'F32',
						shape: name.endsWith('patch_embedding.weight') ? [4, channels, 1, 2, 2] : [4],
						data_offsets: [0, 16],
					},
				]),
			),
		);
	const WAN = ['patch_embedding.weight', 'head.head.weight', 'blocks.0.self_attn.q.weight'];
	const LTX = ['patchify_proj.weight', 'transformer_blocks.0.attn2.to_k.weight'];

	it.each([
		['Wan', 'wan', undefined, header(WAN)],
		['Wan from a picture', 'wan', 'required', header(WAN, 36)],
		['Wan TI2V', 'wan', 'optional', header(WAN, 48)],
		['Wan with a prefix', 'wan', undefined, header(WAN.map((n) => `model.diffusion_model.${n}`))],
		['LTX-Video', 'ltx', 'optional', header([...LTX, 'vae.decoder.x'])],
	])('is recognised: %s', async (_what, family, startImage, text) => {
		const path = await writeSafetensors(join(folder, 'x.safetensors'), ['a'], { header: text });
		const found = await recognise(path);
		expect(found).toMatchObject({ kind: 'checkpoint', family });
		expect(found.startImage).toBe(startImage);
	});

	it('is not taken for LTX-2, whose sound needs more parts', async () => {
		const text = header([...LTX, 'audio_patchify_proj.weight']);
		const path = await writeSafetensors(join(folder, 'x.safetensors'), ['a'], { header: text });
		await expect(recognise(path)).rejects.toThrow("folder in diffusers' layout");
	});

	it('says which folder it needs, and finds the only one or the one that is named', async () => {
		const text = header(WAN);
		const path = join(folder, 'fp8.safetensors');
		await writeSafetensors(path, ['a'], { header: text });
		const registry = new ModelRegistry(models);
		await run(['add', path, '--low-noise', 'low']);
		await run(['add', path, '--name', 'low']);
		const usable = async () =>
			toModelInfos(await registry.list(), undefined, 1).find(({ id }) => id === 'fp8')!;
		expect(await usable()).toMatchObject({
			available: false,
			unavailableReason: expect.stringContaining('--kind base'),
		});
		const base = await writePipeline(join(folder, 'parts'));
		await run(['add', base, '--kind', 'base']);
		expect((await usable()).available).toBe(true);
		const entries = await registry.list();
		expect(resolveModel(registry, entries, 'fp8')).toMatchObject({
			family: 'wan',
			path,
			base,
			low_noise: path,
		});
		await run(['add', base, '--kind', 'base', '--name', 'second']);
		expect((await usable()).available).toBe(false);
		await run(['add', path, '--base', 'second']);
		expect((await usable()).available).toBe(true);
		// The folder itself makes nothing: its denoiser is not there.
		expect(toModelInfos(await registry.list(), undefined, 1).map(({ id }) => id)).not.toContain(
			'parts',
		);
	});
});

describe('a light VAE', () => {
	const VAE = { _class_name: 'AutoencoderKLWan' };
	const written = async (config: object) => {
		const path = join(folder, 'light');
		await writeSafetensors(join(path, 'diffusion_pytorch_model.safetensors'));
		await writeFile(join(path, 'config.json'), JSON.stringify(config));
		return path;
	};
	const file = async (shapes: Record<string, number[]>, name = 'lightvaew2_1') => {
		const entries = Object.entries(shapes).map(([key, shape]) => [
			key,
			{ dtype: 'F32', shape, data_offsets: [0, 16] },
		]);
		const header = JSON.stringify(Object.fromEntries(entries));
		return await writeSafetensors(join(folder, `${name}.safetensors`), ['a'], { header });
	};
	const AUTHORS = { 'decoder.middle.0.residual.0.gamma': [96, 1, 1, 1] };
	const LIGHT = ['--light-vae', 'light', '--profile', 'light_vae=on'];

	it('is recognised in a folder and in a file, by either names', async () => {
		const vae = { kind: 'vae', family: 'wan' };
		expect(await recognise(await written(VAE))).toMatchObject(vae);
		expect(await recognise(await file(AUTHORS))).toMatchObject(vae);
		const diffusers = await file({ 'decoder.mid_block.resnets.0.norm1.gamma': [96, 1, 1, 1] });
		expect(await recognise(diffusers)).toMatchObject(vae);
		await rm(join(folder, 'light', 'diffusion_pytorch_model.safetensors'));
		await expect(recognise(join(folder, 'light'))).rejects.toThrow('no model_index.json');
	});

	it('goes to the worker with the model that names it, and is no model of its own', async () => {
		const model = await writePipeline(join(folder, 'wan'));
		const path = await file({ ...AUTHORS, 'conv2.weight': [16, 16, 1, 1, 1] });
		await run(['add', path, '--name', 'light']);
		await run(['add', model, ...LIGHT]);
		const registry = new ModelRegistry(models);
		const entries = await registry.list();
		expect(toModelInfos(entries, undefined, 1).map(({ id }) => id)).toEqual(['wan']);
		expect(resolveModel(registry, entries, 'wan')).toMatchObject({
			light_vae: path,
			profile: 'light_vae=on',
		});
		await run(['remove', 'light']);
		const left = await registry.list();
		expect(() => resolveModel(registry, left, 'wan')).toThrow('There is no vae "light"');
	});

	it('is compared with the VAE of a folder that a denoiser in one file takes', async () => {
		await run(['add', await writePipeline(join(folder, 'parts')), '--kind', 'base']);
		await run(['add', await file({ ...AUTHORS, 'conv2.weight': [48] }), '--name', 'light']);
		const denoiser = await file(
			{
				'patch_embedding.weight': [4, 16, 1, 2, 2],
				'head.head.weight': [4],
				'blocks.0.self_attn.q.weight': [4],
			},
			'wan2.1',
		);
		await expect(run(['add', denoiser, ...LIGHT])).rejects.toThrow(
			'The light VAE "light" does not fit this model: its z_dim is 48, the model\'s is 16.',
		);
		expect((await new ModelRegistry(models).list()).map(({ alias }) => alias)).toEqual([
			'parts',
			'light',
		]);
	});

	it.each([
		['z_dim is 48', { z_dim: 48 }],
		['temperal_downsample is [true,true,true]', { temperal_downsample: [true, true, true] }],
		['latents_mean is [0.5]', { latents_mean: [0.5] }],
		['latents_std is [2]', { latents_std: [2] }],
		['scale_factor_spatial is 16', { scale_factor_spatial: 16 }],
		['is_residual is true', { is_residual: true }],
	])('is refused where its %s', async (why, config) => {
		const model = await writePipeline(join(folder, 'wan'));
		const own = { ...VAE, latents_mean: [0], latents_std: [1] };
		await writeFile(join(model, 'vae', 'config.json'), JSON.stringify(own));
		await run(['add', await written({ ...own, base_dim: 24, ...config })]);
		await expect(run(['add', model, ...LIGHT])).rejects.toThrow(why);
		await run(['add', await written({ ...own, base_dim: 24 })]);
		await run(['add', model, ...LIGHT]);
	});

	it('says what is missing, and that other families have none', async () => {
		const model = await writePipeline(join(folder, 'wan'));
		const asked = run(['add', model, '--profile', 'exact, light_vae=on']);
		await expect(asked).rejects.toThrow('name it with --light-vae');
		await expect(run(['add', model, ...LIGHT])).rejects.toThrow('There is: none.');
		await run(['add', await written(VAE)]);
		const ltx = await writePipeline(join(folder, 'ltx'), { _class_name: 'LTXPipeline' });
		await expect(run(['add', ltx, ...LIGHT])).rejects.toThrow('for Wan models alone');
		await expect(run(['add', model, '--light-vae', 'other'])).rejects.toThrow('There is: light.');
	});
});

describe('gpu-local models', () => {
	it.each([
		['no picture', 'wan', {}, undefined],
		['a picture where one is given', 'wan', { expand_timesteps: true }, 'optional'],
		['a picture always', 'wan', { _class_name: 'WanImageToVideoPipeline' }, 'required'],
		['a picture where one is given', 'ltx', { _class_name: 'LTXPipeline' }, 'optional'],
		['a picture where one is given', 'ltx2', { _class_name: 'LTX2Pipeline' }, 'optional'],
		[
			'a picture always',
			'hunyuanvideo15',
			{ _class_name: 'HunyuanVideo15ImageToVideoPipeline' },
			'required',
		],
	])('tells that a model begins with %s: %s %o', async (_what, family, changes, startImage) => {
		await run(['add', await writePipeline(join(folder, 'model'), changes)]);
		const entries = await new ModelRegistry(models).list();
		expect(entries[0]).toMatchObject({ family, kind: 'checkpoint' });
		expect(entries[0]!.startImage).toBe(startImage);
		const [model] = toModelInfos(entries, undefined, 1);
		expect(model!.supports!.includes('input_reference')).toBe(startImage !== undefined);
		expect(model!.requires).toEqual(startImage === 'required' ? ['input_reference'] : undefined);
	});

	it('adds, lists, verifies and removes, and leaves a local model where it is', async () => {
		const wan = await writePipeline(join(folder, 'wan'));
		await run(['add', wan, '--title', 'Wan', '--default', 'num_inference_steps=4']);
		await run(['list']);
		expect(said.at(-1)).toContain('wan  checkpoint  wan');
		await run(['verify']);
		expect(said.at(-1)).toBe('wan: sound');
		await writeSafetensors(join(wan, 'vae', 'model.safetensors'), ['b']);
		await expect(run(['verify', 'wan'])).rejects.toThrow('again');
		expect(said.at(-1)).toContain('has changed');
		await run(['remove', 'wan']);
		expect(await new ModelRegistry(models).list()).toEqual([]);
		expect((await stat(wan)).isDirectory()).toBe(true);
	});

	it.each([
		[['add', 'x', '--kind', 'video'], '--kind'],
		[['add', 'x', '--scheduler', 'Euler'], '--scheduler'],
		[['add', 'x', '--default', 'steps'], 'NAME=NUMBER'],
		[['add', 'x', '--default', 'steps=8'], 'num_inference_steps'],
		[['add', 'x', '--default', 'constructor=8'], '--default has "constructor"'],
		[['add', 'x', '--default', 'num_inference_steps=0'], 'a whole number from 1 to 1000'],
		[['add', 'x', '--default', 'width=640.5'], '--default has width=640.5. Give a whole number'],
		[['add', 'x', '--default', 'height=15'], 'from 16 to 16384'],
		[['add', 'x', '--default', 'fps=241'], 'Give a number from 0.1 to 240'],
		[['add', 'x', '--default', 'decode_timestep=1.5'], 'from 0 to 1'],
		[['add', 'x', '--lora', 'detail=11'], '--lora is "detail=11". Give a number from -10 to 10'],
		[['add', 'x', '--sigmas', '1,x'], 'not a number'],
		[['add', 'x', '--sigmas', '0.5,1'], 'each smaller than the one before'],
		[['add', 'x', '--sigmas', '1,0.5,0.5'], '0.5 is wrong there'],
		[['add', 'x', '--sigmas', '1,-0.5'], '-0.5 is wrong there'],
		[['add'], 'Say which model'],
		[['remove', 'x'], 'There is no model "x"'],
		[['frob', 'x'], 'models frob'],
		[['add', 'x', '--frob'], '--frob'],
	])('says what is wrong with %j', async (args, why) => {
		await expect(run(args)).rejects.toThrow(why);
	});

	it('offers a model that asks for several devices where they are grouped', async () => {
		await run(['add', await writePipeline(join(folder, 'wan')), '--gpus', '2']);
		const registry = new ModelRegistry(models);
		const entries = await registry.list();
		expect(resolveModel(registry, entries, 'wan')).toMatchObject({ alias: 'wan', gpus: 2 });
		const usable = (gpus: number) => toModelInfos(entries, undefined, gpus)[0]!;
		expect(usable(1)).toMatchObject({
			available: false,
			unavailableReason: expect.stringContaining('GPU_LOCAL_DEVICES=cuda:0+cuda:1'),
		});
		expect(usable(2).available).toBe(true);
		expect(usable(4).available).toBe(true);
	});

	it('keeps no word of one device, which every model uses', async () => {
		await run(['add', await writePipeline(join(folder, 'wan')), '--gpus', '1']);
		const registry = new ModelRegistry(models);
		const entries = await registry.list();
		expect(entries[0]).not.toHaveProperty('gpus');
		expect(resolveModel(registry, entries, 'wan')).not.toHaveProperty('gpus');
	});

	it.each(['0', '17', '2.5', 'two', '', '-2', '1e1'])(
		'refuses --gpus=%s and says what is allowed',
		async (gpus) => {
			const path = await writePipeline(join(folder, 'wan'));
			await expect(run(['add', path, `--gpus=${gpus}`])).rejects.toThrow(
				`--gpus is "${gpus}". Give a whole number from 1 to 16.`,
			);
		},
	);

	it.each([
		['a family that uses one', { _class_name: 'LTXPipeline' }, [], 'checkpoint of LTX-Video'],
		['parts of a model', {}, ['--kind', 'base'], 'base of Wan'],
	])('refuses --gpus for %s', async (_what, changes, args, why) => {
		const path = await writePipeline(join(folder, 'model'), changes);
		const adding = run(['add', path, '--gpus', '2', ...args]);
		await expect(adding).rejects.toThrow(why);
		await expect(adding).rejects.toThrow('checkpoint of: Wan 2.1 / 2.2.');
		expect(await new ModelRegistry(models).list()).toEqual([]);
	});

	it('knows which part a picture checkpoint lacks', async () => {
		const checkpoint = 'model.diffusion_model.input_blocks.0.weight';
		await run(['add', await writeSafetensors(join(folder, 'real.safetensors'), [checkpoint])]);
		const registry = new ModelRegistry(models);
		const reason = async () =>
			toModelInfos(await registry.list(), undefined, 1)[0]?.unavailableReason;
		expect(await reason()).toContain('motion adapter');
		const motion = ['down_blocks.0.motion_modules.0.weight', 'other'];
		await run(['add', await writeSafetensors(join(folder, 'mm.safetensors'), motion)]);
		expect(await reason()).toContain('sd-config');
		await run([
			'add',
			await writePipeline(join(folder, 'sd'), { _class_name: 'StableDiffusionPipeline' }),
			'--kind',
			'sd-config',
		]);
		expect(await reason()).toBeUndefined();
	});
});

describe('what a model makes videos with', () => {
	const wan = async (
		name: string,
		transformer: object,
		changes: object = {},
		...more: string[]
	): Promise<ModelEntry> => {
		const path = await writePipeline(join(folder, name), changes);
		await mkdir(join(path, 'transformer'), { recursive: true });
		await writeFile(join(path, 'transformer', 'config.json'), JSON.stringify(transformer));
		await run(['add', path, ...more]);
		return (await new ModelRegistry(models).list()).find(({ alias }) => alias === name)!;
	};
	const OF_14B = { num_attention_heads: 40, attention_head_dim: 128, in_channels: 16 };

	it.each([
		['Wan 2.1 14B', OF_14B, {}, { num_inference_steps: 50, guidance_scale: 5, flow_shift: 5 }],
		[
			'Wan 2.2 A14B',
			OF_14B,
			{ boundary_ratio: 0.875 },
			{ num_inference_steps: 40, guidance_scale: 4, guidance_scale_2: 3, flow_shift: 12 },
		],
		[
			'Wan 2.2 I2V A14B',
			{ ...OF_14B, in_channels: 36 },
			{ boundary_ratio: 0.9, _class_name: 'WanImageToVideoPipeline' },
			{ num_inference_steps: 40, guidance_scale: 3.5, guidance_scale_2: 3.5, flow_shift: 5 },
		],
		[
			'TI2V 5B',
			{ num_attention_heads: 24, attention_head_dim: 128, in_channels: 48 },
			{ expand_timesteps: true },
			{
				...{ num_inference_steps: 50, guidance_scale: 5, flow_shift: 5 },
				...{ width: 1280, height: 704, fps: 24, num_frames: 121 },
			},
		],
	])('is what its makers published: %s', async (_what, transformer, changes, defaults) => {
		const entry = await wan('known', transformer, changes);
		expect(entry.defaults).toEqual(defaults);
		expect(entry.negativePrompt).toContain('最差质量');
		const entries = [entry];
		const model = resolveModel(new ModelRegistry(models), entries, 'known');
		expect(model).toMatchObject({ defaults, negative_prompt: entry.negativePrompt });
		expect(toModelInfos(entries, undefined, 1)[0]!.defaults).toMatchObject(defaults);
	});

	it("is its family's where nobody knows it, and the person's where one said something", async () => {
		const strange = await wan('strange', { ...OF_14B, num_attention_heads: 3 });
		expect([strange.defaults, strange.negativePrompt]).toEqual([undefined, undefined]);
		const said = await wan(
			...(['said', OF_14B, {}, '--default', 'flow_shift=3'] as const),
			...['--default', 'negative_prompt=blurry, grey = dull'],
		);
		expect(said.defaults).toEqual({ num_inference_steps: 50, guidance_scale: 5, flow_shift: 3 });
		expect(said.negativePrompt).toBe('blurry, grey = dull');
	});

	const LEVELS: Record<string, number[]> = {
		lightning: [1, 0.75, 0.5, 0.25],
		lightx2v: [1, 0.75, 0.5, 0.25],
		fastwan: [1, 0.757, 0.522],
	};

	it.each([
		[
			'lightning',
			{ num_inference_steps: 4, guidance_scale: 1, guidance_scale_2: 1, flow_shift: 5 },
		],
		['lightx2v', { num_inference_steps: 4, guidance_scale: 1, guidance_scale_2: 1, flow_shift: 5 }],
		['causvid', { num_inference_steps: 8, guidance_scale: 1, flow_shift: 8 }],
		['fastwan', { num_inference_steps: 3, guidance_scale: 1, flow_shift: 1 }],
	])("is a recipe's: %s", async (recipe, defaults) => {
		const entry = await wan('fast', OF_14B, {}, '--recipe', recipe);
		expect(entry.defaults).toMatchObject(defaults);
		const { schedulers } = readTable().families.wan!;
		expect(Object.keys(schedulers)).toContain(entry.scheduler);
		expect(entry.sigmas?.length ?? defaults.num_inference_steps).toBe(defaults.num_inference_steps);
		expect(entry.sigmas).toEqual(LEVELS[recipe]);
		const own = await wan('own', OF_14B, {}, '--recipe', recipe, '--default', 'flow_shift=7');
		expect(own.defaults!.flow_shift).toBe(7);
	});

	it('tells a distilled model by its name', async () => {
		const fast = await wan('FastWan2.1-T2V-14B', OF_14B);
		expect(fast).toMatchObject({ scheduler: 'LCMScheduler', sigmas: [1, 0.757, 0.522] });
		const of5b = { num_attention_heads: 24, attention_head_dim: 128, in_channels: 48 };
		const { defaults } = await wan('FastWan2.2-TI2V-5B', of5b, { expand_timesteps: true });
		expect(defaults).toMatchObject({ num_inference_steps: 3, width: 1280, height: 704, fps: 24 });
		const ltx = { _class_name: 'LTXPipeline' };
		const of13b = { num_attention_heads: 32, attention_head_dim: 128 };
		const distilled = await wan('ltx-13b-distilled', of13b, ltx);
		expect(distilled.sigmas).toHaveLength(8);
		expect(distilled.negativePrompt).toBeUndefined();
		expect((await wan('ltx-13b', of13b, ltx)).defaults).toMatchObject({ guidance_rescale: 0.7 });
	});

	it.each<[string, string, Record<string, number> | undefined, number?]>([
		['ltx-2-19b-distilled', 'LTX2Pipeline', { num_inference_steps: 8, guidance_scale: 1 }, 8],
		['ltx-2', 'LTX2Pipeline', undefined, undefined],
		[
			'480p_t2v_distilled',
			'HunyuanVideo15Pipeline',
			{ num_inference_steps: 50, guidance_scale: 1 },
		],
		[
			'480p_step_distilled',
			'HunyuanVideo15Pipeline',
			{ num_inference_steps: 12, guidance_scale: 1 },
		],
		['720p_t2v', 'HunyuanVideo15Pipeline', undefined],
	])(
		'of LTX-2 and HunyuanVideo 1.5 is told by the name: %s',
		async (name, pipeline, own, levels) => {
			const entry = await wan(name, {}, { _class_name: pipeline });
			expect(entry.defaults).toEqual(own);
			expect(entry.sigmas?.length).toBe(levels);
		},
	);

	it('refuses a recipe that is not known, or for another family', async () => {
		await expect(wan('x', OF_14B, {}, '--recipe', 'turbo')).rejects.toThrow('lightning, lightx2v');
		await expect(wan('x', OF_14B, {}, '--recipe', 'lcm')).rejects.toThrow('family animatediff');
		expect(await new ModelRegistry(models).list()).toEqual([]);
	});
});

describe('a download from a hub', () => {
	const COMMIT = 'a'.repeat(40);
	let hub: Server;
	let files: Record<string, Buffer>;
	let asked: string[];
	let cutAt: number | undefined;
	let tamper: boolean;

	beforeEach(async () => {
		await writePipeline(join(folder, 'source'));
		const names = ['model_index.json', 'vae/config.json', 'vae/model.safetensors'];
		files = { 'vae/model.bin': Buffer.from('pickle'), 'run.py': Buffer.from('import os') };
		for (const name of names) files[name] = await readFile(join(folder, 'source', name));
		asked = [];
		cutAt = undefined;
		tamper = false;
		hub = createServer((request, reply) => {
			const url = decodeURIComponent(request.url!);
			asked.push(`${url} ${request.headers.range ?? ''}`.trim());
			if (url.startsWith('/api/models/wan/tiny/revision/main')) {
				return reply.end(
					JSON.stringify({ sha: COMMIT, siblings: Object.entries(files).map(sibling) }),
				);
			}
			const name = url.slice(`/wan/tiny/resolve/${COMMIT}/`.length);
			const body = files[name];
			if (!body) return reply.writeHead(404).end();
			const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
			reply.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length - from });
			if (cutAt !== undefined && name.endsWith('.safetensors')) {
				// A line that breaks takes what was not read yet with it, so the part is let through first.
				reply.write(body.subarray(from, cutAt), () =>
					setTimeout(() => request.socket.destroy(), 300),
				);
				return;
			}
			return reply.end(tamper ? Buffer.alloc(body.length - from) : body.subarray(from));
		});
		await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
	});
	afterEach(() => new Promise((resolve) => hub.close(resolve)));

	function sibling([rfilename, body]: [string, Buffer]) {
		const sha256 = createHash('sha256').update(body).digest('hex');
		const blobId = createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');
		const large = rfilename.endsWith('.safetensors');
		return {
			rfilename,
			size: body.length,
			blobId,
			...(large ? { lfs: { sha256, size: body.length } } : {}),
		};
	}

	const add = () =>
		run(['add', 'hub:wan/tiny', '--name', 'wan'], {
			HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
		});

	it('is pinned to the commit, takes no pickle and no code, and goes when it is removed', async () => {
		await add();
		const [entry] = await new ModelRegistry(models).list();
		expect(entry).toMatchObject({
			alias: 'wan',
			family: 'wan',
			source: { repository: 'wan/tiny', revision: COMMIT },
		});
		expect(asked.filter((url) => /\.(bin|py)/.test(url))).toEqual([]);
		expect(asked.slice(1).every((url) => url.includes(`/resolve/${COMMIT}/`))).toBe(true);
		await run(['verify', 'wan']);
		await run(['remove', 'wan']);
		await expect(stat(join(models, entry!.path))).rejects.toThrow();
	});

	it('goes on where it was interrupted', async () => {
		cutAt = 10;
		await expect(add()).rejects.toThrow();
		cutAt = undefined;
		asked = [];
		await add();
		expect(asked).toContain(`/wan/tiny/resolve/${COMMIT}/vae/model.safetensors bytes=10-`);
		await run(['verify', 'wan']);
		expect(said.at(-1)).toBe('wan: sound');
	});

	it('is thrown away when it is not what the hub describes', async () => {
		tamper = true;
		await expect(add()).rejects.toThrow('did not arrive');
		expect(await new ModelRegistry(models).list()).toEqual([]);
	});

	it('says what to do when the hub refuses', async () => {
		await expect(
			run(['add', 'hub:wan/nowhere'], {
				HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
			}),
		).rejects.toThrow('404');
	});
});

describe('the page about the engine', () => {
	it('has the table that the worker works by', async () => {
		expect(readPage()).toBe(await withTables(readPage()));
	});
});
