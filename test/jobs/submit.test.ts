/** How often a submit is sent: again only where it certainly never arrived and may arrive the next time. */
import { describe, expect, it } from 'vitest';
import { submitIdentity, submitJob, submitOnce } from '../../jobs/submit';
import type { Reading, Reply } from '../../providers/contract';
import { localGpu } from '../../providers/localGpu';
import { providerById } from '../../providers/registry';
import { failure } from '../../providers/replies/failures';
import { newJob } from '../../providers/replies/job';
import { START_MS, virtualHost } from '../support/virtualClock';

async function submitFailing(code: string, options: { idempotent?: boolean } = {}) {
	let sent = 0;
	const send = async () => {
		sent += 1;
		throw Object.assign(new Error(`certificate or network trouble`), {
			code,
			...(code.startsWith('E') && !code.startsWith('ERR') ? { syscall: 'connect' } : {}),
		});
	};
	const read = () => {
		throw new Error('There was no reply to read');
	};
	const { failure } = await submitOnce(send, read, virtualHost(localGpu, 'a-key'), options);
	return { sent, failure };
}

describe('a submit that came to nothing', () => {
	it.each(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH'])(
		'(%s) is sent three times: nobody was there to take it',
		async (code) => {
			const { sent, failure } = await submitFailing(code);
			expect(sent).toBe(3);
			expect(failure).toMatchObject({ accepted: 'no' });
		},
	);

	it.each([
		'CERT_HAS_EXPIRED',
		'DEPTH_ZERO_SELF_SIGNED_CERT',
		'ERR_TLS_CERT_ALTNAME_INVALID',
		'HOSTNAME_MISMATCH',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'ERR_INVALID_URL',
		'ERR_INVALID_CHAR',
	])('(%s) is sent once: it will be no better in a second', async (code) => {
		const { sent, failure } = await submitFailing(code);
		expect(sent).toBe(1);
		expect(failure).toMatchObject({ accepted: 'no' });
	});

	it('of which nobody knows whether it arrived is not sent again', async () => {
		const { sent, failure } = await submitFailing('UND_ERR_SOCKET');
		expect(sent).toBe(1);
		expect(failure).toMatchObject({ accepted: 'unknown' });
	});
});

