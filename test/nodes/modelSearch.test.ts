/** "From List" goes the way of the node's own requests: through its proxy, past its certificate, with its credential. */
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { ILoadOptionsFunctions, INode, INodeListSearchResult } from 'n8n-workflow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { searchMethods } from '../../nodes/shared/modelSearch';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { additionalDataOf, nodeTypesOf } from '../support/n8nAdditionalData';
import { core, Workflow } from '../support/n8nModules';
import { credentialsOf } from '../support/n8nNode';
import { hookContext } from '../support/hookContext';
import { listening, selfSigned } from '../support/selfSigned';

let sim: Simulator;
const servers: Server[] = [];
beforeEach(async () => (sim = await startSimulator()));
afterEach(async () => {
	for (const server of servers.splice(0)) server.close();
	await sim.close();
});

async function serve(server: Server, protocol?: 'https'): Promise<string> {
	servers.push(server);
	return await listening(server, protocol);
}

/** What the editor gets for Novita's list of checkpoints, or for another list. */
async function search(
	baseUrl: string,
	requestOptions: object = {},
	more: object = {},
	{ provider = 'novita', list = 'novita_checkpoint', page = undefined as string | undefined } = {},
) {
	const node: INode = {
		...{ id: 'node0', name: 'Video', type: 'textToVideo', typeVersion: 1, position: [0, 0] },
		parameters: { provider, requestOptions } as never,
	};
	const workflow = new Workflow({
		...{ id: 'workflow1', nodes: [node], connections: {}, active: false },
		nodeTypes: nodeTypesOf({ textToVideo: new TextToVideo() }) as never,
	});
	const credentials = await credentialsOf(provider, { baseUrl, apiKey: sim.key, ...more });
	const own = { options: { credentials }, workflow, executionId: '1', mode: 'manual' as const };
	const additionalData = additionalDataOf(own);
	const context = new core.LoadOptionsContext(
		workflow,
		workflow.getNode('Video')!,
		additionalData,
		'model_name',
	) as unknown as ILoadOptionsFunctions;
	const method = searchMethods()[list]!;
	return (await method.call(context, undefined, page)) as INodeListSearchResult;
}

it('lists what the provider has', async () => {
	expect((await search(sim.url)).results.length).toBeGreaterThan(0);
});

it('takes the base URL as the node does', async () => {
	expect((await search(` ${sim.url}/v3/async `)).results.length).toBeGreaterThan(0);
});

it('goes through the proxy of the node', async () => {
	const passed: string[] = [];
	const proxy = createServer((incoming, outgoing) => {
		passed.push(String(incoming.url));
		const { method, headers } = incoming;
		httpRequest(String(incoming.url), { method, headers }, (reply) => {
			outgoing.writeHead(reply.statusCode as number, reply.headers);
			reply.pipe(outgoing);
		}).end();
	});
	const found = await search(sim.url, { proxy: await serve(proxy) });
	expect(found.results.length).toBeGreaterThan(0);
	expect(passed).toHaveLength(1);
	expect(passed[0]).toContain('/v3/model');
});

it.each([
	['the node', { allowUnauthorizedCerts: true }, {}],
	['the credential', {}, { allowUnauthorizedCerts: true }],
])('goes past a certificate that %s lets through', async (_who, requestOptions, more) => {
	const own = await serve(await selfSigned(sim.url), 'https');
	await expect(search(own)).rejects.toThrow('its certificate is not trusted');
	expect((await search(own, requestOptions, more)).results.length).toBeGreaterThan(0);
});

it('says that the base URL is none', async () => {
	await expect(search('htps://novita')).rejects.toMatchObject({
		message: expect.stringContaining('Base URL is "htps://novita"') as string,
		description: 'Correct Base URL in the credential.',
	});
});

