/** What accounts say of their money, their queue and their jobs: as documented, with parts missing, and refused. */
import { describe, expect, it } from 'vitest';
import { providerById } from '../../providers/registry';

const reply = (body: unknown, status = 200) => ({ status, headers: {}, body });
const balanceOf = (id: string, body: unknown, status?: number) =>
	providerById(id).balance!.read(reply(body, status));
const rowsOf = (id: string, body: unknown, status?: number) =>
	providerById(id).submitLog!.read(reply(body, status));

describe('a balance', () => {
	it.each([
		['modelslabV6', { data: { balance: 43.6, currency: 'EUR' } }, 43.6, 'EUR'],
		['modelslabV6', { data: { balance: '43.6' } }, 43.6, 'USD'],
		['modelslabV6', { data: { balance: 0, currency: '' } }, 0, 'USD'],
		['aimlapiPixverse', { current_balance: 123.45, currency: 'EUR' }, 123.45, 'EUR'],
		['aimlapiPixverse', { current_balance: 1 }, 1, 'USD'],
		['novita', { availableBalance: '125000' }, 12.5, 'USD'],
		['novita', { availableBalance: '-5000' }, -0.5, 'USD'],
	])('of %s out of %j is %d %s', (id, body, amount, currency) => {
		expect(balanceOf(id, body)).toEqual({ value: { amount, currency } });
	});

	it.each(['modelslabV6', 'aimlapiPixverse', 'novita'])(
		'of %s that can not be read, or comes with an HTTP error, is a failure and no zero',
		(id) => {
			for (const body of [null, '', [], {}, { data: null }, { data: { balance: 'much' } }]) {
				expect(balanceOf(id, body)).toMatchObject({ failure: { httpStatus: 200 } });
			}
			const told = {
				...{ data: { balance: 5 }, current_balance: 5, availableBalance: '50000' },
				message: 'No key',
			};
			expect(balanceOf(id, told, 401)).toMatchObject({ failure: { code: 'invalid_key' } });
			expect(balanceOf(id, told, 300)).toHaveProperty('failure');
		},
	);
});

describe('a queue', () => {
	const queue = (body: unknown, status?: number) =>
		providerById('modelslabV6').queueUse!.read(reply(body, status));

	it('has so many jobs in it, and none is a number too', () => {
		expect(queue({ processing_count: 3 })).toEqual({ value: 3 });
		expect(queue({ processing_count: '0' })).toEqual({ value: 0 });
	});

	it('that can not be read is no empty one', () => {
		for (const body of ['', null, {}, { processing_count: null }])
			expect(queue(body)).toHaveProperty('failure');
		expect(queue({ processing_count: 0 }, 299)).toEqual({ value: 0 });
		expect(queue({ processing_count: 0 }, 300)).toHaveProperty('failure');
		expect(queue({ processing_count: 0, message: 'Busy' }, 503)).toMatchObject({
			failure: { code: 'provider_error' },
		});
	});
});

describe('the list of newest jobs', () => {
	it('of ModelsLab names them by their ids, whatever form those take', () => {
		const data = [{ id: 7 }, { id: '8' }, { id: '' }, {}, null, 'row', { id: 9 }];
		expect(rowsOf('modelslabV6', { status: 'success', data })).toEqual({
			entries: [{ jobId: '7' }, { jobId: '8' }, { jobId: '9' }],
		});
	});

	it.each([
		['in data', (rows: unknown[]) => ({ data: rows })],
		['in logs', (rows: unknown[]) => ({ logs: rows })],
		['bare', (rows: unknown[]) => rows],
	])('of AI/ML API names them with our request id, %s', (_name, body) => {
		const rows = [
			{ inference_id: 'gen-1', client_request_id: 'ours-1' },
			{ inference_id: 'gen-2', client_request_id: null },
			{ inference_id: 'gen-3', client_request_id: '' },
			{ client_request_id: 'not-a-job' },
			null,
		];
		expect(rowsOf('aimlapiPixverse', body(rows))).toStrictEqual({
			entries: [{ jobId: 'gen-1', requestId: 'ours-1' }, { jobId: 'gen-2' }, { jobId: 'gen-3' }],
		});
	});

	it.each(['modelslabV6', 'aimlapiPixverse'])(
		'of %s that did not come is a failure: nobody may conclude that there is no job',
		(id) => {
			for (const body of ['', null, {}, { data: {} }, 7])
				expect(rowsOf(id, body)).toHaveProperty('failure');
			expect(rowsOf(id, { data: [] }, 500)).toHaveProperty('failure');
			expect(rowsOf(id, { data: [] }, 300)).toHaveProperty('failure');
			expect(rowsOf(id, { data: [] })).toEqual({ entries: [] });
		},
	);

	it('is asked for without a cost, where the documents have it', () => {
		const { submitLog: modelslab, balance, queueUse } = providerById('modelslabV6');
		expect(modelslab!.call()).toEqual({
			method: 'POST',
			url: '/api/assets_generated',
			body: { type: 'video', per_page: 10, page: 1 },
		});
		expect(balance!.call()).toEqual({ method: 'POST', url: '/api/wallet_balance' });
		expect(queueUse!.call()).toEqual({ method: 'POST', url: '/api/v6/processing/request_count' });
		const aimlapi = providerById('aimlapiPixverse');
		expect(aimlapi.submitLog!.call()).toEqual({
			...{ method: 'GET', url: '/v2/logs' },
			query: { period: '24h', limit: '100' },
		});
		expect(aimlapi.balance!.call()).toEqual({ method: 'GET', url: '/v2/billing' });
		expect(providerById('novita').balance!.call()).toEqual({
			...{ method: 'GET', url: '/openapi/v1/billing/balance/detail' },
		});
		expect([modelslab!.bearsRequestId, aimlapi.submitLog!.bearsRequestId]).toEqual([false, true]);
	});
});
