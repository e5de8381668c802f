import { describe, expect, it } from 'vitest';
import { confirmCallback } from '../../../jobs/callback/confirm';
import {
	isJsonType,
	MAX_CALLBACK_BYTES,
	receiveCallback,
	sameText,
	type IncomingCallback,
} from '../../../jobs/callback/receive';
import type { Host, HttpRequest } from '../../../jobs/host';
import { createDeduplication } from '../../../jobs/callback/deduplication';
import { sign } from '../../../jobs/callback/standardWebhooks';
import type { Reply } from '../../../providers/contract';
import { providerById } from '../../../providers/registry';

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const localGpu = providerById('localGpu');
const novita = providerById('novita');
const NOVITA_ACCOUNT = { baseUrl: novita.account.defaultBaseUrl };

/** In the form of Novita's "Webhook" document. */
const novitaEvent = (status = 'TASK_STATUS_SUCCEED', extra = {}) => ({
	event_type: 'ASYNC_TASK_RESULT',
	payload: {
		extra,
		task: { task_id: 'task-1', task_type: 'TXT_TO_VIDEO', status, reason: '', eta: 0 },
		videos: [
			{ video_url: 'https://faas.example.com/v.mp4', video_url_ttl: '3600', video_type: 'mp4' },
		],
	},
});

function unsigned(change: Partial<IncomingCallback> = {}, body: unknown = novitaEvent()) {
	return receiveCallback({
		provider: novita,
		account: NOVITA_ACCOUNT,
		rawBody: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
		headers: { 'content-type': 'application/json' },
		seen: createDeduplication(),
		nowMs: NOW_MS,
		...change,
	});
}

const gpuEvent = (type = 'video.completed', data = {}) => ({
	type,
	data: { id: 'vid-1', status: 'completed', url: 'http://127.0.0.1:8484/f.mp4', ...data },
});

function signed(
	change: Partial<IncomingCallback> = {},
	body: unknown = gpuEvent(),
	deliveryId = 'msg_1',
) {
	const rawBody = Buffer.from(JSON.stringify(body));
	const seconds = NOW_MS / 1000;
	return receiveCallback({
		provider: localGpu,
		account: { baseUrl: 'http://127.0.0.1:8484' },
		rawBody,
		headers: {
			'content-type': 'application/json; charset=utf-8',
			'webhook-id': deliveryId,
			'webhook-timestamp': String(seconds),
			'webhook-signature': sign(SECRET, deliveryId, seconds, rawBody),
		},
		secrets: [SECRET],
		seen: createDeduplication(),
		nowMs: NOW_MS,
		...change,
	});
}

describe('a signed callback', () => {
	it('is accepted and believed', () => {
		expect(signed()).toMatchObject({
			status: 202,
			event: 'succeeded',
			trusted: true,
			job: {
				provider: 'localGpu',
				jobId: 'vid-1',
				status: 'succeeded',
				videos: [{ url: 'http://127.0.0.1:8484/f.mp4' }],
			},
		});
	});

	it('is refused with 401 where the signature does not fit', () => {
		const other = ['whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'];
		expect(signed({ secrets: other })).toEqual({
			status: 401,
			reason: 'The signature is missing, too old, or does not match the secret.',
		});
		expect(signed({ nowMs: NOW_MS + 301_000 }).status).toBe(401);
		expect(signed({ headers: { 'content-type': 'application/json' } }).status).toBe(401);
	});

	it('is not believed, but asked about, where no secret is set', () => {
		expect(signed({ secrets: [] })).toMatchObject({ status: 202, trusted: false });
	});

	it('comes through once, however often it is sent', () => {
		const seen = createDeduplication();
		expect(signed({ seen }).job).toBeDefined();
		// The same delivery again, and the same news under another delivery id.
		for (const repeated of [signed({ seen }), signed({ seen }, gpuEvent(), 'msg_2')]) {
			expect(repeated).toEqual({ status: 200, reason: 'This message was received before.' });
		}
	});

	it('tells of each step of progress', () => {
		const seen = createDeduplication();
		const step = (progress: number) =>
			signed(
				{ seen },
				gpuEvent('video.progress', { status: 'in_progress', progress }),
				`m${progress}`,
			);
		expect([step(10), step(50)].map(({ event, job }) => [event, job?.progress])).toEqual([
			['progress', 10],
			['progress', 50],
		]);
	});

	it('is answered with 200 and goes no further where the receiver does not want its kind', () => {
		const receipt = signed({ events: ['failed'] });
		expect(receipt.status).toBe(200);
		expect(receipt.job).toBeUndefined();
	});
});

