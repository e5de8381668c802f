import { describe, expect, it } from 'vitest';
import type { Job, Provider, ProviderFailure } from '../../providers/contract';
import { providerById, providers } from '../../providers/registry';
import { exchanges, type Exchange } from './exchanges';

const NOW_MS = Date.UTC(2026, 0, 1);

interface Outcome {
	job?: Job | undefined;
	failure?: ProviderFailure | undefined;
	notOurs?: boolean;
}

function read(provider: Provider, { on, status = 200, headers = {}, body }: Exchange): Outcome {
	const context = { nowMs: NOW_MS, baseUrl: provider.account.defaultBaseUrl };
	const reply = { status, headers, body };
	const job: Job = {
		provider: provider.id,
		jobId: '7',
		status: 'processing',
		videos: [],
		submittedAt: '2025-12-31T23:59:00.000Z',
	};
	if (on === 'submit') return provider.readSubmit(reply, {}, context);
	if (on === 'fetch') return provider.readFetch(reply, job, context);
	const reading = provider.readCallback!(body, context);
	expect(reading?.testEvent).toBe(reading?.job.testEvent);
	return reading ?? { notOurs: true };
}

const shapesOf = (provider: Provider) =>
	exchanges.filter((exchange) => exchange.providers.includes(provider.id));

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		it.each(shapesOf(provider).map((exchange) => [exchange.on, exchange.shape, exchange] as const))(
			'%s: %s',
			(_on, _shape, exchange) => {
				const outcome = read(provider, exchange);
				if (exchange.notOurs) return expect(outcome).toEqual({ notOurs: true });
				if (exchange.failure) {
					expect(outcome.failure).toMatchObject(exchange.failure);
					expectPlainWords(outcome.failure!);
				} else {
					expect(outcome.job).toMatchObject(exchange.job!);
					expectTruthful(outcome.job!);
				}
				for (const path of exchange.absent ?? []) {
					expect(memberOf(outcome.job, path), path).toBeUndefined();
				}
			},
		);
	},
);

const memberOf = (value: unknown, path: string): unknown =>
	path
		.split('.')
		.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], value);

/** What happened and what to do next, as sentences, not as JSON. */
function expectPlainWords({ message, advice, accepted, retryAfterSeconds }: ProviderFailure) {
	expect(message).toMatch(/\S/);
	expect(message).not.toMatch(/undefined|\[object|^\{/);
	expect(advice).toMatch(/\.$/);
	if (retryAfterSeconds) expect(advice).toContain(`Wait ${retryAfterSeconds} seconds`);
	if (accepted === 'unknown') expect(advice).toContain('may have been accepted');
}

function expectTruthful(job: Job) {
	expect(JSON.parse(JSON.stringify(job))).toEqual(job);
	expect(job).not.toHaveProperty('error');
	const over = ['succeeded', 'failed', 'cancelled'].includes(job.status);
	expect(job.finishedAt !== undefined).toBe(over);
	expect(job.videos.length > 0).toBe(job.status === 'succeeded');
	expect(job.failure !== undefined).toBe(job.status === 'failed' || job.status === 'cancelled');
	if (job.failure) expectPlainWords(job.failure);
	if (over) expect(job.etaSeconds).toBeUndefined();
}

describe('the reply shapes', () => {
	it('are counted for every provider', () => {
		const counts = Object.fromEntries(
			providers.map((provider) => [provider.id, shapesOf(provider).length]),
		);
		expect(counts).toMatchInlineSnapshot(`
			{
			  "aimlapi": 57,
			  "aimlapiPixverse": 57,
			  "localGpu": 24,
			  "modelslabV6": 67,
			  "modelslabV6Ultra": 67,
			  "modelslabV7": 67,
			  "novita": 50,
			  "novitaAnyModel": 22,
			  "stableDiffusionEnterprise": 65,
			  "stableDiffusionV4": 66,
			  "stableDiffusionV5": 60,
			}
		`);
	});

	it('name providers that exist, and each shape once', () => {
		for (const { providers: ids } of exchanges) ids.forEach((id) => providerById(id));
		const names = exchanges.flatMap(({ on, shape, providers: ids, headers }) =>
			ids.map((id) => `${id} ${on} ${shape} ${JSON.stringify(headers)}`),
		);
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	});
});
