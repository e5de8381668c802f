import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../jobs/host';
import { searchModels } from '../../jobs/searchModels';
import type { Reply } from '../../providers/contract';
import { providerById } from '../../providers/registry';

const novita = providerById('novita');
const account = { baseUrl: 'https://api.novita.ai' };
const MODELS = { models: [{ sd_name: 'real.safetensors', name: 'Realistic' }] };

it('asks the list that the provider declares, with the key, for what was typed', async () => {
	const asked: HttpRequest[] = [];
	const found = await searchModels(
		novita,
		account,
		{ kind: 'checkpoint', text: ' real ', cursor: 'c_7' },
		{
			async http(request) {
				asked.push(request);
				return { status: 200, headers: {}, body: MODELS };
			},
		},
	);
	expect(found.models).toEqual([{ value: 'real.safetensors', label: 'Realistic' }]);
	expect(asked).toHaveLength(1);
	expect(asked[0]).toMatchObject({
		url: 'https://api.novita.ai/v3/model',
		query: { 'filter.query': 'real', 'pagination.cursor': 'c_7' },
		authenticate: true,
	});
});

it('says nothing of a job where the list can not be had: none was ordered', async () => {
	const { failure } = await searchModels(
		novita,
		account,
		{ kind: 'checkpoint' },
		{ http: async () => await Promise.resolve({ status: 503, headers: {}, body: '' }) },
	);
	expect(failure).toMatchObject({
		accepted: 'no',
		advice: 'The provider has a problem. Try again later.',
	});
});

it.each(['lorem', 'constructor', '__proto__'])('knows no list of "%s"', async (kind) => {
	const found = await searchModels(
		novita,
		account,
		{ kind },
		{
			http: () => {
				throw new Error('must not be asked');
			},
		},
	);
	expect(found.failure?.message).toBe(`Novita txt2video has no list of "${kind}".`);
});

it('knows no list of a provider that has none', async () => {
	const provider = providerById('stableDiffusionV5');
	const nobody = {
		http: () => {
			throw new Error('must not be asked');
		},
	};
	const found = await searchModels(provider, account, { kind: 'model' }, nobody);
	expect(found.failure?.message).toContain('has no list of "model"');
});

it('says in words why the service could not be reached', async () => {
	const found = await searchModels(
		novita,
		account,
		{ kind: 'lora' },
		{
			async http() {
				throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), {
					code: 'ECONNREFUSED',
				});
			},
		},
	);
	expect(found.failure?.message).toBe(
		'The service could not be reached (connection refused: 127.0.0.1:9).',
	);
});

describe('a list with shipped models', () => {
	const any = providerById('aimlapi');
	const list = {
		data: [
			{ id: 'google/veo-2.0', aliases: ['veo2'], info: { name: 'Veo 2', developer: 'Google' } },
			{ id: 'maker/new-model', aliases: [], info: { name: 'New Model', developer: 'Maker' } },
			{ id: 'openai/sora-3', aliases: [], info: { name: 'Sora 3', developer: 'OpenAI' } },
		],
	};
	const offline = {
		http: async () => {
			throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
		},
	};

	it('gives them at once and without a network, the first choices before the others', async () => {
		const found = await searchModels(any, account, { kind: 'model' }, offline);
		const values = found.models!.map(({ value }) => value);
		expect(values.slice(0, 2)).toEqual(['bytedance/seedance-2-0', 'google/veo-3.1-t2v-fast']);
		expect(values).toContain('veo2');
		expect(values.filter((value) => /sora/.test(value))).toEqual([]);
		expect(found).toHaveProperty('nextCursor');
	});

	it('finds by maker, title and name', async () => {
		const found = await searchModels(any, account, { kind: 'model', text: 'kling turbo' }, offline);
		expect(found.models!.map(({ label }) => label)).toContain('Kling AI › Kling 3.0 Turbo Pro');
	});

	it('adds what came since, without the key, and asks again with the tag of the list', async () => {
		const asked: HttpRequest[] = [];
		const http = async (request: HttpRequest): Promise<Reply> => {
			asked.push(request);
			return asked.length === 1
				? { status: 200, headers: { etag: '"1"' }, body: list }
				: { status: 304, headers: {}, body: '' };
		};
		const page = { kind: 'model', cursor: 'live' };
		const first = await searchModels(any, { baseUrl: 'https://a.example.com' }, page, { http });
		const second = await searchModels(any, { baseUrl: 'https://a.example.com' }, page, { http });
		expect(first.models!.map(({ value, label }) => [value, label])).toEqual([
			['maker/new-model', 'Maker › New Model'],
		]);
		expect(second.models).toEqual(first.models);
		expect(asked.map(({ authenticate, headers }) => [authenticate, headers])).toEqual([
			[false, {}],
			[false, { 'if-none-match': '"1"' }],
		]);
	});

	it('finds in what came since too, and goes without it where the provider refuses', async () => {
		const pageOf = async (text: string, status = 200) =>
			await searchModels(
				any,
				{ baseUrl: `https://${text.length}.example.com` },
				{ kind: 'model', cursor: 'live', text },
				{ http: async () => ({ status, headers: {}, body: status === 200 ? list : {} }) },
			);
		expect((await pageOf('NEW  maker')).models!.map(({ value }) => value)).toEqual([
			'maker/new-model',
		]);
		expect(await pageOf('nobody has this')).toEqual({ models: [] });
		expect(await pageOf('refused', 503)).toEqual({ models: [] });
	});

	it('asks for the list anew where the provider gives no tag, or another one', async () => {
		const heads: Array<Record<string, string>> = [{}, { etag: '"2"' }, { etag: '"3"' }, {}];
		const asked: HttpRequest[] = [];
		const http = async (request: HttpRequest): Promise<Reply> => {
			asked.push(request);
			return { status: 200, headers: heads[asked.length - 1]!, body: list };
		};
		const page = { kind: 'model', cursor: 'live' };
		for (const _head of heads) {
			await searchModels(any, { baseUrl: 'https://tags.example.com' }, page, { http });
		}
		expect(asked.map(({ headers }) => headers?.['if-none-match'])).toEqual([
			...[undefined, undefined, '"2"', '"3"'],
		]);
	});

	it('does without the live list where it can not be reached', async () => {
		const found = await searchModels(any, account, { kind: 'model', cursor: 'live' }, offline);
		expect(found).toEqual({ models: [] });
	});
});

