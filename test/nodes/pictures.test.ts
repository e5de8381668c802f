/** A picture as input in n8n: an address, a data URL, or the name of a file that the item carries. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import type { RequestValues } from '../../providers/contract';
import { providerById, providers } from '../../providers/registry';
import { fieldsOf } from '../../providers/schema/fields';
import { smallValues } from '../simulators/client';
import { runWorkflow } from '../support/n8nCore';
import { credentialsOf, itemParameters } from '../support/n8nNode';

/** The head of a PNG of this size. */
function png(width: number, height: number): Buffer {
	const size = Buffer.alloc(8);
	size.writeUInt32BE(width, 0);
	size.writeUInt32BE(height, 4);
	const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
	return Buffer.concat([head, size, Buffer.from('0806000000', 'hex')]);
}

let server: Server;
let baseUrl: string;
let bodies: Array<Record<string, unknown>> = [];

beforeAll(async () => {
	server = createServer(async (request, response) => {
		// The price list, which no test here is about.
		if (request.method === 'GET') return void response.writeHead(404).end();
		let text = '';
		for await (const chunk of request) text += String(chunk);
		bodies.push(JSON.parse(text) as Record<string, unknown>);
		// A certain "no", so that every submit ends here.
		response.writeHead(400, { 'content-type': 'application/json' }).end('{"message":"enough"}');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
	bodies = [];
});
afterAll(() => server.close());

let runs = 0;

async function run(provider: string, values: RequestValues, pictures: Buffer[]) {
	runs += 1;
	return await runWorkflow({
		nodeTypes: { textToVideo: new TextToVideo() },
		credentials: await credentialsOf(provider, { baseUrl: `${baseUrl}/${runs}`, apiKey: 'key' }),
		items: pictures.map((picture) => ({
			json: {},
			binary: { photo: { mimeType: 'image/png', data: picture.toString('base64') } },
		})),
		nodes: [
			{
				name: 'Video',
				type: 'textToVideo',
				parameters: {
					...itemParameters(providerById(provider), values),
					whenSubmitted: 'return',
				} as never,
				onError: 'continueRegularOutput',
			},
		],
	});
}

const hailuo = { model: 'minimax/hailuo-2.3', prompt: 'The boat sails', image_url: 'photo' };

it('sends each item its own file as the documented data URL', async () => {
	const [first, second] = [png(640, 480), png(800, 600)];
	await run('aimlapi', hailuo, [first, second]);
	const sent = bodies.map(({ image_url: url }) => url);
	const expected = [first, second].map(
		(file) => `data:image/png;base64,${file.toString('base64')}`,
	);
	expect(sent.toSorted()).toEqual(expected.toSorted());
});

/** Providers without a list of models, which have the field itself. */
const withOwnField = providers.flatMap((provider) =>
	fieldsOf(provider.request)
		.filter(({ media }) => media?.kind === 'image')
		.map(({ name }) => [provider.id, name] as const),
);

it.each(withOwnField)('sends the file of the item for %s, %s', async (id, name) => {
	const file = png(640, 480);
	await run(id, { ...smallValues(providerById(id)), [name]: 'photo' }, [file]);
	expect(JSON.stringify(bodies)).toContain(`data:image/png;base64,${file.toString('base64')}`);
});

it('is taken by your own GPU too', () => {
	expect(withOwnField).toContainEqual(['localGpu', 'input_reference']);
});

it('looks at the size before anything is sent', async () => {
	const result = await run('aimlapi', hailuo, [png(200, 150)]);
	expect(result.items('Video')[0]!.json.message).toBe(
		'First Frame (image_url) is "image/png, 1 kB, 200 x 150 pixels", which is not allowed: the shorter side must have 301 pixels or more.',
	);
	expect(bodies).toEqual([]);
});

it('says that only an address is taken, before anything is sent', async () => {
	const values = { model: 'x-ai/grok-imagine-video', prompt: 'Sail', image_url: 'photo' };
	const result = await run('aimlapi', values, [png(640, 480)]);
	expect(result.items('Video')[0]!.json.message).toContain(
		'this model takes the public web address of a picture only',
	);
	expect(bodies).toEqual([]);
});

it('says how a picture can be given, where the item has no file of that name', async () => {
	const result = await run('aimlapi', { ...hailuo, image_url: 'image' }, [png(640, 480)]);
	expect(result.items('Video')[0]!.json.message).toBe(
		'First Frame (image_url) is "image", which is not allowed: give the picture as a web address that starts with https:// or a data URL or the name of a file that comes with the input.',
	);
	expect(bodies).toEqual([]);
});

it('takes the file apart where the request wants its parts', async () => {
	const values = { model: 'veo-3.1-fast-generate-001', prompt: 'Sail', first_frame: 'photo' };
	const file = png(1280, 720);
	await run('novitaAnyModel', values, [file]);
	expect(bodies[0]).toEqual({
		instances: [
			{
				prompt: 'Sail',
				image: { mimeType: 'image/png', bytesBase64Encoded: file.toString('base64') },
			},
		],
	});
});
