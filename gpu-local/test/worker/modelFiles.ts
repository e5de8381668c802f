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

export interface GgufTensor {
	name: string;
	/** The fastest dimension last. */
	shape: number[];
	/** 0: F32, 8: Q8_0. */
	type: number;
}

/** A .gguf file with these tensors, or one that lies. */
export async function writeGguf(
	path: string,
	tensors: GgufTensor[],
	how: { version?: number; count?: number; entries?: number; offset?: number; cut?: number } = {},
): Promise<string> {
	const uint32 = (value: number): Buffer => {
		const bytes = Buffer.alloc(4);
		bytes.writeUInt32LE(value);
		return bytes;
	};
	const uint64 = (value: bigint | number): Buffer => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigUInt64LE(BigInt(value));
		return bytes;
	};
	const text = (value: string): Buffer => Buffer.concat([uint64(value.length), Buffer.from(value)]);
	const alignment = 32;
	let end = 0;
	const infos = tensors.map(({ name, shape, type }) => {
		const offset = Math.ceil(end / alignment) * alignment;
		const numbers = shape.reduce((product, length) => product * length, 1);
		end = offset + (type === 8 ? Math.ceil(numbers / 32) * 34 : numbers * 4);
		return Buffer.concat([
			text(name),
			uint32(shape.length),
			...shape.toReversed().map(uint64),
			uint32(type),
			uint64(how.offset ?? offset),
		]);
	});
	const header = Buffer.concat([
		Buffer.from('GGUF'),
		uint32(how.version ?? 3),
		uint64(how.count ?? tensors.length),
		uint64(how.entries ?? 1),
		...(how.entries === undefined ? [text('general.name'), uint32(8), text('tiny')] : []),
		...infos,
	]);
	const padding = Buffer.alloc((alignment - (header.length % alignment)) % alignment);
	await writeFile(path, Buffer.concat([header, padding, Buffer.alloc(end - (how.cut ?? 0))]));
	return path;
}