describe('an unsigned callback', () => {
	it('is accepted, but not believed before the provider was asked', () => {
		expect(unsigned()).toMatchObject({ status: 202, trusted: false, job: { jobId: 'task-1' } });
	});

	it('needs the secret part of the address', () => {
		const token = { given: 'right-token', expected: 'right-token' };
		expect(unsigned({ token }).status).toBe(202);
		for (const given of ['wrong-token', '', undefined, 'right-toke']) {
			expect(unsigned({ token: { ...token, given } }).status).toBe(401);
		}
		expect(unsigned({ token: { given: '', expected: '' } }).status).toBe(401);
	});

	it.each([
		['no JSON', '{"a":', 400, 'The message is not JSON.'],
		['nothing', '', 400, 'The message is not JSON.'],
		['another message', '{"hello":"world"}', 400, 'is not one that Novita'],
		['null', 'null', 400, 'is not one that Novita'],
		['levels without end', '['.repeat(100_000), 400, 'nested too deeply'],
		['quotes without end', `"${'\\"'.repeat(500_000)}`, 400, 'not JSON'],
		['a number for a kind', '{"event_type":7}', 400, 'is not one that Novita'],
		['our kind without a task', '{"event_type":"ASYNC_TASK_RESULT"}', 400, 'is not one that'],
	])('of %s is refused with words', (_name, body, status, reason) => {
		const receipt = unsigned({}, body);
		expect(receipt.status).toBe(status);
		expect(receipt.reason).toContain(reason);
	});

	it('of another kind than a job is acknowledged, so that it is not sent again', () => {
		expect(unsigned({}, { event_type: 'ACCOUNT_NOTICE', payload: {} })).toEqual({
			status: 200,
			reason: 'Events of the type "ACCOUNT_NOTICE" are not about a video.',
		});
	});

	it('goes no further where the receiver does not want the job', () => {
		const receipt = unsigned({ wants: (job) => job.jobId === 'another' });
		expect(receipt).toEqual({ status: 200, reason: 'Messages about this job are not wanted.' });
		expect(unsigned({ wants: (job) => job.jobId === 'task-1' }).status).toBe(202);
	});

	it('that was overtaken by the end of its job is old news', () => {
		const seen = createDeduplication();
		const processing = novitaEvent('TASK_STATUS_PROCESSING');
		expect(unsigned({ seen }, processing).status).toBe(202);
		for (const end of ['TASK_STATUS_SUCCEED', 'TASK_STATUS_FAILED']) {
			const later = createDeduplication();
			expect(unsigned({ seen: later }, novitaEvent(end)).status).toBe(202);
			expect(unsigned({ seen: later }, processing)).toEqual({
				status: 200,
				reason: 'Job task-1 has ended already.',
			});
		}
	});

	it('is refused where it is too large or no JSON by its type', () => {
		expect(unsigned({ rawBody: new Uint8Array(1024 ** 2 + 1) }).status).toBe(413);
		const form = { 'content-type': 'application/x-www-form-urlencoded' };
		expect(unsigned({ headers: form }).status).toBe(415);
		expect(unsigned({ headers: { 'content-type': 'text/plain' } }).status).toBe(202);
		expect(unsigned({ headers: {} }).status).toBe(202);
	});

	it('of the test mode is marked as such, and every press of the button comes through', () => {
		const seen = createDeduplication();
		const test = () =>
			unsigned(
				{ seen },
				novitaEvent('TASK_STATUS_SUCCEED', { webhook: { test_mode: { enabled: true } } }),
			);
		expect(test()).toMatchObject({ status: 202, event: 'test', job: { testEvent: true } });
		expect(test().job).toBeDefined();
	});

	it('does not use up the delivery id of a message that may follow', () => {
		const seen = createDeduplication();
		unsigned({ seen, headers: { 'webhook-id': 'msg_1' } }, novitaEvent('TASK_STATUS_FAILED'));
		expect(unsigned({ seen, headers: { 'webhook-id': 'msg_1' } }).job).toBeDefined();
	});
});

