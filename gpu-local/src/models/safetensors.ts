import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { UsageError } from '../lib/usageError.ts';

/** A model file or folder that is not loaded, and why. */
export class UnsafeModelError extends UsageError {
	override readonly name = 'UnsafeModelError';
}

const MAX_HEADER_BYTES = 100_000_000;

export type Header = Record<string, { dtype?: string; shape?: number[]; data_offsets?: unknown }>;

/** The header of a .safetensors file: eight bytes of length, then JSON whose spans lie in the file. */
export async function readSafetensorsHeader(path: string): Promise<Header> {
	if (extname(path) !== '.safetensors') {
		throw new UnsafeModelError(
			`${path} is not a .safetensors or .gguf file. Other formats can run code, so they are not used; get the model as .safetensors.`,
		);
	}
	const file = await open(path, 'r');
	try {
		const { size } = await file.stat();
		const { buffer: start, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
		const length = bytesRead === 8 ? start.readBigUInt64LE() : 0n;
		if (length < 2n || length > BigInt(Math.min(MAX_HEADER_BYTES, size - 8))) {
			throw new UnsafeModelError(
				`${path} is not a safetensors file: its header's length is wrong.`,
			);
		}
		const text = Buffer.alloc(Number(length));
		await file.read(text, 0, text.length, 8);
		return checkHeader(path, text, size - 8 - text.length);
	} finally {
		await file.close();
	}
}

function checkHeader(path: string, text: Buffer, dataBytes: number): Header {
	let header: unknown;
	try {
		header = JSON.parse(text.toString('utf8'));
	} catch {
		throw new UnsafeModelError(`${path} is not a safetensors file: its header is not JSON.`);
	}
	if (typeof header !== 'object' || header === null || Array.isArray(header)) {
		throw new UnsafeModelError(`${path} is not a safetensors file: its header is not an object.`);
	}
	const { __metadata__: _, ...entries } = header as Header;
	for (const [name, entry] of Object.entries(entries)) {
		const span = entry?.data_offsets;
		const [from, to] = Array.isArray(span) && span.length === 2 ? (span as unknown[]) : [];
		const sound =
			Number.isInteger(from) &&
			Number.isInteger(to) &&
			0 <= (from as number) &&
			(from as number) <= (to as number) &&
			(to as number) <= dataBytes;
		if (!sound) throw new UnsafeModelError(`${path}: its entry "${name}" lies outside the file.`);
	}
	return entries;
}
