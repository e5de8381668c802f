/** Percentiles that a provider publishes, until something better is known. */
import { describe, expect, it, vi } from 'vitest';
import type { Host, HttpRequest } from '../../jobs/host';
import { defaultWaitMinutes, pauseSeconds } from '../../jobs/poll';
import { withPublishedTimes } from '../../jobs/publishedTimes';
import type { RequestValues } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';
import { providerById } from '../../providers/registry';
import { ofModel } from '../../providers/schema/ofModel';

const NOW_MS = Date.UTC(2026, 10, 1);
let accounts = 0;

function scene(percentiles: object | string | null) {
	const requests: HttpRequest[] = [];
	let nowMs = NOW_MS;
	const wait = (ms: number) => void (nowMs += ms);
	const host = {
		now: () => nowMs,
		async http(request: HttpRequest) {
			requests.push(request);
			if (percentiles instanceof Error) throw percentiles;
			const models = [{ alias: request.query?.aliases, metrics: { duration_ms: percentiles } }];
			return { status: 200, headers: {}, body: { window_seconds: 3600, models } };
		},
	} as unknown as Host;
	const account = { baseUrl: `https://api${(accounts += 1)}.example.com` };
	const values = { model: 'bytedance/seedance-2-0', prompt: 'A boat' };
	const provider = ofModel(providerById('aimlapi'), values);
	const ask = async (known = provider, asked: RequestValues = values) =>
		await withPublishedTimes(known, account, asked, host);
	return { ask, provider, requests, wait };
}

describe('what a provider publishes about how long a model takes', () => {
	it('feeds the schedule and the wait', async () => {
		const { ask, requests } = scene({ p50: 600_000, p75: 700_000, p90: 800_000, p99: 1_200_000 });
		const timed = await ask();
		expect(timed.limits).toMatchObject({ typicalSeconds: 600, longestSeconds: 1200 });
		expect(defaultWaitMinutes(timed)).toBe(30);
		const job = newJob('aimlapi', 'job', NOW_MS);
		expect(pauseSeconds(timed, job, NOW_MS)).toBe(60);
		expect(requests).toMatchObject([
			{ authenticate: false, query: { aliases: 'bytedance/seedance-2-0' } },
		]);
	});

	it('is all there is for a model whose longest run no document has, and does not shorten one that it has', async () => {
		const { ask, provider } = scene({ p50: 600_000, p99: 1_200_000 });
		const { longestSeconds: _documented, ...limits } = provider.limits;
		expect((await ask({ ...provider, limits })).limits.longestSeconds).toBe(1200);
		const longer = { ...provider, limits: { ...limits, longestSeconds: 2400 } };
		expect((await ask(longer)).limits.longestSeconds).toBe(2400);
	});

	it('is asked for once', async () => {
		const { ask, requests } = scene({ p50: 100_000, p99: 200_000 });
		await Promise.all([ask(), ask()]);
		await ask();
		expect(requests).toHaveLength(1);
	});

	it.each([
		['times that can only be those of the submit call', { p50: 900, p99: 4_000 }],
		['no figures', {}],
		['nothing in their place', null],
		['a text in their place', 'soon'],
		['figures that are none', { p50: 'long', p99: null }],
		['figures that contradict each other', { p50: 90_000, p99: 20_000 }],
		['no answer', new Error('connection cut')],
	])('changes nothing where it gives %s', async (_what, percentiles) => {
		const { ask, provider } = scene(percentiles);
		expect(await ask()).toBe(provider);
	});

	it.each([null, 'soon', [], undefined])('is read without a fault where it is %j', (metrics) => {
		const { runTimes } = providerById('aimlapi');
		const reply = (inner: unknown) => {
			const body = { models: [{ alias: 'veo', metrics: inner }] };
			return { status: 200, headers: {}, body };
		};
		expect(runTimes?.read(reply(metrics), 'veo')).toBeUndefined();
		expect(runTimes?.read(reply({ duration_ms: metrics }), 'veo')).toBeUndefined();
	});

	it('is asked for again after an hour, with five seconds to answer in', async () => {
		const timeout = vi.spyOn(AbortSignal, 'timeout');
		const { ask, requests, wait } = scene({ p50: 100_000, p99: 200_000 });
		await ask();
		expect(timeout.mock.calls).toEqual([[5_000]]);
		timeout.mockRestore();
		wait(3_599_999);
		await ask();
		expect(requests).toHaveLength(1);
		wait(1);
		await ask();
		expect(requests).toHaveLength(2);
	});

	it('is kept for two hundred models, those that were asked for last', async () => {
		const { ask, provider, requests } = scene({ p50: 100_000, p99: 200_000 });
		const of = async (model: string) => await ask(provider, { model });
		for (let model = 0; model < 200; model += 1) await of(`model ${model}`);
		await of('model 0');
		expect(requests).toHaveLength(200);
		await of('one more');
		await of('model 0');
		expect(requests).toHaveLength(202);
	});

	it('is not asked for where no model is named, or one job of it is known', async () => {
		const { ask, provider, requests } = scene({ p50: 100_000, p99: 200_000 });
		const { longestSeconds: _longest, ...limits } = provider.limits;
		const one = { ...provider, limits: { ...limits, learnedSeconds: [40] } };
		expect(await ask(one)).toBe(one);
		expect(await ask(provider, {})).toBe(provider);
		expect(requests).toEqual([]);
		const none = { ...provider, limits: { ...limits, learnedSeconds: [] } };
		expect((await ask(none)).limits).toMatchObject({ typicalSeconds: 100, longestSeconds: 200 });
	});

	it('is not asked for once something was learned', async () => {
		const { ask, provider, requests } = scene({ p50: 100_000, p99: 200_000 });
		const learned = { ...provider, limits: { ...provider.limits, learnedSeconds: [40, 50, 60] } };
		expect(await ask(learned)).toBe(learned);
		expect(requests).toEqual([]);
	});
});
