/** Whatever a provider sends, a reader gives a job or a failure in words, and never throws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job, JsonValue, Provider, ProviderFailure, Reading } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { validate } from '../../providers/schema/validate';
import { isObject } from '../../providers/schema/wire';
import { exchanges } from './exchanges';
import { FUZZ_FACTOR } from '../support/fuzzFactor';

const NOW_MS = Date.UTC(2026, 0, 1);
const RUNS = 500 * FUZZ_FACTOR;

const status = fc.constantFrom(200, 201, 204, 301, 400, 401, 403, 404, 418, 429, 500, 502, 503);
const anything = fc.oneof(
	fc.jsonValue() as fc.Arbitrary<JsonValue>,
	fc.constantFrom<JsonValue>(
		'constructor',
		'__proto__',
		'toString',
		'',
		'x',
		0,
		-1,
		1e300,
		true,
		null,
		[],
		{},
		[[[[]]]],
	),
);

/** A known body of this provider with one member, at any depth, replaced by anything. */
function mutatedBody(provider: Provider): fc.Arbitrary<JsonValue> {
	const bodies = exchanges
		.filter((each) => each.providers.includes(provider.id))
		.map(({ body }) => body);
	return fc
		.record({ body: fc.constantFrom(...bodies), place: fc.nat(), value: anything })
		.map(({ body, place, value }) => {
			const paths = [...pathsOf(body)];
			return replaced(body, paths[place % paths.length]!, value);
		});
}

function* pathsOf(value: JsonValue, path: string[] = []): Generator<string[]> {
	yield path;
	if (typeof value !== 'object' || value === null) return;
	for (const [key, inner] of Object.entries(value)) yield* pathsOf(inner, [...path, key]);
}

function replaced(body: JsonValue, [key, ...rest]: string[], value: JsonValue): JsonValue {
	if (key === undefined) return value;
	if (Array.isArray(body)) {
		return body.map((inner, index) =>
			String(index) === key ? replaced(inner, rest, value) : inner,
		);
	}
	return isObject(body) ? { ...body, [key]: replaced(body[key]!, rest, value) } : body;
}

function expectSense({ job, failure }: Reading, question: 'submit' | 'fetch', http: number) {
	expect(Boolean(job)).toBe(failure === undefined);
	for (const told of [failure, job?.failure]) {
		expect(told?.message ?? 'none').toMatch(/\S/);
		expect(told?.message.length ?? 0).toBeLessThan(1200);
		expect(told?.advice ?? 'none').toMatch(/\S/);
	}
	return failure ? expectTruthfulFailure(failure, question, http) : expectTruthfulJob(job!);
}

function expectTruthfulFailure(
	{ accepted }: ProviderFailure,
	question: 'submit' | 'fetch',
	http: number,
) {
	expect(accepted === 'yes').toBe(question === 'fetch');
	expect(question === 'submit' && http >= 500 && accepted !== 'unknown').toBe(false);
}

function expectTruthfulJob(job: Job) {
	expect(JSON.parse(JSON.stringify(job))).toEqual(job);
	expect(typeof job.jobId).toBe('string');
	expect(job.videos.length > 0).toBe(job.status === 'succeeded');
	for (const { url } of job.videos) expect(url).toMatch(/^https?:\/\//);
}

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		const context = { nowMs: NOW_MS, baseUrl: provider.account.defaultBaseUrl };
		const job: Job = {
			provider: provider.id,
			jobId: '7',
			status: 'processing',
			videos: [],
			submittedAt: '2025-12-31T23:59:00.000Z',
		};
		// As it arrives: JSON.stringify writes -0 as 0.
		const body = fc
			.oneof(anything, mutatedBody(provider), mutatedBody(provider))
			.map((sent) => JSON.parse(JSON.stringify(sent)) as JsonValue);

		it('reads any reply to a submit', () => {
			fc.assert(
				fc.property(status, body, (http, sent) => {
					const reading = provider.readSubmit(
						{ status: http, headers: {}, body: sent },
						{},
						context,
					);
					expectSense(reading, 'submit', http);
				}),
				{ numRuns: RUNS },
			);
		});

		it('reads any reply to a fetch', () => {
			fc.assert(
				fc.property(status, body, (http, sent) => {
					const reading = provider.readFetch(
						{ status: http, headers: {}, body: sent },
						job,
						context,
					);
					expectSense(reading, 'fetch', http);
				}),
				{ numRuns: RUNS },
			);
		});

		it('reads any callback, or says that it is none', () => {
			fc.assert(
				fc.property(body, (sent) => {
					const reading = provider.readCallback?.(sent, context);
					if (reading) expectSense({ job: reading.job }, 'fetch', 200);
				}),
				{ numRuns: RUNS },
			);
		});

		it('validates whatever an expression or a message may give', () => {
			const fields = fc.record(
				Object.fromEntries(Object.keys(provider.request.shape).map((name) => [name, anything])),
				{ requiredKeys: [] },
			);
			fc.assert(
				fc.property(fields, (raw) => {
					const { values, issues } = validate(provider, raw, context.baseUrl);
					expect(values === undefined).toBe(issues.length > 0);
					for (const { message } of issues) expect(message).toMatch(/\S/);
				}),
				{ numRuns: RUNS },
			);
		});

		it('is not brought down by a bottomless message', () => {
			const deep: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
			for (const sent of [
				deep,
				{ message: deep, status: 'error' },
				{ error: deep, detail: deep },
			]) {
				const reading = provider.readSubmit({ status: 400, headers: {}, body: sent }, {}, context);
				expect(reading.failure).toMatchObject({ accepted: 'no' });
			}
		});

		it('cuts a message without an end', () => {
			const sent = {
				status: 'error',
				message: 'x'.repeat(1e6),
				error: { message: 'x'.repeat(1e6) },
			};
			const reading = provider.readSubmit({ status: 400, headers: {}, body: sent }, {}, context);
			expect(reading.failure!.message.length).toBeLessThan(1200);
		});
	},
);
