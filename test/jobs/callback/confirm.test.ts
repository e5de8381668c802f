/** Whose word counts, where nobody signed. */
import { describe, expect, it } from 'vitest';
import { confirmCallback, confirmJob } from '../../../jobs/callback/confirm';
import { createDeduplication } from '../../../jobs/callback/deduplication';
import { stateKey, type CallbackEvent } from '../../../jobs/callback/events';
import type { CallbackResult } from '../../../jobs/callback/receive';
import type { Host, HttpRequest } from '../../../jobs/host';
import type { Job, Reply } from '../../../providers/contract';
import { providerById } from '../../../providers/registry';
import { newJob } from '../../../providers/replies/job';
import { START_MS } from '../../support/virtualClock';

const provider = providerById('modelslabV6');
const account = { baseUrl: provider.account.defaultBaseUrl };
const done = { status: 'success', id: 7, output: ['https://files.example.com/real.mp4'] };
const told: Job = {
	...newJob('modelslabV6', '7', START_MS),
	status: 'succeeded',
	videos: [{ url: 'https://forged.example.com/v.mp4', mimeType: 'video/mp4' }],
};

interface Asked {
	job: Job | undefined;
	asked: HttpRequest[];
	slept: number[];
	logged: string[];
	/** Confirms the same once more. */
	again(): Promise<Job | undefined>;
}

async function confirmed(
	result: Partial<CallbackResult>,
	replies: Array<Reply | Error>,
	{ events = ['succeeded', 'failed'], confirm = true }: Partial<Settings> = {},
): Promise<Asked> {
	let nowMs = START_MS;
	const asked: HttpRequest[] = [];
	const slept: number[] = [];
	const logged: string[] = [];
	const host: Host = {
		now: () => nowMs,
		random: () => 0.5,
		log: (_level, message) => void logged.push(message),
		async sleep(ms) {
			slept.push(ms);
			nowMs += ms;
		},
		async http(request) {
			asked.push(request);
			const reply = replies[Math.min(asked.length, replies.length) - 1];
			if (reply instanceof Error) throw reply;
			return reply as Reply;
		},
	};
	const received = { status: 202, reason: 'Received.', job: told, event: 'succeeded', ...result };
	const seen = createDeduplication();
	const again = async () =>
		await confirmJob({
			...{ provider, account, events, confirm, seen, host },
			result: received as CallbackResult,
		});
	return { job: await again(), asked, slept, logged, again };
}

interface Settings {
	events: readonly CallbackEvent[];
	confirm: boolean;
}

const reply = (body: unknown, status = 200): Reply => ({ status, headers: {}, body });
const unknown = reply({ status: 'error', message: 'Request not found' }, 404);
const down = Object.assign(new Error('connect ECONNREFUSED'), {
	code: 'ECONNREFUSED',
	syscall: 'connect',
});

describe('the question about a job', () => {
	const at = (path: string) => `${account.baseUrl}${path}`;

	it('goes to the address that the message names, where the key may go and the job is the one', async () => {
		const fetchUrl = at('/api/v6/elsewhere/7');
		const { asked, job } = await confirmed({ job: { ...told, fetchUrl } }, [reply(done)]);
		expect(asked.map(({ url }) => url)).toEqual([fetchUrl]);
		expect(job?.videos[0]?.url).toBe('https://files.example.com/real.mp4');
	});

	it.each([
		['is about another job', at('/api/v6/elsewhere/8')],
		['only ends alike', at('/api/v6/elsewhere/17')],
		['lies on a foreign host', 'https://forged.example.com/api/v6/video/fetch/7'],
	])('does not go to one that %s', async (_what, fetchUrl) => {
		const { asked } = await confirmed({ job: { ...told, fetchUrl } }, [reply(done)]);
		expect(asked.map(({ url }) => url)).toEqual([at('/api/v6/video/fetch/7')]);
	});

	it('is asked again with longer and longer pauses where nobody answers, and the log says why in the end', async () => {
		const { job, slept, logged } = await confirmed({}, [down]);
		expect(job).toBeUndefined();
		expect(slept).toEqual([2_000, 8_000, 30_000, 120_000]);
		expect(logged.join()).toMatch(/could not confirm job 7: .*refused/);
	});

	it('brings the tracking id of the message along with the job', async () => {
		const { job } = await confirmed({ job: { ...told, trackingId: 'row-1' } }, [reply(done)]);
		expect(job).toMatchObject({ trackingId: 'row-1', status: 'succeeded' });
	});

	it('is not asked where the user wants no question, or the sender signed', async () => {
		const unasked = await confirmed({}, [unknown], { confirm: false });
		expect([unasked.job, unasked.asked]).toEqual([told, []]);
		const signed = await confirmed({ trusted: true }, [unknown]);
		expect([signed.job, signed.asked]).toEqual([told, []]);
	});
});