describe('submitting', () => {
	const provider = providerById('novita');
	const attempts = async (readings: Reading[], idempotent = false) => {
		const host = virtualHost(provider, 'a-key');
		let sent = 0;
		const send = async (): Promise<Reply> => {
			sent += 1;
			return { status: 200, headers: {}, body: {} };
		};
		const result = await submitOnce(send, () => readings[sent - 1] as Reading, host, {
			idempotent,
		});
		return { sent, result, slept: host.slept };
	};
	const job = newJob('novita', 'j1', START_MS);
	const limited = (retryAfterSeconds?: number) => ({
		failure: failure('rate_limited', 'Too many.', {
			accepted: 'no',
			...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
		}),
	});
	const doubtful = { failure: failure('network', 'Broke off.', { accepted: 'unknown' }) };
	const unreachable = { failure: failure('network', 'Nobody there.', { accepted: 'no' }) };

	it('backs off longer each time, with jitter, where the provider only says "too many"', async () => {
		const { sent, result, slept } = await attempts([limited(), limited(), limited(), { job }]);
		expect(sent).toBe(4);
		expect(result.job).toBe(job);
		expect(slept).toEqual([1_125, 2_250, 4_500]);
	});

	it('does not wait for a provider that asks for a quarter of an hour', async () => {
		const { sent, result } = await attempts([limited(900), { job }]);
		expect(sent).toBe(1);
		expect(result.failure).toMatchObject({ accepted: 'no', retryAfterSeconds: 900 });
	});

	it('is not sent, and not paid, where the run was stopped while it waited for the limit', async () => {
		const stop = new AbortController();
		let sent = 0;
		const submitting = submitJob({
			provider,
			account: { baseUrl: 'https://api.novita.ai' },
			values: { prompt: 'A fox' },
			send: async () => {
				sent += 1;
				return { status: 200, headers: {}, body: { task_id: 'a-1' } };
			},
			host: virtualHost(provider, 'a-key'),
			// As long as the wait takes, nothing hears of the stop.
			rateLimit: async () => stop.abort(new Error('Stopped by its user')),
			signal: stop.signal,
		});
		await expect(submitting).rejects.toThrow('Stopped by its user');
		expect(sent).toBe(0);
	});

	it('does not repeat a doubtful one', async () => {
		expect((await attempts([doubtful, { job }])).sent).toBe(1);
	});

	it('repeats a doubtful one with an idempotency key', async () => {
		const { sent, result } = await attempts([doubtful, { job }], true);
		expect(sent).toBe(2);
		expect(result.job).toBe(job);
	});

	it('gives up after eight refusals for being too many, none longer apart than a minute', async () => {
		const { sent, result, slept } = await attempts(Array.from({ length: 9 }, () => limited()));
		expect(sent).toBe(8);
		expect(result.failure).toMatchObject({ code: 'rate_limited', accepted: 'no' });
		expect(slept.at(-1)).toBe(67_500);
		expect(Math.max(...slept)).toBe(67_500);
	});

	it('waits five minutes where the provider asks for them, and not a second longer', async () => {
		expect((await attempts([limited(300), { job }])).slept).toEqual([337_500]);
		expect((await attempts([limited(300.001), { job }])).sent).toBe(1);
	});

	it('waits a moment where the provider asks for none', async () => {
		expect((await attempts([limited(0), { job }])).slept).toEqual([281]);
	});

	it('does not repeat what the provider will refuse again', async () => {
		const refused = { failure: failure('invalid_key', 'No.', { accepted: 'no' }) };
		expect((await attempts([refused, { job }])).sent).toBe(1);
		const broken = { failure: failure('provider_error', 'Maintenance.', { accepted: 'no' }) };
		expect((await attempts([broken, { job }])).sent).toBe(1);
	});

	it('gives a doubtful one with an idempotency key up after three attempts', async () => {
		const { sent, result } = await attempts([doubtful, doubtful, doubtful, { job }], true);
		expect(sent).toBe(3);
		expect(result.failure?.accepted).toBe('unknown');
	});

	it('gives up after three attempts at which nobody was there', async () => {
		const { sent, slept } = await attempts([unreachable, unreachable, unreachable, { job }]);
		expect(sent).toBe(3);
		expect(slept).toEqual([1_125, 2_250]);
	});

	it('does not repeat what was taken, whatever else is said of it', async () => {
		const taken = failure('network', 'Taken.', { accepted: 'yes', retryable: true });
		expect((await attempts([{ failure: taken }, { job }], true)).sent).toBe(1);
		const lasting = failure('rate_limited', 'Never.', { accepted: 'no', retryable: false });
		expect((await attempts([{ failure: lasting }, { job }])).sent).toBe(1);
	});

	it('says in the log that it tries again, and in how many whole seconds', async () => {
		const host = virtualHost(provider, 'a-key');
		const readings: Reading[] = [unreachable, limited(250), { job }];
		await submitOnce(
			async () => ({ status: 200, headers: {}, body: {} }),
			() => readings.shift()!,
			host,
		);
		expect(host.logged).toEqual([
			'Nobody there. Trying again in 2 s.',
			'Too many. Trying again in 282 s.',
		]);
	});

	it.each(['before', 'within'])('stops trying where it is told to, %s a pause', async (when) => {
		const stop = new AbortController();
		const host = virtualHost(provider, 'a-key');
		let sent = 0;
		const send = async () => {
			sent += 1;
			if (when === 'before') stop.abort();
			return { status: 200, headers: {}, body: {} };
		};
		const sleep = async () => {
			stop.abort();
			return await Promise.reject<void>(stop.signal.reason);
		};
		const { failure: told } = await submitOnce(
			send,
			() => unreachable,
			when === 'within' ? { ...host, sleep } : host,
			{ signal: stop.signal },
		);
		// Why the first attempt failed is told, not that it was stopped.
		expect(told).toBe(unreachable.failure);
		expect([sent, host.slept]).toEqual([1, []]);
		expect(host.logged).toHaveLength(when === 'within' ? 1 : 0);
	});

	it('does not hide what is wrong with the clock', async () => {
		const sleep = async () => await Promise.reject<void>(new Error('No timers'));
		const send = async () => ({ status: 200, headers: {}, body: {} });
		const host = { ...virtualHost(provider, 'a-key'), sleep };
		await expect(submitOnce(send, () => unreachable, host)).rejects.toThrow('No timers');
	});

	it.each([
		['ECONNREFUSED', 'connect', 'The service could not be reached (connection refused).'],
		['ECONNRESET', 'read', 'The connection broke before the service answered (connection cut).'],
	])('says what came of the connection (%s)', async (code, syscall, message) => {
		const error = Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
		const send = async () => await Promise.reject<Reply>(error);
		const read = () => ({ job });
		const { failure: told } = await submitOnce(send, read, virtualHost(provider, 'a-key'));
		expect(told?.message).toBe(message);
	});

	it('says of an address that is none that the address is wrong, not the job id', async () => {
		const missing = failure('not_found', 'Not Found', { accepted: 'no', advice: 'The job id?' });
		const { result } = await attempts([{ failure: missing }]);
		expect(result.failure?.advice).toMatch(/no such endpoint at this address/);
		const lost = failure('not_found', 'Not Found', { accepted: 'unknown', advice: 'Look there.' });
		expect((await attempts([{ failure: lost }])).result.failure?.advice).toBe('Look there.');
	});

	it('does not call it safe when a doubtful attempt was followed by one that never left', async () => {
		const { result } = await attempts([doubtful, unreachable, unreachable, unreachable], true);
		expect(result.failure?.accepted).toBe('unknown');
	});
});

