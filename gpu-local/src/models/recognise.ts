import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import type { CheckpointFacts } from './published.ts';
import { readGgufHeader } from './gguf.ts';
import type { Header } from './safetensors.ts';
import { readSafetensorsHeader, UnsafeModelError } from './safetensors.ts';
import { readTable, startImageOf } from './table.ts';
import type { StartImage } from './table.ts';

export const KINDS = [
	'checkpoint',
	'lora',
	'embedding',
	'motion-adapter',
	'sd-config',
	'base',
	'vae',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Recognised {
	kind: Kind;
	/** A family of the table; for a LoRA or embedding the one it seems to be for. */
	family: string;
	sizeBytes: number;
	/** Whether it begins a video with a picture; left out: never. */
	startImage?: StartImage;
	/** What tells which checkpoint it is, where its files say so. */
	facts?: Omit<CheckpointFacts, 'family' | 'name'>;
	/** Every file that is read, relative to the model; empty text for a model that is one file. */
	files: string[];
}

const MAX_CONFIG_BYTES = 4_000_000;

/** What a file or folder is, after everything in it was checked. Nothing of it is run. */
export async function recognise(path: string): Promise<Recognised> {
	const info = await stat(path).catch(() => undefined);
	if (!info) throw new UnsafeModelError(`${path} is not there.`);
	if (info.isDirectory()) return await recogniseFolder(path);
	if (extname(path) === '.gguf')
		return { ...(await kindOfGguf(path)), sizeBytes: info.size, files: [''] };
	const header = await readSafetensorsHeader(path);
	return { ...kindOfFile(path, header), sizeBytes: info.size, files: [''] };
}

async function kindOfGguf(path: string): Promise<Pick<Recognised, 'kind' | 'family'>> {
	const found = denoiserOf(await readGgufHeader(path));
	if (found) return found;
	throw new UnsafeModelError(
		`${basename(path)} is no Wan or LTX-Video model. Of GGUF files only those are read.`,
	);
}

/** By the names of its entries, as the trainers of each kind write them. */
function kindOfFile(
	path: string,
	header: Header,
): Pick<Recognised, 'kind' | 'family' | 'startImage' | 'facts'> {
	const names = Object.keys(header);
	const some = (pattern: RegExp) => names.some((name) => pattern.test(name));
	// A LoRA may be for motion modules and names them too.
	if (some(/lora|\.diff(_b)?$/i)) return { kind: 'lora', family: loraFamily(names) };
	if (some(/motion_modules\./)) return { kind: 'motion-adapter', family: 'animatediff' };
	if (some(/^model\.diffusion_model\.input_blocks\./)) {
		return { kind: 'checkpoint', family: 'animatediff' };
	}
	const denoiser = denoiserOf(header);
	if (denoiser) return denoiser;
	if (WAN_VAE.some((name) => names.includes(name))) return { kind: 'vae', family: 'wan' };
	if (names.length === 1 || names.includes('emb_params')) {
		return { kind: 'embedding', family: 'animatediff' };
	}
	throw new UnsafeModelError(
		`${basename(path)} is no SD 1.x checkpoint, Wan or LTX-Video model in ComfyUI's layout, VAE of Wan, LoRA, embedding or motion adapter. Other models are added as a folder in diffusers' layout.`,
	);
}

/** What only Wan's VAE has, by the names of its authors and of diffusers. */
const WAN_VAE = ['decoder.middle.0.residual.0.gamma', 'decoder.mid_block.resnets.0.norm1.gamma'];

/** What ComfyUI puts before the names, where a file holds more than the denoiser. */
const PREFIX = /^(model\.)?diffusion_model\./;

/** A Wan or LTX-Video denoiser by the names of its authors, or of diffusers. */
function denoiserOf(
	header: Header,
): Pick<Recognised, 'kind' | 'family' | 'startImage' | 'facts'> | undefined {
	const shapes = new Map(
		Object.entries(header).map(([name, entry]) => [name.replace(PREFIX, ''), entry?.shape]),
	);
	const has = (name: string): boolean => shapes.has(`${name}.weight`);
	if (has('audio_patchify_proj')) return undefined;
	const wan = has('patch_embedding') && (has('head.head') || has('proj_out'));
	if (wan && [...shapes.keys()].some((name) => /^blocks\.0\.(self_attn|attn1)\./.test(name))) {
		const [width, channels] = shapes.get('patch_embedding.weight') ?? [];
		const startImage = WAN_CHANNELS[channels ?? 0];
		return {
			kind: 'checkpoint',
			family: 'wan',
			...(startImage ? { startImage } : {}),
			facts: factsOf(width, channels, false),
		};
	}
	if ((has('patchify_proj') || has('proj_in')) && has('transformer_blocks.0.attn2.to_k')) {
		const [width, channels] =
			shapes.get('patchify_proj.weight') ?? shapes.get('proj_in.weight') ?? [];
		return {
			kind: 'checkpoint',
			family: 'ltx',
			startImage: 'optional',
			facts: factsOf(width, channels, false),
		};
	}
	return undefined;
}

function factsOf(
	width: unknown,
	channels: unknown,
	experts: boolean,
): NonNullable<Recognised['facts']> {
	return {
		...(typeof width === 'number' ? { width } : {}),
		...(typeof channels === 'number' ? { channels } : {}),
		experts,
	};
}

/** Channels that go into Wan: 16 of noise, 36 with a mask and a picture, 48 of TI2V-5B's denser VAE. */
const WAN_CHANNELS: Record<number, StartImage> = { 36: 'required', 48: 'optional' };

function loraFamily(names: string[]): string {
	const some = (pattern: RegExp) => names.some((name) => pattern.test(name));
	if (some(/unet|lora_te/)) return 'animatediff';
	if (some(/patchify_proj|caption_projection/)) return 'ltx';
	if (some(/blocks[._]\d+[._](self_attn|cross_attn|ffn|attn[12])/)) {
		return some(/transformer_blocks/) ? 'ltx' : 'wan';
	}
	if (some(/attn1\.(to_|norm)/)) return some(/attn2/) ? 'ltx' : 'cogvideox';
	return 'unknown';
}

async function recogniseFolder(root: string): Promise<Recognised> {
	const { files, sizeBytes } = await checkFolder(root);
	const index = files.includes('model_index.json')
		? await readJson(root, 'model_index.json')
		: undefined;
	const sized = { sizeBytes, files };
	if (!index) return { ...(await kindOfPart(root, files)), ...sized };
	checkParts(root, index);
	const className = index._class_name;
	for (const [family, row] of Object.entries(readTable().families)) {
		if (typeof className === 'string' && row.pipelineClasses.includes(className)) {
			const weights = files.some((file) => file.endsWith('.safetensors'));
			const startImage = startImageOf(row, index);
			return {
				kind: weights ? 'checkpoint' : 'sd-config',
				family,
				...(weights && startImage ? { startImage } : {}),
				...(weights ? { facts: await factsOfFolder(root, files, index) } : {}),
				...sized,
			};
		}
	}
	const known = Object.values(readTable().families).flatMap((row) => row.pipelineClasses);
	throw new UnsafeModelError(
		`${basename(root)} is a ${JSON.stringify(className)}; supported are ${known.join(', ')}.`,
	);
}

async function factsOfFolder(
	root: string,
	files: string[],
	index: Record<string, unknown>,
): Promise<NonNullable<Recognised['facts']>> {
	const name = 'transformer/config.json';
	const config = files.includes(name) ? await readJson(root, name) : {};
	const heads = Number(config.num_attention_heads);
	const width = heads * Number(config.attention_head_dim);
	return factsOf(
		Number.isFinite(width) ? width : undefined,
		config.in_channels,
		typeof index.boundary_ratio === 'number',
	);
}

async function kindOfPart(
	root: string,
	files: string[],
): Promise<Pick<Recognised, 'kind' | 'family'>> {
	const config = files.includes('config.json') ? await readJson(root, 'config.json') : {};
	if (config._class_name === 'MotionAdapter') {
		return { kind: 'motion-adapter', family: 'animatediff' };
	}
	const weights = files.some((file) => file.endsWith('.safetensors'));
	if (config._class_name === 'AutoencoderKLWan' && weights) return { kind: 'vae', family: 'wan' };
	throw new UnsafeModelError(
		`${basename(root)} has no model_index.json, so it is not a model in diffusers' layout.`,
	);
}

/** Every file of a folder; weights are sound, nothing leads out, no configuration asks for code. */
async function checkFolder(root: string): Promise<{ files: string[]; sizeBytes: number }> {
	const home = await homeOf(root);
	const files: string[] = [];
	let sizeBytes = 0;
	for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
		const path = join(entry.parentPath, entry.name);
		const name = relative(root, path).split(sep).join('/');
		if (entry.isSymbolicLink()) {
			const target = await realpath(path).catch(() => '');
			if (!target.startsWith(home + sep)) {
				throw new UnsafeModelError(`${basename(root)}: ${name} leads out of the folder.`);
			}
		}
		const info = await stat(path);
		if (!info.isFile()) continue;
		if (extname(name) === '.safetensors') await readSafetensorsHeader(path);
		else if (extname(name) === '.json') await checkConfig(root, name);
		// Whatever else lies there (a README, a pickle beside the weights) is never opened.
		else if (!/\.(txt|model|jinja)$/.test(name)) continue;
		files.push(name);
		sizeBytes += info.size;
	}
	return { files: files.sort(), sizeBytes };
}