describe('an end that the provider does not show yet', () => {
	const notYet = reply({ status: 'processing', id: 7 });
	const seconds = (slept: number[]) => slept.map((ms) => ms / 1_000);

	it('is asked after for ten minutes, ever more rarely, and then starts nothing', async () => {
		const { job, slept, asked, logged } = await confirmed({}, [notYet]);
		expect(job).toBeUndefined();
		expect(seconds(slept)).toEqual([2, 4, 8, 16, 32, ...Array.from({ length: 8 }, () => 60)]);
		expect(asked).toHaveLength(14);
		expect(logged).toEqual(['Job 7 is processing at the provider.']);
	});

	it('is asked after once more where that is just within the ten minutes', async () => {
		const slow = async (takesMs: number) => {
			let nowMs = START_MS;
			let asked = 0;
			const host: Host = {
				now: () => nowMs,
				random: () => 0.5,
				sleep: async (ms) => void (nowMs += ms),
				async http() {
					asked += 1;
					nowMs += asked === 1 ? takesMs : 0;
					return asked === 1 ? notYet : reply(done);
				},
			};
			const result = { status: 202, reason: 'Received.', job: told, event: 'succeeded' } as const;
			return await confirmJob({
				...{ provider, account, events: ['succeeded'], confirm: true, host, result },
				seen: createDeduplication(),
			});
		};
		expect(await slow(598_000)).toMatchObject({ status: 'succeeded' });
		expect(await slow(598_001)).toBeUndefined();
	});

	it('has nothing to do with a provider that is down for a while in between', async () => {
		const busy = [down, down, notYet, down, down, down, down, reply(done)];
		const { job, slept } = await confirmed({}, busy);
		expect(job?.status).toBe('succeeded');
		expect(seconds(slept)).toEqual([2, 8, 2, 2, 8, 30, 120]);
	});

	it('is passed on as what it really is, where that is wanted too', async () => {
		const failed = reply({ status: 'failed', id: 7, message: 'No light' });
		const { job } = await confirmed({}, [failed]);
		expect(job?.status).toBe('failed');
		const unwanted = await confirmed({}, [failed], { events: ['succeeded'] });
		expect(unwanted.job).toBeUndefined();
		expect(unwanted.logged).toEqual(['Job 7 is failed at the provider.']);
	});

	it('is asked after once where the key is wrong', async () => {
		const { job, asked, logged } = await confirmed({}, [reply({ message: 'No' }, 401)]);
		expect([job, asked.length]).toEqual([undefined, 1]);
		expect(logged).toEqual(['The provider could not confirm job 7: HTTP 401: invalid key.']);
	});
});

describe('what is known again afterwards', () => {
	const result = { status: 202, reason: 'Received.', job: told, event: 'succeeded' } as const;
	const host = (answer: Reply): Host => ({
		...{ now: () => START_MS, random: () => 0.5, sleep: async () => undefined },
		http: async () => answer,
	});
	const failed: Job = { ...told, status: 'failed' };
	const noted = async (answer: Reply, events?: CallbackEvent[]) => {
		const seen = createDeduplication();
		seen.add(stateKey(told), START_MS);
		const options = { provider, account, seen, host: host(answer), ...(events ? { events } : {}) };
		const confirmation = await confirmCallback(result, options);
		return {
			confirmation,
			known: [told, failed].map((job) => seen.has(stateKey(job), START_MS)),
		};
	};

	it('is what was confirmed', async () => {
		const { confirmation, known } = await noted(reply(done));
		expect(confirmation).toMatchObject({ job: { status: 'succeeded' }, event: 'succeeded' });
		expect(known).toEqual([true, false]);
	});

	it('is what is really the case, and the claim may come true', async () => {
		const answer = reply({ status: 'failed', id: 7 });
		const { confirmation, known } = await noted(answer);
		expect(confirmation).toMatchObject({ job: { status: 'failed' }, event: 'failed' });
		expect(known).toEqual([false, true]);
		expect((await noted(answer, ['succeeded'])).known).toEqual([false, false]);
	});

	it('is nothing where the provider can not say', async () => {
		const { confirmation, known } = await noted(unknown);
		expect(confirmation).toMatchObject({ problem: { code: 'not_found' } });
		expect(known).toEqual([false, false]);
	});

	it('is not passed on a second time', async () => {
		const seen = createDeduplication();
		for (const job of [told, failed]) seen.add(stateKey(job), START_MS);
		const answer = host(reply({ status: 'failed', id: 7 }));
		const again = await confirmCallback(result, { provider, account, seen, host: answer });
		expect(again).toEqual({ reason: 'Job 7 is failed at the provider.' });
	});

	it('is a signed message as it came, and one without a job not at all', async () => {
		const options = { provider, account, seen: createDeduplication(), host: host(unknown) };
		expect(await confirmCallback({ ...result, trusted: true }, options)).toEqual({
			...{ job: told, event: 'succeeded' },
		});
		expect(await confirmCallback({ status: 200, reason: 'Old news.' }, options)).toEqual({
			reason: 'Old news.',
		});
	});
});

