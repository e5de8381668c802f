/** A model that makes several videos of one prompt: all of them arrive. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TINY_MP4 } from '../../../test/simulators/simulator';
import { Stage } from '../support/stage';

const provider = 'novitaAnyModel';
const payload = { model: 'veo-3.1-generate-001', prompt: 'A boat', sample_count: 3 };

describe('several videos of one prompt', () => {
	const stage = new Stage('node-red');
	/** Fetch result asks at once; a model of minutes is not waited for here. */
	async function made(output: string, filename = '') {
		const fetch = {
			...{ id: 'fetch', type: 'text-to-video-result', operation: 'ask', z: 'tab', x: 1, y: 1 },
			...{ account: 'account', output, filename, filenameType: 'str', wires: [['out']] },
		};
		const { node, out } = await stage.load(
			{ mode: 'return', wires: [['fetch']] },
			{ durationMs: 0, queueMs: 0 },
			{ provider, more: () => [fetch] },
		);
		node.receive({ payload: structuredClone(payload) });
		return await out.next();
	}

	it('are files with a number each, the first as it always was', async () => {
		const file = path.join(stage.folder, 'boat.mp4');
		const msg = await made('file', file);
		expect([msg.payload, msg.filename]).toEqual([file, file]);
		expect(msg.videos).toEqual(
			['boat.mp4', 'boat-2.mp4', 'boat-3.mp4'].map((name) => path.join(stage.folder, name)),
		);
		for (const one of msg.videos!) expect(await readFile(one as string)).toEqual(TINY_MP4);
		expect(stage.sim.book.charges).toBe(1);
	});

	it('bear the name of their job in a folder', async () => {
		const { videos, job } = await made('file', `${stage.folder}/clips/`);
		const names = videos!.map((file) => path.basename(file as string, '.mp4'));
		expect(names).toEqual(['', '-2', '-3'].map((end) => `video-${job?.jobId}${end}`));
	});

	it('are Buffers', async () => {
		const { payload: first, videos } = await made('buffer');
		expect(first).toEqual(TINY_MP4);
		expect(videos).toEqual([TINY_MP4, TINY_MP4, TINY_MP4]);
	});
});