/** The hub's own cache keeps a snapshot as links into the same model's blobs. */
async function homeOf(root: string): Promise<string> {
	const real = await realpath(root);
	return basename(dirname(real)) === 'snapshots' ? dirname(dirname(real)) : real;
}

async function checkConfig(root: string, name: string): Promise<void> {
	if (!/(^|[/_])config\.json$/.test(name)) return;
	if ('auto_map' in (await readJson(root, name))) {
		throw new UnsafeModelError(
			`${basename(root)}: ${name} asks to run the model's own code (auto_map).`,
		);
	}
}

async function readJson(root: string, name: string): Promise<Record<string, unknown>> {
	const path = join(root, name);
	if ((await stat(path)).size > MAX_CONFIG_BYTES) {
		throw new UnsafeModelError(`${basename(root)}: ${name} is too large.`);
	}
	try {
		const value: unknown = JSON.parse(await readFile(path, 'utf8'));
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
			return value as Record<string, unknown>;
		}
	} catch {
		// Said below, as for any other text that is no object.
	}
	throw new UnsafeModelError(`${basename(root)}: ${name} is not a JSON object.`);
}

function checkParts(root: string, index: Record<string, unknown>): void {
	const { allowedParts } = readTable();
	for (const [part, value] of Object.entries(index)) {
		if (part.startsWith('_') || !Array.isArray(value) || value.every((v) => v === null)) continue;
		const [library, name] = value as unknown[];
		const allowed =
			value.length === 2 &&
			typeof library === 'string' &&
			typeof name === 'string' &&
			Object.hasOwn(allowedParts, library) &&
			allowedParts[library]!.includes(name);
		if (!allowed || /^\.{1,2}$|[/\\]/.test(part)) {
			throw new UnsafeModelError(
				`${basename(root)}: model_index.json wants ${value.map(String).join('.')} as "${part}", which is not allowed.`,
			);
		}
	}
}
