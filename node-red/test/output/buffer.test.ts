/** A video that is to lie in memory. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../providers/contract';
import { toBuffer } from '../../src/output/buffer';

const MIB = 1024 ** 2;
const job: Job = {
	...{ provider: 'p', jobId: 'j7', status: 'succeeded', videos: [], submittedAt: '' },
};
const file = (chunks: Buffer[], sizeBytes?: number) => {
	let read = 0;
	const parts = function* () {
		for (const chunk of chunks) {
			read += chunk.byteLength;
			yield chunk;
		}
	};
	return {
		file: {
			...{ stream: Readable.from(parts()), fileName: 'v.mp4', mimeType: 'video/mp4' },
			...(sizeBytes === undefined ? {} : { sizeBytes }),
		},
		read: () => read,
	};
};
const chunks = Array.from({ length: 8 }, (_unused, index) => Buffer.alloc(4 * MIB, index));
const whole = Buffer.concat(chunks);

describe('a Buffer', () => {
	it.each([
		['announced', whole.byteLength],
		['not announced', undefined],
		['announced too small', 5 * MIB],
		['announced too large', 40 * MIB],
	])('holds the whole video where its size is %s', async (_name, sizeBytes) => {
		const buffer = await toBuffer(file(chunks, sizeBytes).file, job, () => 1024 * MIB);
		expect(buffer.equals(whole)).toBe(true);
	});

	it('is refused before anything of it is read where it can not fit', async () => {
		const { file: large, read } = file(chunks, whole.byteLength);
		await expect(toBuffer(large, job, () => 16 * MIB)).rejects.toMatchObject({
			message: expect.stringMatching(/job j7 has at least 32 MiB .* where 12 MiB are free/),
			advice: expect.stringContaining('Choose a file'),
		});
		expect(read()).toBe(0);
	});

	it('is given up while it arrives where nobody said how large it is', async () => {
		const { file: large, read } = file(chunks);
		await expect(toBuffer(large, job, () => 16 * MIB)).rejects.toThrow('does not fit into memory');
		expect(read()).toBeLessThan(whole.byteLength);
	});
});
