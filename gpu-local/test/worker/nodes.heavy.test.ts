import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TextToVideo } from '../../../nodes/TextToVideo/TextToVideo.node';
import type { RequestValues } from '../../../providers/contract';
import { localGpu } from '../../../providers/localGpu';
import { runWorkflow } from '../../../test/support/n8nCore';
import { binaryDataReady, storedBytes } from '../../../test/support/n8nModules';
import { credentialsOf, itemParameters } from '../../../test/support/n8nNode';
import { probe } from '../../src/artifacts/probe/index.ts';
import { flowWith, listen, openHelper } from '../../../node-red/test/support/helper';
import { openTinyServer } from './tinyServer.ts';

let server: Awaited<ReturnType<typeof openTinyServer>>;

beforeAll(async () => {
	server = await openTinyServer();
	await binaryDataReady();
});

afterAll(async () => {
	await server?.close();
});

const runNode = async (values: RequestValues) =>
	await runWorkflow({
		nodeTypes: { textToVideo: new TextToVideo() },
		credentials: await credentialsOf('localGpu', { baseUrl: server.url, apiKey: '' }),
		nodes: [
			{
				name: 'Video',
				type: 'textToVideo',
				parameters: itemParameters(localGpu, values) as never,
			},
		],
	});

it('a node in n8n gets the MP4 that diffusers made, as it was asked for', async () => {
	const result = await runNode({
		model: 'animatediff',
		prompt: 'ein Leuchtturm, 灯台, "quoted" 🌊',
		size: '72x48',
		num_frames: 10,
		fps: 12,
		num_inference_steps: 2,
		seed: 7,
		scheduler: 'DDIMScheduler',
		loras: [{ model_name: 'animatediff-lora', strength: 0.8 }],
	});
	expect(result.error).toBeUndefined();
	const [item] = result.items('Video');
	expect(item?.json).toMatchObject({ status: 'succeeded', seed: 7 });
	expect(item?.binary?.data).toMatchObject({ mimeType: 'video/mp4' });
	const file = join(server.models, 'received.mp4');
	await writeFile(file, await storedBytes(item!.binary!.data!));
	expect(await probe(file)).toMatchObject({ width: 72, height: 48, frames: 10, fps: 12 });
});

it('a node in n8n is told what is wrong when the worker refuses the job', async () => {
	const result = await runNode({
		model: 'animatediff',
		prompt: 'a lighthouse',
		loras: [{ model_name: 'zero', strength: 1 }],
	});
	expect(result.error?.message).toContain('changes nothing');
});

it('a node in Node-RED gets the MP4 that diffusers made, as it was asked for', async () => {
	const helper = await openHelper('node-red');
	try {
		const flow = flowWith(server, { id: 'node', type: 'text-to-video', output: 'buffer' });
		await helper.load(helper.nodes, flow, {});
		const out = listen(helper.getNode('out'));
		const caught = listen(helper.getNode('caught'));
		const fields = { model: 'wan', size: '70x50', num_frames: 9, fps: 10, seed: 7 };
		helper.getNode('node').receive({ payload: { prompt: 'ein Leuchtturm', ...fields } });
		const msg = await Promise.race([out.next(), caught.next()]);
		expect(msg.error).toBeUndefined();
		expect(msg.job).toMatchObject({ status: 'succeeded', seed: 7 });
		const file = join(server.models, 'received-in-node-red.mp4');
		await writeFile(file, msg.payload as Buffer);
		expect(await probe(file)).toMatchObject({ width: 70, height: 50, frames: 9, fps: 10 });
		await helper.unload();
	} finally {
		await new Promise<void>((resolve) => helper.stopServer(resolve));
	}
});