describe('asking the provider', () => {
	/** A host whose clock is virtual and whose provider gives these replies in turn. */
	function hostWith(...replies: Array<Reply | Error>): Host & { asked: HttpRequest[] } {
		let nowMs = NOW_MS;
		const asked: HttpRequest[] = [];
		return {
			asked,
			now: () => nowMs,
			random: () => 0,
			sleep: async (ms) => void (nowMs += ms),
			http: async (request) => {
				asked.push(request);
				const reply = replies.length > 1 ? replies.shift() : replies[0];
				if (reply instanceof Error) throw reply;
				return reply as Reply;
			},
		};
	}
	const reply = (body: unknown, status = 200): Reply => ({ status, headers: {}, body });
	const task = (status: string) => reply({ ...novitaEvent(status).payload });
	const confirm = (
		receipt: ReturnType<typeof unsigned>,
		host: Host,
		more: Partial<Parameters<typeof confirmCallback>[1]> = {},
	) =>
		confirmCallback(receipt, {
			provider: novita,
			account: NOVITA_ACCOUNT,
			seen: createDeduplication(),
			host,
			...more,
		});

	it('passes on what the provider says, not what the message says', async () => {
		const host = hostWith(
			reply({
				...novitaEvent().payload,
				videos: [{ video_url: 'https://real.example.com/v.mp4' }],
			}),
		);
		const confirmed = await confirm(unsigned(), host);
		expect(confirmed.job?.videos[0]?.url).toBe('https://real.example.com/v.mp4');
		expect(host.asked).toHaveLength(1);
		expect(host.asked[0]).toMatchObject({ method: 'GET', query: { task_id: 'task-1' } });
	});

	it('lets a forged success come to nothing, and the real one through later', async () => {
		const seen = createDeduplication();
		const forged = await confirm(unsigned({ seen }), hostWith(task('TASK_STATUS_PROCESSING')), {
			seen,
			events: ['succeeded', 'failed'],
		});
		expect(forged.job).toBeUndefined();
		expect(forged).toMatchObject({ reason: 'Job task-1 is processing at the provider.' });
		const real = unsigned({ seen });
		expect(real.status).toBe(202);
		expect((await confirm(real, hostWith(task('TASK_STATUS_SUCCEED')), { seen })).job?.status).toBe(
			'succeeded',
		);
		expect(unsigned({ seen }).reason).toBe('This message was received before.');
	});

	it('asks again where the provider can not be reached, and then says so and forgets the message', async () => {
		const seen = createDeduplication();
		const down = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
		const patient = hostWith(down, task('TASK_STATUS_SUCCEED'));
		expect((await confirm(unsigned({ seen }), patient, { seen })).job?.status).toBe('succeeded');

		const other = createDeduplication();
		const dead = hostWith(down);
		const failed = await confirm(unsigned({ seen: other }), dead, { seen: other });
		expect(failed.problem?.code).toBe('network');
		expect(dead.asked.length).toBe(5);
		expect(unsigned({ seen: other }).status).toBe(202);
	});

	it('asks once about a job that the provider does not know', async () => {
		const host = hostWith(reply({ code: 404, reason: 'TASK_NOT_FOUND', message: 'no' }, 404));
		const unknown = await confirm(unsigned(), host);
		expect(unknown.problem?.code).toBe('not_found');
		expect(host.asked).toHaveLength(1);
	});

	it('waits for an end that the provider does not show yet, and starts once', async () => {
		const seen = createDeduplication();
		const notYet = task('TASK_STATUS_PROCESSING');
		const host = hostWith(notYet, notYet, notYet, task('TASK_STATUS_SUCCEED'));
		const early = unsigned({ seen });
		const events = ['succeeded', 'failed'] as const;
		const confirmed = await confirm(early, host, { seen, events });
		expect(confirmed.job?.status).toBe('succeeded');
		expect((host.now() - NOW_MS) / 1000).toBe(2 + 4 + 8);
		expect(unsigned({ seen }).reason).toBe('This message was received before.');
	});

	it('waits ten minutes at most, with some questions', async () => {
		const host = hostWith(task('TASK_STATUS_PROCESSING'));
		expect((await confirm(unsigned(), host, { events: ['succeeded'] })).job).toBeUndefined();
		expect(host.now() - NOW_MS).toBeLessThanOrEqual(10 * 60_000);
		expect(host.now() - NOW_MS).toBeGreaterThan(8 * 60_000);
		expect(host.asked.length).toBeLessThan(16);
	});

	it('does not wait where the message tells of progress, or asks for no waiting', async () => {
		const processing = unsigned({}, novitaEvent('TASK_STATUS_PROCESSING'));
		const host = hostWith(task('TASK_STATUS_PROCESSING'));
		expect((await confirm(processing, host)).job?.status).toBe('processing');
		await confirm(unsigned(), host, { atOnce: true });
		expect(host.asked).toHaveLength(2);
	});

	it('asks nobody about a signed message or a test event', async () => {
		const host = hostWith(new Error('not to be called'));
		const account = { baseUrl: 'http://127.0.0.1:8484' };
		const confirmed = await confirm(signed(), host, { provider: localGpu, account });
		expect(confirmed.job?.status).toBe('succeeded');
		expect(host.asked).toHaveLength(0);
	});

	it('is never sent to an address that the message brought along', async () => {
		const receipt = unsigned();
		const job = { ...receipt.job!, fetchUrl: 'https://evil.example.com/fetch' };
		const host = hostWith(task('TASK_STATUS_SUCCEED'));
		await confirm({ ...receipt, job }, host);
		expect(host.asked[0]?.url).toMatch(/^https:\/\/api\.novita\.ai\//);
	});
});

describe('what comes beside callbacks about jobs', () => {
	it('knows a signed delivery again by the id in its header, whatever it says', () => {
		const seen = createDeduplication();
		const progress = { status: 'in_progress', progress: 10 };
		expect(signed({ seen }, gpuEvent('video.progress', progress))).toMatchObject({ status: 202 });
		const again = signed({ seen }, gpuEvent('video.progress', { ...progress, progress: 50 }));
		expect(again).toMatchObject({ status: 200, reason: 'This message was received before.' });
	});

	it("answers a provider's other products with 200, so that they are not sent again", () => {
		const provider = providerById('modelslabV6');
		const workflow = { event: 'workflow.completed', workflow: { id: 'wf_1' }, execution: {} };
		const account = { baseUrl: provider.account.defaultBaseUrl };
		expect(unsigned({ provider, account }, workflow)).toMatchObject({ status: 200 });
		expect(unsigned({ provider, account }, { hello: 'world' })).toMatchObject({ status: 400 });
		// Only what begins so is about a video.
		for (const type of ['model.loaded', 'sample.video.completed']) {
			expect(signed({}, { type, data: {} })).toMatchObject({ status: 200 });
		}
		expect(signed({}, { type: 'video.completed', data: {} })).toMatchObject({ status: 400 });
	});
});

describe('the bounds of a message', () => {
	it('are a mebibyte, which is read yet', () => {
		expect(MAX_CALLBACK_BYTES).toBe(1_048_576);
		const text = JSON.stringify(novitaEvent());
		const sized = (bytes: number) => unsigned({}, text.padEnd(bytes, ' '));
		expect(sized(1_048_576).status).toBe(202);
		expect(sized(1_048_577)).toEqual({ status: 413, reason: 'The message is too large.' });
	});

	it.each([
		[undefined, true],
		['', true],
		[' ', true],
		['application/json', true],
		[' Application/JSON; charset=utf-8', true],
		['application/cloudevents+json', true],
		['application/vnd.a-b.c+json', true],
		['text/plain', true],
		['text/json', true],
		['application/xml', false],
		['application/+json', false],
		['text/html', false],
		['multipart/form-data; type=application/json', false],
		['x-text/plain', false],
	])('by its type %s it is JSON: %s', (type, isJson) => {
		expect(isJsonType(type === undefined ? {} : { 'content-type': type })).toBe(isJson);
	});

	it('are told to who sends something else', () => {
		expect(unsigned({ headers: { 'content-type': 'text/html' } })).toEqual({
			...{ status: 415, reason: 'The message must be JSON (Content-Type: application/json).' },
		});
		expect(unsigned({ token: { given: undefined, expected: 'x' } })).toEqual({
			...{
				status: 401,
				reason: 'The address is not complete: its secret part is missing or wrong.',
			},
		});
	});

	it('are the first of several headers of one name', () => {
		expect(isJsonType({ 'content-type': ['text/html', 'application/json'] })).toBe(false);
		expect(isJsonType({ 'content-type': ['application/json', 'text/html'] })).toBe(true);
		expect(isJsonType({ 'content-type': [] })).toBe(true);
	});

	it('are for a kind that nobody knows: eighty characters of it', () => {
		const type = 'x'.repeat(100);
		expect(unsigned({}, { event_type: type }).reason).toBe(
			`Events of the type "${'x'.repeat(80)}" are not about a video.`,
		);
		expect(unsigned({}, { event_type: '' }).status).toBe(400);
	});
});

describe('the secret part of an address', () => {
	it.each([
		['the-token', 'the-token', true],
		['the-tokem', 'the-token', false],
		['the-toke', 'the-token', false],
		['the-token-', 'the-token', false],
		['', '', false],
		['t\u00f6ken', 't\u00f6ken', true],
	])('%j against %j is right: %s', (given, expected, isRight) => {
		expect(sameText(given, expected)).toBe(isRight);
	});
});

describe('what is passed on of a message', () => {
	it('is its job, the kind of news and whether it was signed', () => {
		expect(unsigned()).toStrictEqual({
			...{ status: 202, reason: 'Received.', event: 'succeeded', trusted: false },
			job: expect.not.objectContaining({ testEvent: true }) as object,
		});
		expect(unsigned({ events: ['failed'] })).toEqual({
			...{ status: 200, reason: 'Events of the kind "succeeded" are not wanted.' },
		});
		expect(unsigned({ events: ['failed', 'succeeded'] }).status).toBe(202);
	});

	it('is known again by its state, whoever sent it, and by its delivery only where it is signed', () => {
		const seen = createDeduplication();
		expect(signed({ seen }).status).toBe(202);
		expect(signed({ seen, secrets: [] }, gpuEvent(), 'msg_2').status).toBe(200);
		const progress = gpuEvent('video.progress', { status: 'in_progress', progress: 10 });
		const other = createDeduplication();
		expect(signed({ seen: other, secrets: [] }, progress, 'msg_1').status).toBe(202);
		expect(signed({ seen: other }, gpuEvent(), 'msg_1').status).toBe(202);
	});

	it('is not asked for a signature where the provider makes none', () => {
		expect(unsigned({ secrets: [SECRET] })).toMatchObject({ status: 202, trusted: false });
	});
});
