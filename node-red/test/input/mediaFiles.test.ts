/** A picture as an address, a Buffer or the name of a file; nothing else of the machine is ever sent. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Stage } from '../support/stage';

/** The head of a PNG of this size. */
function png(width: number, height: number): Buffer {
	const head = Buffer.alloc(33);
	Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(head);
	head.writeUInt32BE(width, 16);
	head.writeUInt32BE(height, 20);
	return head;
}
const dataUrl = `data:image/png;base64,${png(640, 360).toString('base64')}`;

describe('a picture', () => {
	const stage = new Stage('node-red');
	const submitted = () => JSON.stringify(stage.sim.book.of('submit')[0]?.body ?? '');
	async function send(picture: unknown) {
		const fields = {
			prompt: { type: 'msg', value: 'payload' },
			input_reference: { type: 'msg', value: 'picture' },
		};
		const { node, out, caught } = await stage.load({ mode: 'return', fields });
		await writeFile(path.join(stage.folder, 'fox.png'), png(640, 360));
		await writeFile(path.join(stage.folder, 'secret.png'), 'root:x:0:0');
		await writeFile(path.join(stage.folder, 'small.png'), png(8, 8));
		await mkdir(path.join(stage.folder, 'folder.png'), { recursive: true });
		const given =
			typeof picture === 'string' && picture.startsWith('./')
				? path.join(stage.folder, picture)
				: picture;
		node.receive({ payload: 'A fox', picture: given });
		return { out, caught };
	}

	it.each([
		['the name of a file', './fox.png', dataUrl],
		['a Buffer', png(640, 360), dataUrl],
		['a data URL', dataUrl, dataUrl],
		['an address', 'https://pictures.test/fox.png', 'https://pictures.test/fox.png'],
	])('is taken as %s', async (_name, picture, sent) => {
		const { out } = await send(picture);
		await out.next();
		expect(submitted()).toContain(sent);
	});

	it.each([
		['a file that is no picture', './secret.png', 'give a picture'],
		['a picture that is too small', './small.png', '8 x 8 pixels'],
		['a file that is not there', './gone.png', 'it does not exist'],
		['a folder', './folder.png', 'it is no file'],
		['a word', 'fox', 'a Buffer or the name of a file'],
	])('is refused as %s, before anything is sent', async (_name, picture, words) => {
		const { caught } = await send(picture);
		const { failure } = await caught.next();
		expect(failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
		expect(failure?.message).toContain(words);
		expect(failure?.message).not.toContain('root:');
		expect(stage.sim.book.requests).toEqual([]);
	});
});
