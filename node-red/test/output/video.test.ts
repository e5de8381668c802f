/** What becomes of the video. */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TINY_MP4 } from '../../../test/simulators/simulator';
import { checkTarget } from '../../src/output/target';
import { until } from '../support/helper';
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

		it.each([
			['a NUL', 'fox\0.mp4', 'no file name can have'],
			['too long a name', `${'x'.repeat(300)}.mp4`, 'longer than 255 bytes'],
			['a file for a folder', 'file/fox.mp4', 'is a file and no folder'],
			['a file for a folder above', 'file/deep/er/', 'is a file and no folder'],
			['a number', 5, 'File is 5 (number)'],
			['a list', ['a.mp4'], 'File is ["a.mp4"] (array)'],
		])('is refused %s before anything is paid', async (_name, name, words) => {
			const { node, caught } = await stage.load({ output: 'file' });
			await writeFile(path.join(stage.folder, 'file'), '');
			const filename = typeof name === 'string' ? path.join(stage.folder, '/') + name : name;
			node.receive({ payload: 'A fox', filename });
			const { failure } = await caught.next();
			expect(failure?.message).toContain(words);
			expect(failure?.accepted).toBe('no');
			expect(stage.sim.book.requests).toEqual([]);
		});

		it('tells at once of a disk that fails, once, with the reason and the way on', async () => {
			const { node, caught } = await stage.load({ output: 'file' });
			const folder = path.join(stage.folder, 'soon');
			node.receive({ payload: 'A fox', filename: path.join(folder, 'fox.mp4') });
			await until(() => stage.sim.book.charges === 1);
			// What was a place for a folder becomes a file while the video is made.
			await writeFile(folder, '');
			const { failure, job } = await caught.next();
			expect(failure?.message).toContain(`could not be written to ${path.join(folder, 'fox.mp4')}`);
			expect(failure?.advice).toContain('Choose another file name');
			expect(job?.status).toBe('succeeded');
			expect(stage.sim.book.of('content')).toHaveLength(1);
			await rm(folder);
		});

		it('has room for the longest name that a file can have', async () => {
			const { node, out } = await stage.load({ output: 'file' });
			const filename = path.join(stage.folder, `${'x'.repeat(251)}.mp4`);
			node.receive({ payload: 'A fox', filename });
			expect((await out.next()).payload).toBe(filename);
			await rm(filename);
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

describe('a file name on Windows', () => {
	it.each([
		'C:\\videos\\CON',
		'C:\\videos\\aux.mp4',
		'C:\\nul\\boat.mp4',
		'C:\\videos\\Com1.final.mp4',
		'C:\\videos\\12:30.mp4',
		'C:\\videos\\boat?.mp4',
		'C:\\videos\\boat.mp4.',
		'C:\\videos \\boat.mp4',
	])('is refused before anything is paid: %s', async (name) => {
		expect(await checkTarget(name, 'win32')).toEqual({ reason: 'not-on-windows' });
		expect(await checkTarget(name, 'linux')).toBeUndefined();
	});

	it.each([
		'C:\\videos\\console.mp4',
		'C:\\videos\\.hidden\\boat',
		'\\\\server\\share\\boat.mp4',
		'\\\\?\\C:\\videos\\boat.mp4',
		'C:\\videos\\..\\boat.mp4',
	])('is taken: %s', async (name) => {
		expect(await checkTarget(name, 'win32')).toBeUndefined();
	});
});
