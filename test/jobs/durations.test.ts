import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	durationKind,
	learnedSeconds,
	noteDuration,
	tookSeconds,
	usualSeconds,
	withLearned,
	type Durations,
} from '../../jobs/durations';
import { pollUntilDone } from '../../jobs/poll';
import { nextPollSeconds } from '../../jobs/schedule';
import type { Job, Provider, RequestValues } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';
import { providerById } from '../../providers/registry';
import { virtualHost, START_MS } from '../support/virtualClock';

const NOVITA = providerById('novita');

describe('what is remembered of finished jobs', () => {
	it('is kept by provider, model and size, and holds nothing that a person wrote', () => {
		const secret = 'my unreleased product, seen from above';
		const kind = durationKind(NOVITA, {
			...{ model_name: 'dream.safetensors', width: 640, height: 480, steps: 20 },
			...{ negative_prompt: secret, webhook_url: 'https://me.example/?token=abc' },
			prompts: [
				{ prompt: secret, frames: 16 },
				{ prompt: secret, frames: 16 },
			],
		});
		expect(kind).toBe('novita dream.safetensors width=724.1 height=512 steps=22.6 frames=32');
	});

	it.each([
		['another provider', providerById('modelslabV6'), { model_id: 'wan', width: 512 }],
		['another model', NOVITA, { model_name: 'other', width: 512 }],
		['another size', NOVITA, { model_name: 'wan', width: 1024 }],
	])('tells %s apart', (_what, provider, values) => {
		expect(durationKind(provider, values)).not.toBe(
			durationKind(NOVITA, { model_name: 'wan', width: 512 }),
		);
	});

	it.each(['model', 'model_id', 'model_name'])('goes by the model in %s', (name) => {
		expect(durationKind(NOVITA, { [name]: 'wan' })).toBe('novita wan');
		expect(durationKind(NOVITA, { [name]: '' })).toBe('novita ');
	});

	it.each([
		...['width', 'height', 'size', 'resolution', 'upscale_width', 'upscale_height', 'num_frames'],
		...['frames', 'fps', 'seconds', 'duration', 'num_inference_steps', 'steps', 'sample_count'],
	])('goes by %s, as a number and as a choice', (name) => {
		expect(durationKind(NOVITA, { [name]: 3 })).toBe(`novita  ${name}=2.8`);
		expect(durationKind(NOVITA, { [name]: '1' })).toBe(`novita  ${name}=1`);
	});

	it.each<[string, RequestValues, string]>([
		['a switch', { enhance_prompt: false }, ' enhance_prompt=false'],
		['a choice of twenty characters', { size: 'a'.repeat(20) }, ` size=${'a'.repeat(20)}`],
		['longer text, which is no choice', { size: 'a'.repeat(21) }, ''],
		['no text at all', { size: '' }, ''],
		['a number that is none', { width: 0, height: -8, fps: Number.NaN }, ''],
		['half a second', { seconds: 0.5 }, ' seconds=0.5'],
		['a list', { size: [1, 2] }, ''],
		['prompts with odd frames', { prompts: ['a', {}, { frames: -8 }, { frames: 4 }] }, ' frames=4'],
		['prompts with hardly any', { prompts: [{ frames: 0.5 }] }, ' frames=0.5'],
		['prompts without frames', { prompts: [{ prompt: 'A fox' }] }, ''],
		['frames as text', { prompts: [{ frames: '16' }] }, ' frames=16'],
	])('takes %s as it should', (_what, values, sizes) => {
		expect(durationKind(NOVITA, { model: 'wan', ...values })).toBe(`novita wan${sizes}`);
	});

	it('has a name of a bounded length, whatever the model is called', () => {
		const size = 'b'.repeat(20);
		expect(durationKind(NOVITA, { model: 'a'.repeat(99), size })).toBe(
			`novita ${'a'.repeat(80)} size=${size}`,
		);
		const all = { size, width: size, height: size, resolution: size, fps: size, steps: size };
		const more = { ...all, duration: size, seconds: size, frames: size };
		expect(durationKind(NOVITA, { model: 'a'.repeat(99), ...more })).toHaveLength(240);
	});

	it('takes sizes together that differ little', () => {
		const of = (width: number) => durationKind(NOVITA, { model_name: 'wan', width });
		expect(of(480)).toBe(of(512));
	});

	it('says nothing before the third, and gives the newest twenty in ascending order', () => {
		const durations: Durations = {};
		for (const seconds of [30, 10]) noteDuration(durations, 'a', seconds, 1);
		expect(learnedSeconds(durations, 'a')).toBeUndefined();
		noteDuration(durations, 'a', 20, 1);
		expect(learnedSeconds(durations, 'a')).toEqual([10, 20, 30]);
		for (let more = 100; more < 120; more += 1) noteDuration(durations, 'a', more, 1);
		expect(learnedSeconds(durations, 'a')).toHaveLength(20);
		expect(learnedSeconds(durations, 'a')?.[0]).toBe(100);
	});

	it('keeps a hundred kinds, and forgets the one that was not met for longest', () => {
		const durations: Durations = {};
		for (let kind = 0; kind < 100; kind += 1) noteDuration(durations, `kind ${kind}`, 10, kind);
		noteDuration(durations, 'kind 0', 10, 1_000);
		noteDuration(durations, 'one more', 10, 1_001);
		expect(Object.keys(durations)).toHaveLength(100);
		expect(Object.keys(durations)).toContain('kind 0');
		expect(Object.keys(durations)).not.toContain('kind 1');
	});

	it.each([0, -1, Number.NaN, Infinity, 10 ** 9])('leaves out that a job took %d s', (seconds) => {
		const durations: Durations = {};
		noteDuration(durations, 'a', seconds, 1);
		expect(durations).toEqual({});
	});

	it('keeps tenths of seconds, a week at most, and when the newest was noted', () => {
		const durations: Durations = {};
		for (const seconds of [12.34, 604_800, 604_800.1, 0.5])
			noteDuration(durations, 'a', seconds, 9);
		expect(durations).toEqual({ a: { seconds: [12.3, 604_800, 0.5], atMs: 9 } });
	});

	it('keeps jobs of half a second too', () => {
		const durations: Durations = {};
		for (let more = 0; more < 3; more += 1) noteDuration(durations, 'a', 0.5, 1);
		expect(learnedSeconds(durations, 'a')).toEqual([0.5, 0.5, 0.5]);
	});

	it('forgets an older kind for a new one, though all are of the same moment', () => {
		const durations: Durations = {};
		for (let kind = 0; kind <= 100; kind += 1) noteDuration(durations, `kind ${kind}`, 10, 1);
		expect(Object.keys(durations)).toContain('kind 100');
		expect(Object.keys(durations)).not.toContain('kind 0');
	});

	it('forgets first what nobody knows the time of', () => {
		const durations: Durations = {};
		for (let kind = 0; kind < 100; kind += 1) noteDuration(durations, `kind ${kind}`, 10, 1);
		durations['kind 50'] = { seconds: [1] } as Durations[string];
		noteDuration(durations, 'one more', 10, 1);
		expect(Object.keys(durations)).not.toContain('kind 50');
		expect(Object.keys(durations)).toHaveLength(100);
	});

	it.each<[string, unknown]>([
		['a name that every object has', undefined],
		['text for numbers', { seconds: ['1', '2', '3'] }],
		['no time', { seconds: [0, -1, 1, 2] }],
		['a list for an entry', [1, 2, 3]],
		['an entry without a list', { seconds: 3 }],
	])('knows nothing by %s', (_what, entry) => {
		const kind = entry === undefined ? 'constructor' : 'a';
		const durations = (entry === undefined ? {} : { a: entry }) as Durations;
		expect(learnedSeconds(durations, kind)).toBeUndefined();
	});

	it('reads whatever a store gives back', () => {
		fc.assert(
			fc.property(fc.anything(), fc.anything(), (entry, seconds) => {
				for (const found of [entry, { seconds }, { seconds: [seconds, 1, 2, 3] }]) {
					const durations = { a: found } as unknown as Durations;
					for (const one of learnedSeconds(durations, 'a') ?? []) expect(one).toBeGreaterThan(0);
					noteDuration(durations, 'a', 5, 1);
					expect(durations.a?.seconds.at(-1)).toBe(5);
				}
			}),
		);
	});

	it('makes the middle of them what is usual, and the documented time where there are none', () => {
		expect(usualSeconds(NOVITA)).toBe(NOVITA.limits.typicalSeconds);
		expect(usualSeconds(withLearned(NOVITA, undefined))).toBe(NOVITA.limits.typicalSeconds);
		expect(usualSeconds(withLearned(NOVITA, [5, 7, 100]))).toBe(7);
		expect(usualSeconds(withLearned(NOVITA, [5, 7, 100, 200]))).toBe(100);
		expect(withLearned(NOVITA, [])).toBe(NOVITA);
	});
});

