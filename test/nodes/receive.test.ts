/** One message to the trigger, from the address to the item. On n8n's own contexts: `trigger.test.ts`. */
import { Readable } from 'node:stream';
import type { IWebhookFunctions } from 'n8n-workflow';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sign } from '../../jobs/callback/standardWebhooks';
import { receive } from '../../nodes/TextToVideoTrigger/receive';
import { hookContext, type HookContextOptions } from '../support/hookContext';

const DAY_MS = 86_400_000;
/** A day for each test: what the process remembers of the ones before is over. */
let nowMs = Date.UTC(2026, 0, 1);
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'the-id-of-the-node';

beforeEach(() => {
	nowMs += DAY_MS;
	vi.useFakeTimers({ now: nowMs });
});
afterEach(() => vi.useRealTimers());

interface Message extends HookContextOptions {
	url?: string;
	headers?: Record<string, string>;
	/** In the editor. */
	listening?: boolean;
	/** A trigger of its own; the next one by default. */
	place?: string;
	/** The sender has gone, or has its answer already. */
	headersSent?: boolean;
	secret?: string;
}

let places = 0;

/** @returns what the sender and the workflow get */
async function send(provider: string, body: unknown, message: Message = {}) {
	const {
		parameters = {},
		headers = {},
		url = `/webhook/x/${ID}?a=1`,
		listening,
		...more
	} = message;
	places += 1;
	const raw = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
	const context = hookContext({
		workflow: { id: message.place ?? `place-${places}` },
		credentials: {
			textToVideoLocalGpuApi: { webhookSecret: message.secret ?? SECRET },
			textToVideoNovitaApi: { apiKey: 'the-key-of-the-account' },
		},
		node: { id: ID, webhookId: 'the-webhook-id' },
		...more,
		parameters: {
			...{ provider, events: ['succeeded', 'failed'], confirmWithProvider: true },
			...{ downloadVideo: false, ...parameters },
		},
	});
	const answers: Array<{ status: number; headers: object; body: unknown; atMs: number }> = [];
	const response = {
		headersSent: message.headersSent ?? false,
		status: (status: number) => ({
			set: (told: object) => ({
				json(said: unknown) {
					answers.push({ status, headers: told, body: said, atMs: Date.now() - nowMs });
					response.headersSent = true;
				},
			}),
		}),
	};
	Object.assign(context, {
		getMode: () => (listening ? 'manual' : 'webhook'),
		getRequestObject: () => ({
			originalUrl: url,
			headers: { 'content-type': 'application/json', ...headers },
			rawBody: raw,
		}),
		getResponseObject: () => response,
	});
	const receiving = receive(context as unknown as IWebhookFunctions);
	let isOver = false;
	void receiving.finally(() => (isOver = true));
	for (let turns = 0; !isOver && turns < 200; turns += 1) await vi.advanceTimersByTimeAsync(100);
	const result = await receiving;
	const item = result.workflowData?.[0]?.[0];
	const { logged, sent, staticData } = context;
	return { result, item, answers, answer: answers[0], logged, sent, staticData };
}

const local = (id: string, more: object = {}) =>
	JSON.stringify({
		type: 'video.completed',
		data: { id, object: 'video', status: 'completed', ...more },
	});
let messages = 0;
/** Each under an id of its own, as a sender gives it. */
function signed(body: string) {
	messages += 1;
	const [id, seconds] = [`msg_${messages}`, nowMs / 1000];
	return {
		'webhook-id': id,
		'webhook-timestamp': String(seconds),
		'webhook-signature': sign(SECRET, id, seconds, body),
	};
}
const sendSigned = async (body: string, message: Message = {}) =>
	await send('localGpu', body, { ...message, headers: { ...signed(body), ...message.headers } });

const novita = (id: string, status = 'TASK_STATUS_SUCCEED', extra: object = {}) => ({
	event_type: 'ASYNC_TASK_RESULT',
	payload: {
		task: { task_id: id, status },
		extra,
		videos: [{ video_url: 'https://told.test/a.mp4', video_type: 'mp4' }],
	},
});
/** What the provider says of the job when it is asked. */
const shows = (status = 'TASK_STATUS_SUCCEED') => ({
	statusCode: 200,
	headers: {},
	body: JSON.stringify({
		task: { task_id: 'x', status },
		videos: [{ video_url: 'https://files.test/a.mp4', video_type: 'mp4' }],
	}),
});

