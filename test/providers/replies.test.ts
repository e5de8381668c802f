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

const named = (shapes: typeof exchanges) =>
	shapes.map((exchange) => [exchange.on, exchange.shape, exchange] as const);

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		it.each(named(shapesOf(provider).filter(({ notOurs }) => notOurs)))(
			'%s: %s',
			(_on, _shape, exchange) => {
				expect(read(provider, exchange)).toEqual({ notOurs: true });
			},
		);

		it.each(named(shapesOf(provider).filter(({ failure }) => failure)))(
			'%s: %s',
			(_on, _shape, exchange) => {
				const outcome = read(provider, exchange);
				expect(outcome.failure).toMatchObject(exchange.failure!);
				expect(outcome.job).toBeUndefined();
				expectPlainWords(outcome.failure!);
			},
		);

		it.each(named(shapesOf(provider).filter(({ job }) => job)))(
			'%s: %s',
			(_on, _shape, exchange) => {
				const outcome = read(provider, exchange);
				expect(outcome.job).toMatchObject(exchange.job!);
				expectTruthful(outcome.job!);
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
	expect(advice).toContain(retryAfterSeconds ? `Wait ${retryAfterSeconds} seconds` : '');
	expect(advice.includes('may have been accepted')).toBe(accepted === 'unknown');
}

function expectTruthful(job: Job) {
	expect(JSON.parse(JSON.stringify(job))).toEqual(job);
	expect(job).not.toHaveProperty('error');
	const over = ['succeeded', 'failed', 'cancelled'].includes(job.status);
	expect(job.finishedAt !== undefined).toBe(over);
	expect(job.videos.length > 0).toBe(job.status === 'succeeded');
	expect(job.failure !== undefined).toBe(job.status === 'failed' || job.status === 'cancelled');
	if (job.failure) expectPlainWords(job.failure);
	expect(over && job.etaSeconds !== undefined).toBe(false);
}

describe('the reply shapes', () => {
	it.each(providers.map((provider) => [provider.id, provider] as const))(
		'of %s cover each of its calls, with a job and with a failure',
		(_id, provider) => {
			const shapes = shapesOf(provider);
			const kinds = new Set(
				shapes.map(({ on, failure, job }) => `${on} ${failure ? 'failure' : (job?.status ?? '')}`),
			);
			const told = provider.capabilities.callback ? ['callback succeeded', 'callback failed'] : [];
			expect([...kinds]).toEqual(
				expect.arrayContaining([
					...['submit failure', 'fetch failure', 'fetch succeeded', 'fetch failed', ...told],
				]),
			);
		},
	);

	it('name providers that exist, and each shape once', () => {
		for (const { providers: ids } of exchanges) ids.forEach((id) => providerById(id));
		const names = exchanges.flatMap(({ on, shape, providers: ids, headers }) =>
			ids.map((id) => `${id} ${on} ${shape} ${JSON.stringify(headers)}`),
		);
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	});
});
