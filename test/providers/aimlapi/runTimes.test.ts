/** How long a model took lately, where the figures can be those of a video. */
import { expect, it } from 'vitest';
import { runTimes } from '../../../providers/aimlapi/runTimes';

const read = (models: unknown, status = 200) =>
	runTimes.read({ status, headers: {}, body: { models } }, 'veo');
const row = (duration_ms: unknown, alias = 'veo') => ({ alias, metrics: { duration_ms } });

it('is asked for by the name of the model', () => {
	expect(runTimes.call('veo')).toStrictEqual({
		method: 'GET',
		url: '/models/metrics',
		query: { aliases: 'veo' },
	});
});

it.each([
	[
		{ p50: 60_000, p99: 90_000 },
		{ usual: 60, longest: 90 },
	],
	[
		{ p50: '60500', p99: '90000' },
		{ usual: 60.5, longest: 90 },
	],
	[
		{ p50: 10_000, p99: 10_000 },
		{ usual: 10, longest: 10 },
	],
	[{ p50: 9_999, p99: 90_000 }, undefined],
	[{ p50: 60_000, p99: 59_999 }, undefined],
	[{ p50: 60_000 }, undefined],
	[{ p99: 60_000 }, undefined],
	[null, undefined],
	['soon', undefined],
])('%j is %j', (percentiles, times) => {
	expect(read([row(percentiles)])).toStrictEqual(times);
});

it('is that of the model alone', () => {
	const other = row({ p50: 20_000, p99: 30_000 }, 'other');
	const own = row({ p50: 60_000, p99: 90_000 });
	expect(read([null, 'row', other, own])).toStrictEqual({ usual: 60, longest: 90 });
	expect(read([other])).toBeUndefined();
	expect(read([{ alias: 'veo' }])).toBeUndefined();
	expect(read([{ alias: 'veo', metrics: 'none' }])).toBeUndefined();
});

it.each([[undefined], [{}], ['text']])('is not known where the list is %j', (models) => {
	expect(read(models)).toBeUndefined();
	expect(runTimes.read({ status: 200, headers: {}, body: models }, 'veo')).toBeUndefined();
});

it('is not known from HTTP 300 on', () => {
	const models = [row({ p50: 60_000, p99: 90_000 })];
	expect(read(models, 299)).toStrictEqual({ usual: 60, longest: 90 });
	expect(read(models, 300)).toBeUndefined();
});