describe('a page of a list', () => {
	const any = providerById('aimlapi');
	const empty: Reply = { status: 200, headers: {}, body: { models: [], data: [] } };
	async function pages(
		provider: typeof any,
		query: Parameters<typeof searchModels>[2],
		reply: Reply = empty,
	) {
		const asked: HttpRequest[] = [];
		const found = await searchModels(provider, account, query, {
			async http(request) {
				asked.push(request);
				return reply;
			},
		});
		return { found, asked };
	}

	it('is asked for by the cursor of the one before, and by no blank text', async () => {
		const first = await pages(any, { kind: 'model' });
		const { nextCursor } = first.found as { nextCursor: string };
		expect([first.asked.length, nextCursor]).toEqual([0, 'live']);
		const second = await pages(any, { kind: 'model', cursor: nextCursor });
		expect(second.asked).toHaveLength(1);
		expect(JSON.stringify(second.asked[0])).not.toContain('live');
		const listed = await pages(novita, { kind: 'lora', text: '  ' });
		expect(listed.asked[0]!.query).not.toHaveProperty('filter.query');
		expect(listed.asked[0]!.query).toMatchObject({ 'pagination.cursor': 'c_0' });
	});

	it('is the first of the provider’s own list after the shipped models, then the one it names', async () => {
		const cursors: Array<string | undefined> = [];
		const model = any.modelSearch!.model!;
		const call: typeof model.call = (text, cursor) => {
			cursors.push(cursor);
			return model.call(text, cursor);
		};
		const provider = { ...any, modelSearch: { model: { ...model, call } } };
		for (const cursor of ['live', 'page-2']) await pages(provider, { kind: 'model', cursor });
		expect(cursors).toEqual([undefined, 'page-2']);
	});

	it('names the next one, and asks as the provider declares it, with the tag besides', async () => {
		const model = any.modelSearch!.model!;
		const headers = { accept: 'application/x-models' };
		const list = {
			...model,
			call: (text: string | undefined) => ({
				...model.call(text, undefined),
				...{ url: '/declared', headers },
			}),
			read: () => ({ models: [], nextCursor: 'page-2' }),
		};
		const provider = { ...any, modelSearch: { model: list } };
		const tagged = { ...empty, headers: { etag: '"1"' } };
		const query = { kind: 'model', cursor: 'live' };
		const first = await pages(provider, query, tagged);
		expect(first.found).toEqual({ models: [], nextCursor: 'page-2' });
		expect(first.asked[0]!.headers).toEqual(headers);
		const second = await pages(provider, query, tagged);
		expect(second.asked[0]!.headers).toEqual({ ...headers, 'if-none-match': '"1"' });
	});

	it('is the last where the provider lists nothing beside the shipped models', async () => {
		const { modelSearch: _lists, ...shipped } = any;
		const { found } = await pages(shipped, { kind: 'model' });
		expect(found.models!.length).toBeGreaterThan(5);
		expect(found).not.toHaveProperty('nextCursor');
	});

	it('tells with the key what the provider lists for the account alone, and passes a refusal on', async () => {
		const refused = { status: 401, headers: {}, body: { message: 'No' } };
		const { found, asked } = await pages(novita, { kind: 'lora' }, refused);
		expect(found.failure).toMatchObject({ code: 'invalid_key' });
		expect(asked[0]!.authenticate).toBe(true);
	});

	it('is read anew where it was an error before, whatever tag that had', async () => {
		const asked: HttpRequest[] = [];
		const ask = async (status: number) =>
			await searchModels(
				...([any, { baseUrl: 'https://errors.example.com' }] as const),
				{ kind: 'model', cursor: 'live' },
				{
					async http(request) {
						asked.push(request);
						return { status, headers: { etag: '"1"' }, body: {} };
					},
				},
			);
		for (const status of [500, 201, 200, 200]) await ask(status);
		expect(asked.map(({ headers }) => headers?.['if-none-match'])).toEqual([
			...[undefined, undefined, undefined, '"1"'],
		]);
	});
});