describe('what is asked nobody about', () => {
	it('is a message without a job', async () => {
		const { job, asked, logged } = await confirmed({ job: undefined as never }, [reply(done)]);
		expect([job, asked, logged]).toEqual([undefined, [], []]);
	});

	it.each(['succeeded', 'test'] as const)('is anything once it was stopped (%s)', async (event) => {
		const signals: Array<AbortSignal | undefined> = [];
		const stop = new AbortController();
		const host: Host = {
			now: () => START_MS,
			random: () => 0.5,
			sleep: async () => undefined,
			async http(_request, signal) {
				signals.push(signal);
				throw stop.signal.reason as Error;
			},
		};
		stop.abort();
		const asking = confirmJob({
			...{ provider, account, events: ['succeeded', 'test'], confirm: true, host },
			...{ seen: createDeduplication(), signal: stop.signal },
			result: { status: 202, reason: 'Received.', job: told, event },
		});
		await expect(asking).rejects.toThrow('aborted');
		expect(signals).toEqual([stop.signal]);
	});
});

describe('a test event', () => {
	const test = { job: { ...told, testEvent: true as const }, event: 'test' as const };
	const both: CallbackEvent[] = ['test', 'succeeded'];

	it('about a job that the provider knows is passed on once, marked, as the provider tells it', async () => {
		const told = await confirmed(test, [reply(done)], { events: both });
		expect(told.job).toMatchObject({ testEvent: true, status: 'succeeded' });
		expect(told.job?.videos[0]?.url).toBe('https://files.example.com/real.mp4');
		expect(await told.again()).toBeUndefined();
	});

	it('about a job that nobody knows is the bare news, without the video that it names', async () => {
		const { job } = await confirmed(test, [unknown], { events: both });
		expect(job).toMatchObject({ jobId: '7', testEvent: true, videos: [] });
		expect(job?.warnings?.join()).toContain('does not know this job');
	});

	it('starts nothing where nobody asked for test events, and may come true later', async () => {
		const ignored = await confirmed(test, [unknown, reply(done)]);
		expect(ignored.job).toBeUndefined();
		expect(ignored.logged.join()).toContain('A test event was ignored.');
		expect(await ignored.again()).toMatchObject({ status: 'succeeded', testEvent: true });
	});

	it('is not waited for, and what is true of its job by now is passed on', async () => {
		const goesOn = reply({ status: 'processing', id: 7 });
		const events: CallbackEvent[] = ['test'];
		const { job, asked, slept } = await confirmed(test, [goesOn], { events });
		expect(job).toMatchObject({ status: 'processing', testEvent: true });
		expect([asked.length, slept]).toEqual([1, []]);
		const unwanted = await confirmed(test, [goesOn], { events: ['succeeded'] });
		expect(unwanted.job).toBeUndefined();
	});

	it('is ignored with the reason where the provider can not be asked', async () => {
		const { job, logged } = await confirmed(test, [reply({ message: 'No' }, 401)], {
			events: both,
		});
		expect(job).toBeUndefined();
		expect(logged).toEqual([
			'A test event was ignored. The provider could not confirm job 7: HTTP 401: invalid key.',
		]);
	});

	it('about each state of a job is one of its own, and known again', async () => {
		const first = await confirmed(test, [], { events: both, confirm: false });
		expect(first.job).toBeDefined();
		expect(await first.again()).toBeUndefined();
	});

	it('of a kind that the user does not want starts nothing', async () => {
		const { job, asked } = await confirmed(test, [reply(done)], { events: ['failed'] });
		expect(job).toBeUndefined();
		expect(asked).toHaveLength(1);
		const unasked = await confirmed(test, [], { events: ['failed'], confirm: false });
		expect(unasked.job).toBeUndefined();
	});

	it('is passed on as it came where the user wants no question', async () => {
		const { job } = await confirmed(test, [], { events: both, confirm: false });
		expect(job).toEqual(test.job);
	});
});
