import { expect, it } from 'vitest';
import type { HttpRequest } from '../../jobs/host';
import { searchModels } from '../../jobs/searchModels';
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
		async (request) => {
			asked.push(request);
			return { status: 200, headers: {}, body: MODELS };
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

it.each(['lorem', 'constructor', '__proto__'])('knows no list of "%s"', async (kind) => {
	const found = await searchModels(novita, account, { kind }, () => {
		throw new Error('must not be asked');
	});
	expect(found.failure?.message).toBe(`Novita txt2video has no list of "${kind}".`);
});

it('says in words why the service could not be reached', async () => {
	const found = await searchModels(novita, account, { kind: 'lora' }, async () => {
		throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' });
	});
	expect(found.failure?.message).toBe(
		'The service could not be reached (connection refused: 127.0.0.1:9).',
	);
});