describe('who is not allowed in', () => {
	it.each(['/webhook/x/wrong', '/webhook/x/', `/webhook/${ID}/x`])(
		'learns nothing: %s',
		async (url) => {
			const { answer, result, logged, sent } = await sendSigned(local('a'), { url });
			expect(answer).toMatchObject({ status: 401, headers: {}, body: { message: 'Unauthorized' } });
			expect(result).toStrictEqual({ noWebhookResponse: true });
			expect(logged).toStrictEqual([
				['debug', 'The trigger started nothing (401): Wrong address.'],
			]);
			expect(sent).toStrictEqual([]);
		},
	);

	it('is everybody where messages could not be trusted, and the log says why', async () => {
		const { answer, logged, result } = await sendSigned(local('a'), { secret: ' ' });
		expect(answer).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
		expect(logged).toStrictEqual([
			['warn', 'The credential for Local GPU has no Webhook Secret.'],
			['debug', 'The trigger started nothing (401): No Webhook Secret.'],
		]);
		expect(result).toStrictEqual({ noWebhookResponse: true });
	});

	it('is told what is wrong with a message', async () => {
		const { answer } = await sendSigned(local('a'), { headers: { 'content-type': 'text/html' } });
		expect(answer).toMatchObject({
			status: 415,
			headers: { Accept: 'application/json' },
			body: { message: 'The message must be JSON (Content-Type: application/json).' },
		});
	});
});

