import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../lib/usageError.ts';
import { baseOf, isDenoiserFile } from './parts.ts';
import { profileParts } from './profile.ts';
import type { ModelEntry, ModelRegistry } from './registry.ts';
import { readSafetensorsHeader } from './safetensors.ts';

/** What a profile says to decode with it. */
const SETTING = 'light_vae=on';

/** diffusers' own values of what a configuration leaves out. */
const DEFAULTS: Record<string, unknown> = {
	z_dim: 16,
	dim_mult: [1, 2, 4, 4],
	temperal_downsample: [false, true, true],
	is_residual: false,
	in_channels: 3,
	out_channels: 3,
	patch_size: null,
	scale_factor_temporal: 4,
	scale_factor_spatial: 8,
};

/** What must be said by both, because diffusers' own values are long lists; the worker compares those too. */
const LISTS = ['latents_mean', 'latents_std'];

type Config = Record<string, unknown>;

/**
 * Throws where a model's light VAE is missing or would read its latents otherwise than its own. The worker
 * compares the whole of both before it loads one.
 */
export async function checkLightVae(registry: ModelRegistry, entry: ModelEntry): Promise<void> {
	const asked = profileParts(entry.profile ?? '').includes(SETTING);
	if (entry.lightVae === undefined) {
		if (!asked) return;
		throw new UsageError(
			`The profile has ${SETTING}, and the model has no light VAE. Add one with "gpu-local models add FILE" and name it with --light-vae.`,
		);
	}
	const entries = await registry.list();
	const vaes = entries.filter(({ kind }) => kind === 'vae');
	const light = vaes.find(({ alias }) => alias === entry.lightVae);
	if (!light) {
		throw new UsageError(
			`--light-vae is "${entry.lightVae}", and no VAE has this name. There is: ${vaes.map(({ alias }) => alias).join(', ') || 'none'}.`,
		);
	}
	if (entry.kind !== 'checkpoint' || entry.family !== light.family) {
		throw new UsageError('--light-vae is for Wan models alone; light VAEs of others are not read.');
	}
	const whole = isDenoiserFile(entry) ? baseOf(entry, entries) : entry;
	// Said where the model is used: its other parts may be added later.
	if (!whole) return;
	const own = await readConfig(join(registry.pathOf(whole), 'vae'));
	const other = await describe(registry.pathOf(light));
	const name = [...Object.keys(DEFAULTS), ...LISTS].find((one) => differs(own, other, one));
	if (name === undefined) return;
	throw new UsageError(
		`The light VAE "${light.alias}" does not fit this model: its ${name} is ${said(other, name)}, the model's is ${said(own, name)}.`,
	);
}

function differs(own: Config, other: Partial<Config>, name: string): boolean {
	// A single file says only what its shapes show.
	if (other[name] === undefined || (LISTS.includes(name) && own[name] === undefined)) return false;
	return said(own, name) !== said(other, name);
}

const said = (config: Config, name: string): string =>
	JSON.stringify(config[name] ?? DEFAULTS[name] ?? null);

async function readConfig(folder: string): Promise<Config> {
	const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}');
	return JSON.parse(text) as Config;
}

/** What a VAE says of itself, in the words of diffusers' configuration. */
async function describe(path: string): Promise<Config> {
	if ((await stat(path)).isDirectory()) return { ...DEFAULTS, ...(await readConfig(path)) };
	const header = await readSafetensorsHeader(path);
	const first = (...names: string[]): unknown =>
		names.map((name) => header[name]?.shape?.[0]).find((length) => length !== undefined);
	return {
		z_dim: first('conv2.weight', 'post_quant_conv.weight'),
		out_channels: first('decoder.head.2.weight', 'decoder.conv_out.weight'),
	};
}