describe('how long a job took', () => {
	const at = (seconds: number) => new Date(START_MS + seconds * 1000).toISOString();
	const asked: Job = newJob('novita', 'a', START_MS);
	const done = (finishedAt: number): Job => ({
		...asked,
		status: 'succeeded',
		finishedAt: at(finishedAt),
	});

	it('is the middle between the last two questions', () => {
		const seconds = tookSeconds(NOVITA, { ...asked, askedAt: at(50) }, done(60), START_MS + 60_000);
		expect(seconds).toBe(55);
	});

	it('is by the provider where it says when it was done', () => {
		const before = { ...asked, askedAt: at(50) };
		expect(tookSeconds(NOVITA, before, done(52), START_MS + 60_000)).toBe(52);
	});

	it('is not by a clock that says what can not be', () => {
		const before = { ...asked, askedAt: at(50) };
		expect(tookSeconds(NOVITA, before, done(10), START_MS + 60_000)).toBe(55);
		expect(tookSeconds(NOVITA, before, done(7_000), START_MS + 60_000)).toBe(55);
	});

	it.each([
		['just when it was asked for', 60, 50, 55],
		['just when it was asked for before', 50, 50, 55],
		['just before this question', 59.999, 50, 59.999],
		['just after the question before', 50.001, 50, 50.001],
		['where there was no question before', 40, undefined, 40],
		['at once', 0.5, undefined, 0.5],
		['when it was submitted, which can not be', 0, undefined, 36],
	])('is by the provider or not: done %s', (_what, finishedAt, askedAt, seconds) => {
		const before = askedAt === undefined ? asked : { ...asked, askedAt: at(askedAt) };
		expect(tookSeconds(NOVITA, before, done(finishedAt), START_MS + 60_000)).toBe(seconds);
	});

	it.each([
		['in no time', START_MS, asked.submittedAt],
		['before it was submitted', START_MS - 1_000, asked.submittedAt],
		['since nobody knows when', START_MS + 1_000, 'yesterday'],
	])('is unknown where it was %s', (_what, nowMs, submittedAt) => {
		const found: Job = { ...asked, status: 'succeeded' };
		expect(tookSeconds(NOVITA, { ...asked, submittedAt }, found, nowMs)).toBeUndefined();
	});

	it('is told down to half a second', () => {
		const found: Job = { ...asked, status: 'succeeded' };
		expect(tookSeconds(NOVITA, asked, found, START_MS + 1_000)).toBe(0.6);
	});

	it('is taken for less where the first question found it done', () => {
		expect(tookSeconds(NOVITA, asked, done(60), START_MS + 60_000)).toBe(36);
		const known = withLearned(NOVITA, [62, 64, 70]);
		expect(tookSeconds(known, asked, done(60), START_MS + 60_000)).toBe(54);
		const once = withLearned(NOVITA, [62]);
		expect(tookSeconds(once, asked, done(60), START_MS + 60_000)).toBe(54);
	});

	it('is of no interest where the job failed', () => {
		const failed: Job = { ...asked, status: 'failed', finishedAt: at(3) };
		expect(tookSeconds(NOVITA, asked, failed, START_MS + 60_000)).toBeUndefined();
	});
});

