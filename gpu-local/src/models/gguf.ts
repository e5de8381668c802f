import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Header } from './safetensors.ts';
import { UnsafeModelError } from './safetensors.ts';

/** Numbers in a block and the bytes that it takes, by type: those that the worker reads. */
const BLOCKS: Record<number, [name: string, numbers: number, bytes: number]> = {
	0: ['F32', 1, 4],
	1: ['F16', 1, 2],
	2: ['Q4_0', 32, 18],
	3: ['Q4_1', 32, 20],
	6: ['Q5_0', 32, 22],
	7: ['Q5_1', 32, 24],
	8: ['Q8_0', 32, 34],
	10: ['Q2_K', 256, 84],
	11: ['Q3_K', 256, 110],
	12: ['Q4_K', 256, 144],
	13: ['Q5_K', 256, 176],
	14: ['Q6_K', 256, 210],
	20: ['IQ4_NL', 32, 18],
	23: ['IQ4_XS', 256, 136],
	30: ['BF16', 1, 2],
};
const MAX_TENSORS = 100_000;
const MAX_ENTRIES = 10_000;
const MAX_TEXT_BYTES = 1_000_000;
const MAX_LIST = 10_000_000;
const MAX_DIMENSIONS = 8;
const DEFAULT_ALIGNMENT = 32;
/** Bytes of a value, by type. */
const SIZES: Record<number, number> = {
	...{ 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1 },
	...{ 10: 8, 11: 8, 12: 8 },
};
const UINT32 = 4;
const TEXT = 8;
const LIST = 9;

interface Tensor {
	name: string;
	dtype: string;
	shape: number[];
	bytes: number;
	offset: number;
}

/** The tensors of a .gguf file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), held to lie in it. */
export async function readGgufHeader(path: string): Promise<Header> {
	const file = await open(path, 'r');
	try {
		const { size } = await file.stat();
		const reader = new Reader(path, file, size);
		const { tensors, alignment } = await readTensors(reader);
		const dataBytes = size - Math.ceil(reader.position / alignment) * alignment;
		const header: Header = {};
		for (const { name, dtype, shape, bytes, offset } of tensors) {
			if (offset % alignment !== 0 || offset + bytes > dataBytes) {
				reader.refuse(`its entry "${name}" lies outside the file`);
			}
			if (Object.hasOwn(header, name)) reader.refuse('two of its entries have one name');
			header[name] = { dtype, shape };
		}
		return header;
	} finally {
		await file.close();
	}
}

async function readTensors(reader: Reader): Promise<{ tensors: Tensor[]; alignment: number }> {
	if ((await reader.take(4)).toString('latin1') !== 'GGUF')
		reader.refuse('it does not begin as one');
	const version = await reader.uint32();
	if (version !== 2 && version !== 3) {
		reader.refuse(`its version is ${version}, and 2 and 3 are read`);
	}
	const count = await reader.uint64();
	const entries = await reader.uint64();
	if (count > MAX_TENSORS || entries > MAX_ENTRIES) reader.refuse('it claims too many entries');
	let alignment = DEFAULT_ALIGNMENT;
	for (let entry = 0; entry < entries; entry += 1) {
		const name = await reader.text();
		const type = await reader.uint32();
		if (name === 'general.alignment' && type === UINT32) alignment = await reader.uint32();
		else await reader.skipValue(type);
	}
	if (alignment < 1 || (alignment & (alignment - 1)) !== 0) {
		reader.refuse(`its alignment is ${alignment}`);
	}
	const tensors: Tensor[] = [];
	for (let index = 0; index < count; index += 1) tensors.push(await reader.tensor());
	return { tensors, alignment };
}

/** Reads forward, a part of the file at a time: a header is small beside its weights. */
class Reader {
	#held = Buffer.alloc(0);
	#heldAt = 0;
	position = 0;

	constructor(
		readonly path: string,
		readonly file: FileHandle,
		readonly size: number,
	) {}

	refuse(why: string): never {
		throw new UnsafeModelError(`${this.path} is not a GGUF file that can be read: ${why}.`);
	}

	async take(count: number): Promise<Buffer> {
		this.#need(count);
		let at = this.position - this.#heldAt;
		if (at < 0 || at + count > this.#held.length) {
			const length = Math.min(Math.max(count, 65_536), this.size - this.position);
			const { buffer, bytesRead } = await this.file.read(
				Buffer.alloc(length),
				0,
				length,
				this.position,
			);
			this.#held = buffer.subarray(0, bytesRead);
			this.#heldAt = this.position;
			at = 0;
			if (bytesRead < count) this.refuse('its header ends too early');
		}
		this.position += count;
		return this.#held.subarray(at, at + count);
	}

	#need(count: number): void {
		if (count > this.size - this.position) this.refuse('its header ends too early');
	}

	async uint32(): Promise<number> {
		return (await this.take(4)).readUInt32LE();
	}

	/** Larger than any file is refused by what it counts. */
	async uint64(): Promise<number> {
		return Number((await this.take(8)).readBigUInt64LE());
	}

	async text(): Promise<string> {
		const length = await this.uint64();
		if (length > MAX_TEXT_BYTES) this.refuse('a name in it is too long');
		return (await this.take(length)).toString('utf8');
	}

	async skipValue(type: number): Promise<void> {
		if (type === TEXT) return void (await this.text());
		if (type !== LIST) return this.#skip(this.#sizeOf(type));
		const inner = await this.uint32();
		const count = await this.uint64();
		if (count > MAX_LIST || inner === LIST) this.refuse('a list in it is too long or too deep');
		if (inner !== TEXT) return this.#skip(this.#sizeOf(inner) * count);
		for (let index = 0; index < count; index += 1) await this.text();
	}

	#sizeOf(type: number): number {
		return SIZES[type] ?? this.refuse('a value in it has an unknown type');
	}

	#skip(count: number): void {
		this.#need(count);
		this.position += count;
	}

	async tensor(): Promise<Tensor> {
		const name = await this.text();
		const dimensions = await this.uint32();
		if (dimensions > MAX_DIMENSIONS) {
			this.refuse(`its entry "${name}" has ${dimensions} dimensions`);
		}
		const shape: number[] = [];
		for (let index = 0; index < dimensions; index += 1) shape.unshift(await this.uint64());
		const type = await this.uint32();
		const offset = await this.uint64();
		const [dtype, numbers, blockBytes] =
			BLOCKS[type] ??
			this.refuse(`its entry "${name}" is stored in a way that is not read (type ${type})`);
		if ((shape.at(-1) ?? numbers) % numbers !== 0) {
			this.refuse(`its entry "${name}" is no whole number of blocks`);
		}
		const all = shape.reduce((product, length) => product * length, 1);
		return { name, dtype, shape, bytes: (all / numbers) * blockBytes, offset };
	}
}