describe('a job that was submitted', () => {
	const values = { model_name: 'wan', prompt: 'A fox' };
	const submitted = async (
		id: string,
		reply: Reply | Error,
		more: Partial<Parameters<typeof submitJob>[0]> = {},
	) => {
		const provider = providerById(id);
		const host = virtualHost(provider, 'a-key');
		let sent = 0;
		const reading = await submitJob({
			...{ provider, account: { baseUrl: 'https://a.example' }, values, host },
			rateLimit: async () => host.sleep(7_000),
			async send() {
				sent += 1;
				if (reply instanceof Error) throw reply;
				return reply;
			},
			...more,
		});
		return { reading, host, sent };
	};
	const accepted = { status: 200, headers: {}, body: { task_id: 'a-1' } };
	const cut = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });

	it('bears the id of the submit only where one was given, and is as old as its submit', async () => {
		const { reading } = await submitted('novita', accepted, { requestId: 'mine.1' });
		expect(reading.job).toMatchObject({
			...{ jobId: 'a-1', requestId: 'mine.1', submittedAt: '2026-01-01T00:00:07.000Z' },
		});
		const { reading: without } = await submitted('novita', accepted);
		expect(without.job).not.toHaveProperty('requestId');
	});

	it('is sent again in doubt where the provider knows it again, and only there', async () => {
		expect((await submitted('localGpu', cut)).sent).toBe(3);
		expect((await submitted('novita', cut)).sent).toBe(1);
	});

	it('in doubt is not looked for where there is no list, and nobody is told that it is', async () => {
		const doubts: unknown[] = [];
		const onDoubt = (doubt: unknown) => void doubts.push(doubt);
		const { reading, host } = await submitted('novita', cut, { onDoubt });
		expect(reading.failure).toMatchObject({ code: 'network', accepted: 'unknown' });
		expect(reading.failure).not.toHaveProperty('requestId');
		expect(doubts).toEqual([reading.failure]);
		expect(host.logged).toEqual([]);
	});

	it('in doubt is not looked for by an id that it does not bear', async () => {
		const { reading, host } = await submitted('aimlapiPixverse', cut);
		expect(reading.failure?.message).toBe(
			'The connection broke before the service answered (connection cut).',
		);
		expect(host.logged).toEqual([]);
	});

	const list = (...data: object[]): Reply => ({ status: 200, headers: {}, body: { data } });
	const inDoubt = async (answer: () => Reply) => {
		const provider = providerById('aimlapiPixverse');
		const host = virtualHost(provider, 'a-key');
		host.http = async () => answer();
		return await submitted('aimlapiPixverse', cut, { host, requestId: 'mine.1' }).then(
			({ reading }) => ({ reading, logged: host.logged }),
		);
	};

	it('in doubt is attached to where the list has it, and the log says so', async () => {
		const { reading, logged } = await inDoubt(() =>
			list({ inference_id: 'abc', client_request_id: 'mine.1' }),
		);
		expect(reading.job).toMatchObject({ jobId: 'abc', requestId: 'mine.1' });
		expect(logged).toEqual([
			'AI/ML API PixVerse: The connection broke before the service answered (connection cut). Looking for the job at the provider.',
			"The account's log was looked through once for request mine.1: job abc. It is attached to; nothing was submitted again.",
		]);
	});

	it('in doubt stays so where the list does not have it, and says what was looked at', async () => {
		const { reading } = await inDoubt(() => list());
		expect(reading.failure).toMatchObject({
			...{ accepted: 'unknown', requestId: 'mine.1' },
			message:
				"The connection broke before the service answered (connection cut). The account's log was looked through 5 times for request mine.1: no job with it is there yet.",
		});
	});

	it('in doubt is looked for as long as nobody stops it, and tried again no longer', async () => {
		const stop = new AbortController();
		const host = virtualHost(providerById('aimlapiPixverse'), 'a-key');
		const signals: unknown[] = [];
		host.http = async (_request, signal) => {
			signals.push(signal);
			return list({ inference_id: 'abc', client_request_id: 'mine.1' });
		};
		const more = { host, requestId: 'mine.1', signal: stop.signal };
		await submitted('aimlapiPixverse', cut, more);
		expect(signals).toEqual([stop.signal]);
		let sent = 0;
		const send = async () => {
			sent += 1;
			stop.abort();
			throw cut;
		};
		await submitted('localGpu', cut, { signal: stop.signal, send });
		expect(sent).toBe(1);
	});

	it('does not hide that the looking itself is broken', async () => {
		const host = virtualHost(providerById('aimlapiPixverse'), 'a-key');
		host.sleep = async () => await Promise.reject<void>(new Error('No timers'));
		const looking = submitted('aimlapiPixverse', cut, {
			...{ host, requestId: 'mine.1', rateLimit: async () => undefined },
		});
		await expect(looking).rejects.toThrow('No timers');
	});

	it('in doubt stays so where the looking is stopped, which is no error of its own', async () => {
		const { reading } = await inDoubt(() => {
			throw new DOMException('Stopped', 'AbortError');
		});
		expect(reading.failure).toMatchObject({ accepted: 'unknown', requestId: 'mine.1' });
	});
});

