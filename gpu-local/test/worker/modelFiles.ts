import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A .safetensors file with entries of these names (four numbers each), or with a given header. */
export async function writeSafetensors(
	path: string,
	names: string[] = ['a'],
	override: { header?: string; length?: bigint } = {},
): Promise<string> {
	const entries = names.map((name, index) => [
		name,
		{ dtype: 'F32', shape: [4], data_offsets: [index * 16, index * 16 + 16] },
	]);
	const header = Buffer.from(override.header ?? JSON.stringify(Object.fromEntries(entries)));
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(override.length ?? BigInt(header.length));
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, Buffer.concat([length, header, Buffer.alloc(names.length * 16)]));
	return path;
}

/** A pipeline folder in diffusers' layout, with changes to its model_index.json. */
export async function writePipeline(folder: string, changes: object = {}): Promise<string> {
	const index = {
		_class_name: 'WanPipeline',
		transformer: ['diffusers', 'WanTransformer3DModel'],
		transformer_2: [null, null],
		vae: ['diffusers', 'AutoencoderKLWan'],
		...changes,
	};
	await writeSafetensors(join(folder, 'vae', 'model.safetensors'));
	await writeFile(join(folder, 'vae', 'config.json'), '{}');
	await writeFile(join(folder, 'model_index.json'), JSON.stringify(index));
	return folder;
}
