/** Every model of the catalogue through n8n: what is sent is the pure builder's request, with the model chosen and by expression. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { findModel } from '../../providers/catalogue';
import { ADDITIONAL_FIELDS, jsonParameter } from '../../nodes/TextToVideo/submit/parameters';
import type { JsonObject, Provider, RequestValues } from '../../providers/contract';
import { providerById, providers } from '../../providers/registry';
import { fieldsOf, isMainField } from '../../providers/schema/fields';
import { ofModel } from '../../providers/schema/ofModel';
import { buildRequest } from '../../providers/schema/wire';
import { validValues } from '../support/arbitraryValues';
import { runWorkflow } from '../support/n8nCore';
import { credentialsOf, itemParameters } from '../support/n8nNode';

const KEY = 'test-key-0123456789';
const QUESTIONS = providers.flatMap(({ queueUse }) => (queueUse ? [queueUse.call().url] : []));
const RUNS = 2;

let server: Server;
let baseUrl: string;
let seen: Array<{ path: string; body: unknown }> = [];
let runs = 0;

beforeAll(async () => {
	server = createServer(async (request, response) => {
		// The price list and the use of the queue, which no test here is about.
		const isQuestion = QUESTIONS.some((url) => request.url?.endsWith(url));
		if (request.method === 'GET' || isQuestion) return void response.writeHead(404).end();
		let text = '';
		for await (const chunk of request) text += String(chunk);
		seen.push({ path: String(request.url), body: JSON.parse(text) });
		// A certain "no", so that every submit ends here.
		response.writeHead(400, { 'content-type': 'application/json' }).end('{"message":"enough"}');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** A base URL of its own for every run, so that no run is paced by the ones before it. */
async function run(provider: Provider, parameters: object, json: object = {}) {
	seen = [];
	runs += 1;
	return await runWorkflow({
		nodeTypes: { textToVideo: new TextToVideo() },
		items: [{ json: json as never }],
		credentials: await credentialsOf(provider.id, { baseUrl: `${baseUrl}/${runs}`, apiKey: KEY }),
		nodes: [
			{
				name: 'Video',
				type: 'textToVideo',
				parameters: { ...parameters, whenSubmitted: 'return' } as never,
				onError: 'stopWorkflow',
			},
		],
	});
}

const models = providers.flatMap((provider) =>
	(provider.models?.catalogue.models ?? []).map(
		(model) => [`${provider.id} ${model.id}`, provider, model.id] as const,
	),
);

/** Values of one model, its name among them. */
const valuesOf = (provider: Provider, id: string): fc.Arbitrary<RequestValues> =>
	validValues(ofModel(provider, { [provider.models!.field]: id }), {
		[provider.models!.field]: id,
	});

const sent = (provider: Provider, values: RequestValues) => {
	const { authentication } = provider.account;
	const { url, body } = buildRequest(provider, values);
	const key = authentication.kind === 'bodyKey' ? { [authentication.property]: KEY } : {};
	return { path: `/${runs}${url}`, body: { ...body, ...key } };
};

/** Models differ in what one item of a list is; with the model by expression a list goes as JSON. */
function listsAsJson(
	provider: Provider,
	values: RequestValues,
	parameters: JsonObject,
): JsonObject {
	const additional = { ...(parameters[ADDITIONAL_FIELDS] as JsonObject) };
	const lists = fieldsOf(ofModel(provider, values).request).filter(({ type }) => type === 'list');
	for (const field of lists.filter(({ name }) => values[name] !== undefined)) {
		delete additional[field.name];
		additional[jsonParameter(field)] = JSON.stringify(values[field.name]);
	}
	return { ...parameters, [ADDITIONAL_FIELDS]: additional };
}