it('asks ModelsLab for newer models with the key in the query, behind the shipped ones', async () => {
	const modelslab = { provider: 'modelslabV7', list: 'modelslabV7_model' };
	const shipped = await search(sim.url, {}, {}, modelslab);
	expect(shipped.results.map(({ value }) => value)).toContain('veo-3.1');
	const page = shipped.paginationToken as string;
	const newer = await search(sim.url, {}, {}, { ...modelslab, page });
	expect(newer.results.map(({ value }) => value)).toEqual(['kling-v4-t2v']);
	expect((await search(sim.url, {}, { apiKey: 'wrong' }, { ...modelslab, page })).results).toEqual(
		[],
	);
});

it('asks AI/ML API for newer video models without the key, behind the shipped ones', async () => {
	const aimlapi = { provider: 'aimlapi', list: 'aimlapi_model' };
	const shipped = await search(sim.url, {}, {}, aimlapi);
	const page = shipped.paginationToken as string;
	const newer = await search(sim.url, {}, {}, { ...aimlapi, page });
	expect(newer.results).toMatchObject([
		{ name: 'Kling AI › Kling 4 Pro', value: 'klingai/video-v4-pro-text-to-video' },
	]);
	expect(sim.book.of('models').map(({ carriedKey }) => carriedKey)).toEqual([false]);
});

describe('an entry of the list', () => {
	const listed = async (list: string, body: object, filter?: string, page?: string) => {
		const context = hookContext({
			credentials: { textToVideoNovitaApi: { apiKey: 'a' }, textToVideoLocalGpuApi: {} },
			http: () => ({ statusCode: 200, headers: {}, body: JSON.stringify(body) }),
		});
		const method = searchMethods()[list]!;
		const found = await method.call(context as unknown as ILoadOptionsFunctions, filter, page);
		return { ...found, asked: context.sent[0]?.qs };
	};
	const row = { id: 'ltx', name: 'LTX' };

	it('bears its value beside a name that several may have, and nothing that is not known', async () => {
		const data = [row, { id: 'wan', name: 'wan' }, { ...row, description: 'Quick.' }];
		expect((await listed('localGpu_model', { data })).results).toStrictEqual([
			{ name: 'LTX (ltx)', value: 'ltx' },
			{ name: 'wan', value: 'wan' },
			{ name: 'LTX (ltx)', value: 'ltx', description: 'Quick.' },
		]);
	});

	it('is looked for by what was typed, from where the page before ended', async () => {
		const models = [{ sd_name: 'real.safetensors', name: 'Realistic' }];
		const more = { models, pagination: { next_cursor: 'c_9' } };
		const typed = await listed('novita_checkpoint', more, 'real', 'c_7');
		expect(typed.asked).toMatchObject({ 'filter.query': 'real', 'pagination.cursor': 'c_7' });
		expect(typed.paginationToken).toBe('c_9');
		const first = await listed('novita_checkpoint', { models });
		expect(first.asked).toMatchObject({ 'pagination.cursor': 'c_0' });
		expect(first.asked).not.toHaveProperty('filter.query');
		expect(first).not.toHaveProperty('paginationToken');
	});

	it('of the shipped models has its own label', async () => {
		const { results, asked } = await listed('aimlapi_model', {}, 'kling');
		expect(results.length).toBeGreaterThan(0);
		for (const { name, value } of results) expect(name).not.toContain(`(${String(value)})`);
		expect(asked).toBeUndefined();
	});

	it('is none where the list can not be had, and the editor says why and what to do', async () => {
		const context = hookContext({
			credentials: { textToVideoNovitaApi: { apiKey: 'a' } },
			http: () => ({ statusCode: 401, headers: {}, body: '{"message":"Bad key."}' }),
		});
		const asking = searchMethods().novita_checkpoint!.call(context as never);
		await expect(asking).rejects.toMatchObject({
			message: 'Novita (HTTP 401): Bad key.',
			description: 'Check the API key and the base URL in the credential.',
		});
		const gone = hookContext({ credentials: { textToVideoNovitaApi: {} } });
		gone.getCredentials = async () => await Promise.reject(new Error('It was deleted.'));
		await expect(searchMethods().novita_checkpoint!.call(gone as never)).rejects.toMatchObject({
			message: 'The credential for Novita can not be used: It was deleted.',
			description: 'Open the node and choose another credential, or save this one anew.',
		});
	});
});
