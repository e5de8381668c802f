import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelChoice, Provider } from '../../providers/contract';
import { fieldsOf } from '../../providers/schema/fields';
import { modelListOf } from '../../providers/modelChoices';
import { localGpu } from '../../providers/localGpu';
import { modelslabV7 } from '../../providers/modelslab';
import { novita } from '../../providers/novita';
import { providers } from '../../providers/registry';
import { ask } from '../simulators/client';
import { startSimulator, type Simulator } from '../simulators/simulator';

let sim: Simulator;
beforeAll(async () => {
	sim = await startSimulator();
});
afterAll(() => sim.close());

/** All pages of a search. */
async function search(provider: Provider, kind: string, query?: string): Promise<ModelChoice[]> {
	const found: ModelChoice[] = [];
	let cursor: string | undefined;
	for (let page = 0; page < 10; page += 1) {
		const { call, read } = provider.modelSearch![kind]!;
		const reading = read(await ask(sim, provider, call(query, cursor)));
		if ('failure' in reading) throw new Error(reading.failure.message);
		found.push(...reading.models);
		cursor = reading.nextCursor;
		if (!cursor) return found;
	}
	throw new Error('The search has no end');
}

describe('the model search of Novita', () => {
	it('lists the Stable Diffusion 1.x checkpoints that can be used, over all pages', async () => {
		const models = await search(novita, 'checkpoint');
		expect(models.length).toBeGreaterThan(90);
		expect(models[0]).toEqual({
			value: 'meadowMix_0.safetensors',
			label: 'meadowMix_0',
			description: 'SD 1.5',
		});
		expect(models.filter(({ label }) => /XL/.test(label))).toEqual([]);
		expect(models.filter(({ label }) => label === 'meadowMix_6')).toEqual([]);
	});

	it('finds others where someone asks for them by name', async () => {
		const models = await search(novita, 'checkpoint', 'starlightxl');
		expect(models.length).toBeGreaterThan(5);
		expect(new Set(models.map(({ description }) => description))).toEqual(new Set(['SDXL 1.0']));
	});

	it.each(['lora', 'textualinversion'])(
		'names a %s as the API wants it, without an extension',
		async (kind) => {
			const [first] = await search(novita, kind);
			expect(first!.value).toBe('meadowMix_0');
		},
	);

	it('says what is wrong', async () => {
		sim.faults.next('models', { kind: 'error', error: 'invalidKey' });
		await expect(search(novita, 'checkpoint')).rejects.toThrow('invalid api key');
		sim.faults.next('models', { kind: 'wronglyTyped' });
		await expect(search(novita, 'checkpoint')).rejects.toThrow('could not be read');
	});
});

describe('the model search of ModelsLab', () => {
	it('lists what came after the catalogue, and nothing that is not for a prompt', async () => {
		expect(await search(modelslabV7, 'model')).toEqual([
			{
				value: 'kling-v4-t2v',
				label: 'Kling 4',
				description: 'New: its fields go into Extra Parameters.',
			},
		]);
	});

	it.each([
		['a list', [{ model_id: 'new' }]],
		['a page', { data: { data: [{ id: 'new' }] } }],
		['models', { models: [{ model_id: 'new', model_name: 'new' }] }],
	])('reads %s', (_form, body) => {
		const read = modelslabV7.modelSearch!.model!.read({ status: 200, headers: {}, body });
		expect(read).toMatchObject({ models: [{ value: 'new', label: 'new' }] });
	});

	it.each([['a text'], [{ status: 'error', message: 'Invalid API key' }], [null]])(
		'takes %j for no list',
		(body) => {
			const read = modelslabV7.modelSearch!.model!.read({ status: 200, headers: {}, body });
			expect(read).toHaveProperty('failure.message');
		},
	);
});

describe('the model search of the local executor', () => {
	it('asks for what was typed, and for the next page', () => {
		const { call } = localGpu.modelSearch!.model!;
		expect(call('wan', 'page2').query).toEqual({ type: 'model', query: 'wan', after: 'page2' });
		expect(call(undefined, undefined).query).toEqual({ type: 'model' });
	});

	it('lists its models and finds one', async () => {
		expect((await search(localGpu, 'model')).map(({ value }) => value)).toContain('preview');
		expect(await search(localGpu, 'lora', 'wan')).toEqual([
			{ value: 'lora-wan-2.2', label: 'wan-2.2' },
		]);
	});
});

it.each(
	providers.flatMap((provider) =>
		Object.entries(provider.modelSearch ?? {}).map(
			([kind, one]) => [provider.id, kind, one] as const,
		),
	),
)('a list of %s (%s) that did not come is a failure, and no empty list', (_id, _kind, { read }) => {
	const reply = (status: number, body: unknown) => ({ status, headers: {}, body });
	for (const body of ['', null, 'text', 7, {}, { data: null }, { models: 'none' }])
		expect(read(reply(200, body))).toHaveProperty('failure');
	const rows = [{ id: 'a', name: 'a', model_id: 'a', sd_name_in_api: 'a', status: 1 }];
	for (const status of [300, 401, 500]) {
		expect(read(reply(status, { data: rows, models: rows }))).toMatchObject({
			failure: { httpStatus: status },
		});
	}
});

it('every searchable field has its search or shipped models, and the other way round', () => {
	for (const provider of providers) {
		const asked = fieldsOf(provider.request)
			.flatMap((field) => [field, ...(field.items ?? [])])
			.flatMap(({ search: kind }) => kind ?? []);
		const offered = [...Object.keys(provider.modelSearch ?? {}), modelListOf(provider) ?? []];
		expect(new Set(asked), provider.id).toEqual(new Set(offered.flat()));
	}
});