describe('the id of a submit', () => {
	const aimlapi = providerById('aimlapiPixverse');
	const idOf = (unique: string) => submitIdentity(aimlapi, {}, unique).requestId;

	it('has only characters that the provider takes, and 128 of them at most', () => {
		expect(idOf('n1 ä/7')).toBe('n1---7');
		expect(idOf('x'.repeat(200))).toBe('x'.repeat(128));
	});

	it('begins with the tracking id of the user, as far as there is room', () => {
		const of = (trackingId: unknown, unique: string) =>
			submitIdentity(
				{
					...aimlapi,
					capabilities: { ...aimlapi.capabilities, trackingField: 'track' },
				},
				{ track: trackingId as string },
				unique,
			).requestId;
		expect(of('my job', 'n1')).toBe('my-job.n1');
		expect(of(7, 'n1')).toBe('7.n1');
		expect(of(undefined, 'n1')).toBe('n1');
		expect(of('a'.repeat(200), 'n1')).toBe(`${'a'.repeat(125)}.n1`);
		expect(of('abc', 'x'.repeat(126))).toBe(`a.${'x'.repeat(126)}`);
		expect(of('abc', 'x'.repeat(127))).toBe('x'.repeat(127));
	});

	it('goes in the header that the provider reads', () => {
		expect(submitIdentity(aimlapi, {}, 'n1').headers).toEqual({ 'X-Client-Request-Id': 'n1' });
		expect(submitIdentity(localGpu, {}, 'n1').headers).toEqual({ 'Idempotency-Key': 'n1' });
		expect(submitIdentity(providerById('novita'), {}, 'n1')).toEqual({ headers: {} });
	});
});