describe.each(models)('%s', (_name, provider, id) => {
	it('sends what the pure builder makes, chosen from the list and by expression', async () => {
		await fc.assert(
			fc.asyncProperty(valuesOf(provider, id), async (values) => {
				const parameters = itemParameters(provider, values);
				const { error } = await run(provider, parameters);
				expect(error?.message).toContain('enough');
				expect(seen).toEqual([sent(provider, values)]);

				const field = provider.models!.field;
				const byExpression = { __rl: true, mode: 'id', value: '={{ $json.model }}' };
				const again = await run(
					provider,
					{ ...listsAsJson(provider, values, parameters), [field]: byExpression },
					{ model: id },
				);
				expect(again.error?.message).toContain('enough');
				expect(seen).toEqual([sent(provider, values)]);
			}),
			{ numRuns: RUNS },
		);
	});
});

describe('a model by expression', () => {
	const any = providerById('aimlapi');
	const byExpression = (additionalFields: object) => ({
		...itemParameters(any, { model: 'veo2', prompt: 'A paper boat' }),
		model: { __rl: true, mode: 'id', value: '={{ $json.model }}' },
		additionalFields,
	});

	it('is refused a field that it does not have, with the words of a chosen one', async () => {
		const { error } = await run(any, byExpression({ style: 'anime' }), { model: 'veo2' });
		expect(error?.message).toMatch(/^There is no field style\. The fields of Veo 2 are: /);
		expect(seen).toEqual([]);
	});

	it('is held to its own values and ranges', async () => {
		const { error } = await run(any, byExpression({ duration: 12 }), { model: 'veo2' });
		expect(error?.message).toBe(
			'Duration in Seconds (duration) is 12, which is not allowed. Give a whole number from 5 to 8.',
		);
		expect(seen).toEqual([]);
	});

	it('that nobody knows goes by its name and the extra parameters', async () => {
		await run(any, byExpression({ extra_parameters: '{"mood": "calm"}' }), { model: 'new/model' });
		expect(seen[0]?.body).toEqual({ model: 'new/model', prompt: 'A paper boat', mood: 'calm' });
	});
});

describe('the form of a model', () => {
	interface Shown {
		name: string;
		type: string;
		options?: Array<{ value: unknown }>;
	}

	/** The additional fields that the editor lists, by n8n's own rule. */
	async function listed(provider: Provider, model: unknown): Promise<Shown[]> {
		const { NodeHelpers } = await import('n8n-workflow');
		const { description } = new TextToVideo();
		const parameters = {
			provider: provider.id,
			[provider.models!.field]: { __rl: true, mode: 'id', value: model },
		};
		const shows = (one: unknown) =>
			NodeHelpers.displayParameter(
				parameters as never,
				one as never,
				{ typeVersion: 1 } as never,
				description,
			);
		const collection = description.properties.find(
			(property) => property.name === 'additionalFields' && shows(property),
		)!;
		return (collection.options as unknown as Shown[]).filter(shows).map((one) => ({
			...one,
			...(one.options ? { options: one.options.filter(shows) } : {}),
		}));
	}

	it.each(models.filter(([, provider, id]) => findModel(provider.models!.catalogue, id)?.fields))(
		'%s shows its own fields, each once, with its own values',
		async (_name, provider, id) => {
			const chosen = ofModel(provider, { [provider.models!.field]: id });
			const expected = fieldsOf(chosen.request).filter((field) => !isMainField(field));
			const shown = await listed(provider, id);
			const names = shown.map(({ name }) => name).filter((name) => !name.endsWith('Json'));
			const wanted = expected.map(({ name }) => name);
			expect(names.toSorted()).toEqual(expect.arrayContaining(wanted.toSorted()));
			expect(new Set(names).size).toBe(names.length);
			for (const { name, choices = [] } of expected.filter(({ type }) => type === 'choice')) {
				const { options = [] } = shown.find((one) => one.name === name)!;
				const offered = new Set(options.map(({ value }) => value));
				expect(offered, name).toEqual(new Set(choices));
			}
		},
	);

	it('lists each name once where the model comes by expression', async () => {
		const names = (await listed(providerById('aimlapi'), '={{ $json.model }}')).map(
			({ name }) => name,
		);
		expect(names.length).toBeGreaterThan(50);
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	});
});
