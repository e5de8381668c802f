/** What becomes of the video. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TINY_MP4 } from '../../../test/simulators/simulator';
import { Stage, VERSIONS } from '../support/stage';

describe.each(VERSIONS)('%s', (version) => {
	const stage = new Stage(version);

	describe('the video', () => {
		it('is streamed to the file that msg.filename names, and nothing half-written stays', async () => {
			const { node, out } = await stage.load({ output: 'file' });
			const filename = path.join(stage.folder, 'deep/er/fox.mp4');
			node.receive({ payload: 'A fox', filename });
			const msg = await out.next();
			expect([msg.payload, msg.filename]).toEqual([filename, filename]);
			expect(await readFile(filename)).toEqual(TINY_MP4);
			expect(await readdir(path.dirname(filename))).toEqual(['fox.mp4']);
			expect(stage.sim.book.keyLeaks).toEqual([]);
		});

		it('is named by its job where a folder is given', async () => {
			const filename = `${path.join(stage.folder, 'clips')}/`;
			const { node, out } = await stage.load({ output: 'file', filename, filenameType: 'str' });
			node.receive({ payload: 'A fox' });
			const { payload, job } = await out.next();
			expect(payload).toBe(path.join(stage.folder, 'clips', `video-${job?.jobId}.mp4`));
		});

		it('has a place to go before anything is paid', async () => {
			const { node, caught } = await stage.load({ output: 'file' });
			node.receive({ payload: 'A fox' });
			expect(((await caught.next()).error as { message: string }).message).toContain(
				'File is empty',
			);
			expect(stage.sim.book.requests).toEqual([]);
		});

		it('is given as a Buffer or as a stream', async () => {
			const { node, out } = await stage.load({ output: 'buffer' });
			node.receive({ payload: 'A fox' });
			expect((await out.next()).payload).toEqual(TINY_MP4);
			await stage.clear();

			const second = await stage.load({ output: 'stream' });
			second.node.receive({ payload: 'A fox' });
			const chunks = [];
			for await (const chunk of (await second.out.next()).payload as AsyncIterable<Buffer>) {
				chunks.push(chunk);
			}
			expect(Buffer.concat(chunks)).toEqual(TINY_MP4);
		});

		it('is not taken into memory beyond the limit, and the job is not lost by that', async () => {
			const { node, caught } = await stage.load({ output: 'buffer', maximumSize: '0.0001' });
			node.receive({ payload: 'A fox' });
			const msg = await caught.next();
			expect((msg.error as { message: string }).message).toContain('is larger than');
			expect(msg.job).toMatchObject({ status: 'succeeded' });
			expect(msg.job?.videos).toHaveLength(1);
		});
	});
});