describe('waiting for a kind of job that is known', () => {
	const learned = [50, 52, 55, 58, 59, 60, 61, 63, 66, 70];
	const pause = (elapsedSeconds: number, more = {}) =>
		nextPollSeconds({
			elapsedSeconds,
			failures: 0,
			typicalSeconds: 120,
			learnedSeconds: learned,
			...more,
		});

	it('asks for the first time when the earliest are over', () => {
		expect(pause(0)).toBeGreaterThan(50);
		expect(pause(0)).toBeLessThan(57);
	});

	it('is not led astray by one job that took a hundred times as long, or no time', () => {
		for (const odd of [0.1, 6_000]) {
			const among = [...learned, odd].toSorted((a, b) => a - b);
			expect(pause(0, { learnedSeconds: among })).toBeGreaterThan(44);
			expect(pause(0, { learnedSeconds: among })).toBeLessThan(60);
		}
	});

	it('goes by what the newest reply tells, once such jobs begin to end', () => {
		expect(pause(58, { etaSeconds: 12, toldSeconds: 12 })).toBe(9);
		// Told at the submit for good: it errs by a share of all of it.
		expect(pause(58, { etaSeconds: 12, toldSeconds: 70 })).toBe(pause(58));
	});

	it('believes the provider where it tells of something else: a queue, a short clip', () => {
		const known = { learnedSeconds: undefined };
		for (const etaSeconds of [600, 5]) {
			expect(pause(0, { etaSeconds })).toBe(pause(0, { etaSeconds, ...known }));
		}
		expect(pause(0, { etaSeconds: 70 })).toBe(pause(0));
	});

	it('goes on as with any job where one takes longer than any before', () => {
		expect(pause(300)).toBe(pause(300, { learnedSeconds: undefined }));
	});

	it('asks at least as often as it must, and gives a service in trouble time', () => {
		expect(pause(0, { longestSeconds: 20 })).toBe(20);
		expect(pause(55, { failures: 5 })).toBe(32);
	});

	/** Jobs one after the other, with what was made of those before. */
	async function waitedFor(
		durations: number[],
	): Promise<Array<{ requests: number; late: number }>> {
		const store: Durations = {};
		const outcomes = [];
		for (const seconds of durations) {
			const provider: Provider = withLearned(NOVITA, learnedSeconds(store, 'a'));
			const host = virtualHost(provider, 'a-key');
			let requests = 0;
			host.http = async () => {
				requests += 1;
				const status = (host.now() - START_MS) / 1000 < seconds ? 'QUEUED' : 'SUCCEED';
				const videos = status === 'SUCCEED' ? [{ video_url: 'https://a.example/a.mp4' }] : [];
				const task = { task_id: 'a', status: `TASK_STATUS_${status}` };
				return { status: 200, headers: {}, body: { task, videos } };
			};
			const job = newJob('novita', 'a', START_MS);
			const { job: found } = await pollUntilDone(provider, { baseUrl: 'https://api' }, job, host, {
				deadlineMs: START_MS + 86_400_000,
				onTook: (took) => noteDuration(store, 'a', took, START_MS),
			});
			expect(found.status).toBe('succeeded');
			outcomes.push({ requests, late: (host.now() - START_MS) / 1000 - seconds });
		}
		return outcomes;
	}

	it('needs at most five questions for the eleventh, and is in time', async () => {
		const all = await waitedFor([60, 55, 66, 58, 62, 50, 70, 61, 57, 64, 60, 55, 66]);
		for (const { requests, late } of all.slice(10)) {
			expect(requests).toBeLessThanOrEqual(5);
			expect(late).toBeLessThanOrEqual(5);
		}
	});

	it('does not come later with every job', async () => {
		const all = await waitedFor(Array.from({ length: 200 }, () => 60));
		const late = all.slice(100).map((one) => one.late);
		expect(Math.max(...late)).toBeLessThanOrEqual(60 * 0.09);
	});

	it('finds out that the provider has become faster', async () => {
		const all = await waitedFor([
			...Array.from({ length: 20 }, () => 100),
			...Array.from({ length: 120 }, () => 40),
		]);
		expect(all.at(-1)!.late).toBeLessThanOrEqual(40 * 0.09);
	});
});