describe('a message that is believed', () => {
	it('starts the workflow with the job and nothing else', async () => {
		const { item, answers, result, sent } = await sendSigned(local('video_1'));
		expect(answers).toMatchObject([{ status: 202, body: { message: 'Received.' } }]);
		expect(result.noWebhookResponse).toBe(true);
		expect(item).toStrictEqual({
			json: expect.objectContaining({
				provider: 'localGpu',
				jobId: 'video_1',
				status: 'succeeded',
			}) as object,
		});
		expect(item?.json).not.toHaveProperty('rawPayload');
		expect(sent).toStrictEqual([]);
	});

	it('brings what was sent where that is wanted, without the address', async () => {
		const parameters = { additionalOptions: { rawPayload: true } };
		const { item } = await sendSigned(local('a', { url: `https://n8n/the-webhook-id/${ID}` }), {
			parameters,
		});
		expect(item?.json.rawPayload).toMatchObject({
			type: 'video.completed',
			data: { id: 'a', url: 'https://n8n/***/***' },
		});
	});

	it('starts the workflow once, over a restart of the trigger too', async () => {
		const place = 'one place';
		const first = await sendSigned(local('a'), { place });
		expect(first.staticData.seen).toBeTypeOf('string');
		const again = await sendSigned(local('a'), { place });
		expect(again.answer).toMatchObject({
			status: 200,
			body: { message: 'This message was received before.' },
		});
		expect(again.item).toBeUndefined();
		expect((await sendSigned(local('a'), { place: 'another place' })).item).toBeDefined();
	});

	it('can be tried in the editor as often as one likes, and is not remembered', async () => {
		const place = 'in the editor';
		for (let time = 0; time < 2; time += 1) {
			const tried = await sendSigned(local('a'), { place, listening: true });
			expect(tried.item).toBeDefined();
			expect(tried.staticData).toStrictEqual({});
		}
		expect((await sendSigned(local('a'), { place })).item).toBeDefined();
	});

	it('is of a kind that is wanted', async () => {
		const failed = JSON.stringify({ type: 'video.failed', data: { id: 'a', status: 'failed' } });
		expect((await sendSigned(failed)).item?.json.status).toBe('failed');
		const parameters = { events: ['succeeded'] };
		const { item, answer, logged } = await sendSigned(failed, { parameters });
		expect(item).toBeUndefined();
		expect(answer).toMatchObject({
			status: 200,
			body: { message: 'Events of the kind "failed" are not wanted.' },
		});
		expect(logged).toHaveLength(1);
	});

	it('says nothing more to a sender that has its answer', async () => {
		const { answers, item } = await sendSigned(local('a'), { headersSent: true });
		expect(answers).toStrictEqual([]);
		expect(item).toBeDefined();
	});

	it('is believed by the credential of five seconds ago, and in the editor by the one of now', async () => {
		const place = 'a changed credential';
		await sendSigned(local('a'), { place });
		const changed = { place, secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' };
		expect((await sendSigned(local('b'), changed)).answer?.status).toBe(202);
		expect((await sendSigned(local('c'), { ...changed, listening: true })).answer?.status).toBe(
			401,
		);
	});

	it('counts an option that can not be meant as left out, and the log says so', async () => {
		const parameters = { additionalOptions: { maximumSize: 'big', rawPayload: false } };
		const { item, logged } = await sendSigned(local('a'), { parameters });
		expect(item).toBeDefined();
		expect(logged).toStrictEqual([
			['warn', 'Maximum Size (MiB) is "big", which is not allowed. Give a number, 1 or more.'],
		]);
	});
});

describe('Only These Tracking IDs', () => {
	const starts = async (trackingIds: string | undefined, trackingId: string | undefined) => {
		const body = local('a', trackingId === undefined ? {} : { track_id: trackingId });
		const { item } = await sendSigned(body, { parameters: { additionalOptions: { trackingIds } } });
		return item !== undefined;
	};

	it.each<[string | undefined, string | undefined, boolean]>([
		[undefined, undefined, true],
		['', 'shop-1', true],
		[' , ', 'shop-1', true],
		['shop-1', 'shop-1', true],
		['shop-1', 'shop-10', false],
		['shop-1', undefined, false],
		['a, shop-1 ,b', 'shop-1', true],
		['shop-*', 'shop-1', true],
		['shop-*', 'shop-', true],
		['shop-*', 'shop', false],
		['shop-*', 'my-shop-1', false],
		['*', 'anything', true],
		['*', undefined, false],
		['b*,shop-1', 'shop-1', true],
	])('%j lets %j through: %j', async (list, id, through) => {
		expect(await starts(list, id)).toBe(through);
	});
});

describe('a sender that does not sign', () => {
	it('has its answer within half a second, and the workflow starts when the provider has said so', async () => {
		const http = async () => {
			await new Promise((resolve) => setTimeout(resolve, 3_000));
			return shows();
		};
		const { item, answers, sent } = await send('novita', novita('slow'), { http });
		expect(answers).toMatchObject([{ status: 202, atMs: 500 }]);
		expect(item?.json).toMatchObject({
			jobId: 'slow',
			status: 'succeeded',
			videos: [{ url: 'https://files.test/a.mp4' }],
		});
		expect(sent).toMatchObject([{ method: 'GET', timeout: 20_000, keyOf: 'textToVideoNovitaApi' }]);
	});

	it('is asked about through the node’s own proxy', async () => {
		const requestOptions = { proxy: 'http://proxy:3128', timeout: 5 };
		const { sent } = await send('novita', novita('a'), {
			http: () => shows(),
			parameters: { requestOptions },
		});
		expect(sent[0]).toMatchObject({ proxy: { host: 'proxy', port: 3128 }, timeout: 20_000 });
	});

	it('is believed as it is where the confirmation is off, and asked about where nothing is set', async () => {
		const confirmWithProvider = false;
		const off = await send('novita', novita('a'), { parameters: { confirmWithProvider } });
		expect(off.item?.json).toMatchObject({
			jobId: 'a',
			videos: [{ url: 'https://told.test/a.mp4' }],
		});
		expect(off.sent).toStrictEqual([]);
		const unset = { confirmWithProvider: undefined };
		expect(
			(await send('novita', novita('b'), { http: () => shows(), parameters: unset })).sent,
		).toHaveLength(1);
	});

	it('starts nothing about a job that the provider does not know', async () => {
		const http = () => ({ statusCode: 404, headers: {}, body: '{}' });
		const { item, answer } = await send('novita', novita('nobody'), { http });
		expect(answer?.status).toBe(202);
		expect(item).toBeUndefined();
	});

	it('is sent away where twenty wait already, and let in again when they are through', async () => {
		const place = 'a crowd';
		let open: () => void = () => undefined;
		const opened = new Promise<void>((resolve) => (open = resolve));
		const http = async () => {
			await opened;
			return shows();
		};
		const crowd = Array.from(
			{ length: 20 },
			async (_unused, at) => await send('novita', novita(`crowd-${at}`), { http, place }),
		);
		await vi.advanceTimersByTimeAsync(1_000);
		const late = await send('novita', novita('late'), { http: () => shows(), place });
		expect(late.answer).toMatchObject({
			status: 429,
			headers: { 'Retry-After': '60' },
			body: { message: 'Too many messages at a time.' },
		});
		expect(late.item).toBeUndefined();
		open();
		const all = await Promise.all(crowd);
		expect(all.filter(({ item }) => item)).toHaveLength(20);
		expect(
			(await send('novita', novita('late'), { http: () => shows(), place })).item,
		).toBeDefined();
	});

	it('may send a test: it starts the workflow in the editor, and elsewhere where that is wanted', async () => {
		const test = novita('mock', 'TASK_STATUS_SUCCEED', {
			webhook: { test_mode: { enabled: true } },
		});
		const http = () => ({ statusCode: 404, headers: {}, body: '{}' });
		const started = async (message: Message) =>
			(await send('novita', test, { http, ...message })).item?.json.testEvent === true;
		expect(await started({})).toBe(false);
		expect(await started({ listening: true })).toBe(true);
		expect(await started({ parameters: { events: ['test'] } })).toBe(true);
	});
});

describe('Download Video', () => {
	const downloading = async (
		parameters: object,
		http: HookContextOptions['http'] = () => shows(),
	) =>
		await send('novita', novita('a'), { http, parameters: { downloadVideo: true, ...parameters } });
	const isFile = ({ url }: { url: string }) => url.startsWith('https://files.test/');

	it('asks for the file of a video that is done, where that is wanted', async () => {
		for (const [downloadVideo, times] of [
			[true, 1],
			[false, 0],
			[undefined, 0],
		] as const) {
			const missing = (options: { url: string }) =>
				isFile(options) ? { statusCode: 418, headers: {}, body: Readable.from([]) } : shows();
			const { sent } = await downloading({ downloadVideo }, missing);
			expect(sent.filter(isFile)).toHaveLength(times);
		}
	});

	it('stands beside the job', async () => {
		const headers = { 'content-type': 'video/mp4' };
		const file = (options: { url: string }) =>
			isFile(options)
				? { statusCode: 200, headers, body: Readable.from([Buffer.alloc(8, 1)]) }
				: shows();
		const { item } = await downloading({ additionalOptions: { fileName: 'a.mp4' } }, file);
		expect(item?.binary).toMatchObject({ data: { mimeType: 'video/mp4', fileName: 'a.mp4' } });
		expect(item?.json).toMatchObject({ jobId: 'a', status: 'succeeded' });
		expect(item?.json).not.toHaveProperty('warnings');
	});

	it('that fails leaves the job, which says why', async () => {
		const missing = (options: { url: string }) =>
			isFile(options) ? { statusCode: 418, headers: {}, body: Readable.from([]) } : shows();
		const { item } = await downloading({}, missing);
		expect(item).not.toHaveProperty('binary');
		expect(item?.json).toMatchObject({
			jobId: 'a',
			status: 'succeeded',
			warnings: [expect.stringMatching(/video.* job a .*\. .+\.$/)],
		});
	});

	it('asks for nothing where there is no video', async () => {
		const parameters = { downloadVideo: true };
		const http = () => shows('TASK_STATUS_FAILED');
		const failed = novita('a', 'TASK_STATUS_FAILED');
		const { item, sent } = await send('novita', failed, { http, parameters });
		expect(item?.json.status).toBe('failed');
		expect(sent.filter(isFile)).toStrictEqual([]);
		const without = await sendSigned(local('a'), { parameters: { downloadVideo: true } });
		expect(without.item?.json.status).toBe('succeeded');
		expect(without.item).not.toHaveProperty('binary');
	});
});

it('asks a sender to come again where something of our own is wrong, and says so in the log', async () => {
	const { answer, result, logged } = await send('nobody', {});
	expect(answer).toMatchObject({
		status: 503,
		headers: { 'Retry-After': '60' },
		body: { message: 'Try again later.' },
	});
	expect(result).toStrictEqual({ noWebhookResponse: true });
	expect(logged).toHaveLength(1);
	expect(logged[0]?.[0]).toBe('error');
	expect(logged[0]?.[1]).toMatch(/^A message to the trigger was not handled: .*nobody/);
});
