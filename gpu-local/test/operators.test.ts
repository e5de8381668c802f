/** What those see who run the server: logs, figures, readiness, browsers of other origins, words for mistakes. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callbacksCommand } from '../src/commands/callbacks.ts';
import { readConfig } from '../src/commands/config.ts';
import { doctorCommand } from '../src/commands/doctor.ts';
import { sentenceOf } from '../src/commands/problems.ts';
import type { Terminal } from '../src/commands/terminal.ts';
import { FailedLogins } from '../src/http/failedLogins.ts';
import { histograms } from '../src/http/histograms.ts';
import { mayGoOn } from '../src/worker/shutdown.ts';
import { startReceiver } from './support/receiver.ts';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';

const KEY = 'alice=a-key-that-is-long-enough';
const BEARER = { authorization: 'Bearer a-key-that-is-long-enough' };
const ORIGIN = 'http://shop.example:3000';
const SMALL = { prompt: 'A boat', size: '64x64', num_frames: 2 };

/** A terminal that keeps what was said. */
function listen(env: Terminal['env'] = {}): Terminal & { said: string[] } {
	const said: string[] = [];
	return {
		env,
		said,
		out: (line) => void said.push(line),
		progress: () => undefined,
		onStop: () => undefined,
	};
}

describe('a server with keys, an access log and a page of another origin', () => {
	let server: TestServer;
	const lines: Json[] = [];
	beforeAll(async () => {
		const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
		const args = ['--access-log', '--allow-origin', ORIGIN, '--webhook-allow', '127.0.0.1'];
		server = await startTestServer(args, { GPU_LOCAL_API_KEYS: KEY }, log);
	});
	afterAll(() => server.stop());

	const line = (match: (line: Json) => boolean) => eventually(async () => lines.find(match));

	it('logs each request with the name of its key, and neither the key nor a query', async () => {
		const secret = '/v1/models?query=a-secret-word';
		await server.call('GET', secret, undefined, { ...BEARER, 'x-forwarded-for': '203.0.113.9' });
		expect(await line(({ path }) => path === '/v1/models')).toMatchObject({
			method: 'GET',
			status: 200,
			owner: 'name:alice',
			address: '127.0.0.1',
			forwardedFor: '203.0.113.9',
			ms: expect.any(Number),
		});
		const all = JSON.stringify(lines);
		expect(all).not.toContain('a-secret-word');
		expect(all).not.toContain('a-key-that-is-long-enough');
	});

	it('logs and counts wrong keys of every dialect, and never delays a right one', async () => {
		const wrong = 'another-key-0123456789';
		await server.call('GET', '/v1/videos', undefined, { authorization: `Bearer ${wrong}` });
		await server.call('POST', '/api/v5/text2video', { key: wrong, prompt: 'x' });
		await server.call('GET', '/v3/model', undefined, { authorization: `Bearer ${wrong}` });
		expect(lines.filter(({ msg }) => msg === 'A wrong API key was refused')).toMatchObject([
			{ address: '127.0.0.1', failures: 1 },
			{ failures: 2 },
			{ failures: 3 },
		]);
		expect(JSON.stringify(lines)).not.toContain(wrong);
		// A page that has no key yet is no attempt to guess one.
		await server.call('GET', '/v1/status');
		const { body } = await server.call('GET', '/metrics', undefined, BEARER);
		expect(body).toContain('gpu_local_failed_logins_total 3');
	});

	it('lets a page of the origin call it, with the question before', async () => {
		const asked = await fetch(`${server.url}/v1/videos`, {
			method: 'OPTIONS',
			headers: {
				origin: ORIGIN,
				'access-control-request-method': 'POST',
				'access-control-request-headers': 'authorization,content-type,idempotency-key',
				'access-control-request-private-network': 'true',
			},
		});
		expect(asked.status).toBe(204);
		expect(Object.fromEntries(asked.headers)).toMatchObject({
			'access-control-allow-origin': ORIGIN,
			'access-control-allow-headers': 'authorization,content-type,idempotency-key',
			'access-control-allow-methods': expect.stringContaining('DELETE'),
			'access-control-allow-private-network': 'true',
		});
		const refused = await server.call('GET', '/v1/models', undefined, { origin: ORIGIN });
		// Also an error can be read by the page, else nobody sees why.
		expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
			401,
			ORIGIN,
		]);
		const events = await fetch(`${server.url}/v1/videos/events`, {
			headers: { ...BEARER, origin: ORIGIN },
		});
		expect(events.headers.get('access-control-allow-origin')).toBe(ORIGIN);
		await events.body?.cancel();
		const other = await server.call('GET', '/v1/models', undefined, {
			...BEARER,
			origin: 'http://evil.example',
		});
		expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
	});

	it('gives histograms of waiting and running by model, which stay when jobs are deleted', async () => {
		const figures = async (): Promise<string> =>
			(await server.call('GET', '/metrics', undefined, BEARER)).body;
		const { body: video } = await server.call('POST', '/v1/videos', SMALL, BEARER);
		await server.finished(video.id, BEARER);
		await server.call('DELETE', `/v1/videos/${video.id}`, undefined, BEARER);
		const text = await figures();
		expect(text).toContain('# TYPE gpu_local_job_wait_seconds histogram');
		expect(text).toContain('gpu_local_job_wait_seconds_bucket{model="preview",le="+Inf"} 1');
		expect(text).toContain('gpu_local_job_run_seconds_bucket{model="preview",le="21600"} 1');
		expect(text).toContain('gpu_local_job_run_seconds_count{model="preview"} 1');
		expect(text).toContain('gpu_local_oldest_queued_seconds 0');
		// Those that were there before.
		expect(text).toMatch(/^gpu_local_run_seconds_sum 0$/m);
		expect(text).toMatch(/^gpu_local_jobs\{status="queued"\} 0$/m);
	});

	describe('callbacks', () => {
		const finishedCallback = async (url: string) => {
			const wanted = { ...SMALL, webhook: { url } };
			const { body } = await server.call('POST', '/v1/videos', wanted, BEARER);
			await server.finished(body.id, BEARER);
			return body.id as string;
		};
		const statuses = async (id: string): Promise<string[]> =>
			(await server.call('GET', `/v1/videos/${id}/callbacks`, undefined, BEARER)).body.data.map(
				({ status }: Json) => status,
			);
		const run = async (...args: string[]): Promise<string> => {
			const terminal = listen({ GPU_LOCAL_API_KEYS: KEY });
			await callbacksCommand([...args, '--port', new URL(server.url).port], terminal);
			return terminal.said.join('\n');
		};

		it('that arrived are sent again under a new id', async () => {
			const receiver = await startReceiver();
			const id = await finishedCallback(receiver.url);
			const first = await receiver.nth(1);
			await eventually(async () => (await statuses(id))[0] === 'delivered' || undefined);
			expect(await run('resend', id)).toContain(`${receiver.url}: delivered`);
			const second = await receiver.nth(2);
			expect(second.body.data.id).toBe(first.body.data.id);
			expect(second.headers['webhook-id']).not.toBe(first.headers['webhook-id']);
			await eventually(async () => (await statuses(id))[1] === 'delivered' || undefined);
			expect(await run('list', id)).toMatch(/delivered\n.* 200/);
			await receiver.stop();
		});

		it('to an address that was gone are sent once it is enabled', async () => {
			const receiver = await startReceiver((nth) => ({ status: nth === 1 ? 410 : 200 }));
			const id = await finishedCallback(receiver.url);
			await eventually(async () => (await statuses(id))[0] === 'failed' || undefined);
			expect(await run('disabled')).toContain(receiver.url);
			expect(await run('enable', receiver.url)).toContain('is called again');
			expect(await run('disabled')).not.toContain(receiver.url);
			await expect(run('enable', receiver.url)).rejects.toThrow('is called as ever');
			await run('resend', id);
			await receiver.nth(2);
			await eventually(async () => (await statuses(id))[0] === 'delivered' || undefined);
			await receiver.stop();
		});

		it('that cannot be sent say why', async () => {
			const { body } = await server.call('POST', '/v1/videos', SMALL, BEARER);
			await server.finished(body.id, BEARER);
			await expect(run('resend', body.id)).rejects.toThrow('named no webhook_url');
			await expect(run('resend', 'video_x')).rejects.toThrow('There is no video with this id');
			await expect(run('resend')).rejects.toThrow('Give a VIDEO_ID');
			await expect(run('repeat')).rejects.toThrow('list, resend, disabled, enable');
		});
	});
});

describe('wrong keys', () => {
	const silent = pino({ level: 'silent' });

	it('are answered at once five times, then once a second for each address, then not at all', async () => {
		const waits: number[] = [];
		let counted = 0;
		const logins = new FailedLogins(
			() => 0,
			async (ms) => void waits.push(ms),
			() => counted++,
		);
		for (let nth = 0; nth < 15; nth++) await logins.note('203.0.113.1', silent);
		expect(waits).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((seconds) => seconds * 1000));
		await expect(logins.note('203.0.113.1', silent)).rejects.toMatchObject({
			status: 429,
			detail: { retryAfterSeconds: 11 },
		});
		await logins.note('203.0.113.2', silent);
		expect([waits.length, counted]).toEqual([10, 17]);
	});
});

describe('ready', () => {
	let server: TestServer | undefined;
	afterEach(() => server?.stop());
	const ready = async () => (await server!.call('GET', '/readyz')).body;

	it('is a server whose jobs would run', async () => {
		server = await startTestServer();
		expect(await ready()).toEqual({ status: 'ready' });
	});

	it('is no server without a machine', async () => {
		server = await startTestServer(['--no-work']);
		expect((await ready()).error.message).toContain('No machine that makes videos is connected');
	});

	it('is no server whose machine has no model; the create says the same', async () => {
		server = await startTestServer(['--engine', 'diffusers']);
		const words = /The connected machine \(diffusers on .*\) has no model/;
		expect((await ready()).error.message).toMatch(words);
		const { status, body } = await server.call('POST', '/v1/videos', SMALL);
		expect([status, body.error.message]).toEqual([503, expect.stringMatching(words)]);
	});

	it('is no server whose videos cannot be stored', async () => {
		server = await startTestServer(['--artifacts', 's3://videos'], {
			AWS_ACCESS_KEY_ID: 'x',
			AWS_SECRET_ACCESS_KEY: 'x',
			AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
		});
		expect((await ready()).error.message).toContain(
			'The storage http://127.0.0.1:9/videos does not answer',
		);
	});
});

describe('stopping', () => {
	it.each([
		['one that ends soon goes on', { ranMs: 8000, percent: 80 }, 0, true],
		['one that will not end goes back at once', { ranMs: 8000, percent: 20 }, 0, false],
		['one that has told nothing may show how fast it is', { ranMs: 100, percent: 0 }, 500, true],
		['one that still tells nothing goes back', { ranMs: 60_000, percent: 1 }, 1000, false],
		['one that took longer than it said goes back', { ranMs: 18_000, percent: 99 }, 10_000, false],
	])('%s', (_what, attempt, stoppingMs, expected) => {
		expect(mayGoOn(attempt, stoppingMs, 10_000)).toBe(expected);
	});
});

describe('histograms', () => {
	it('add up bucket by bucket, and quote names of models', () => {
		const text = histograms([
			{ kind: 'run', model: 'a "b"', le: 1, jobs: 2, seconds: 1.5 },
			{ kind: 'run', model: 'a "b"', le: Infinity, jobs: 1, seconds: 30_000 },
		]);
		expect(text).toContain('gpu_local_job_run_seconds_bucket{model="a \\"b\\"",le="0.5"} 0');
		expect(text).toContain('gpu_local_job_run_seconds_bucket{model="a \\"b\\"",le="1"} 2');
		expect(text).toContain('gpu_local_job_run_seconds_bucket{model="a \\"b\\"",le="21600"} 2');
		expect(text).toContain('gpu_local_job_run_seconds_bucket{model="a \\"b\\"",le="+Inf"} 3');
		expect(text).toContain('gpu_local_job_run_seconds_sum{model="a \\"b\\""} 30001.5');
	});
});

describe('ordinary mistakes', () => {
	let folder: string;
	beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'gpu-local-mistakes-'))));
	afterEach(() => rm(folder, { recursive: true, force: true }));

	const problemOf = async (args: string[]): Promise<string | undefined> =>
		await startTestServer(args).then(
			async (server) => {
				await server.stop();
				return undefined;
			},
			(error: unknown) => sentenceOf(error),
		);

	it('of the data folder are sentences, and the doctor lives through them', async () => {
		const file = join(folder, 'a-file');
		await writeFile(file, '');
		expect(await problemOf(['--data', file])).toContain(`${file} cannot be used: a file is there`);
		const below = join(file, 'below');
		expect(await problemOf(['--data', below])).toContain('is a file, not a folder');
		for (const data of [file, below]) {
			const terminal = listen();
			await doctorCommand(['--data', data, '--port', '0'], terminal);
			expect(terminal.said.join('\n')).toMatch(/WRONG {2}Data folder: .* cannot be used/);
			expect(terminal.said.join('\n')).toMatch(/of \d+ checks failed/);
		}
		process.exitCode = 0;
	});

	it('of a lock that another program left in tatters do not stop the doctor', async () => {
		await mkdir(join(folder, 'data'));
		await writeFile(join(folder, 'data', 'server.lock'), 'not JSON');
		await chmod(join(folder, 'data', 'server.lock'), 0o600);
		const terminal = listen();
		await doctorCommand(['--data', join(folder, 'data'), '--port', '0'], terminal);
		expect(terminal.said.join('\n')).toContain('Everything works.');
	});

	it('of an option are told in its own words', () => {
		expect(() => readConfig(['--keep-days', '-1'], {}, 'server')).toThrow(
			'--keep-days is "-1", which looks like an option of its own. If it is meant, write --keep-days=-1. "gpu-local help" lists everything',
		);
		expect(() => readConfig(['--keep-days=-1'], {}, 'server')).toThrow(
			'--keep-days is "-1". Give a number from 0 to',
		);
		expect(() => readConfig(['--nonsense'], {}, 'server')).toThrow(/nonsense/);
	});

	it('of rights and of a full disk are sentences too, and a fault of the program keeps its trace', () => {
		const system = (code: string) =>
			Object.assign(new Error(`${code}: mkdir`), { code, path: '/ro/data' });
		expect(sentenceOf(system('EACCES'))).toContain(
			'/ro/data cannot be used: this user has no right',
		);
		expect(sentenceOf(system('EROFS'))).toContain('a disk that can only be read');
		expect(sentenceOf(system('ENOSPC'))).toContain('the disk is full');
		expect(sentenceOf(new TypeError('x is not a function'))).toBeUndefined();
	});
});

describe('a mistake in a request', () => {
	let server: TestServer;
	beforeAll(async () => void (server = await startTestServer()));
	afterAll(() => server.stop());
	const NOVITA = {
		...{ model_name: 'x', width: 512, height: 512, steps: 20 },
		prompts: [{ prompt: 'A boat', frames: 16 }],
	};
	const TRAINED = { key: 'x', model_id: 'x', prompt: 'A boat' };

	it.each<[string, string, object, Json, RegExp]>([
		['/v1/videos', 'size', SMALL, '1x1', /10 to 9999 pixels/],
		['/v1/videos', 'seed', SMALL, -2, /-1/],
		['/v1/videos', 'seconds', SMALL, 0, /0\.\d|from|above/],
		['/v3/async/txt2video', 'height', NOVITA, 1300, /256.*1024/],
		['/v3/async/txt2video', 'seed', NOVITA, -2, /-1/],
		['/api/v5/text2video', 'seconds', TRAINED, 'long', /number/],
		['/api/v4/dreambooth/text2video', 'height', TRAINED, 13_000, /\d/],
	])('to %s names %s, its value and what is allowed', async (path, field, body, value, allowed) => {
		const reply = await server.call('POST', path, { ...body, [field]: value });
		const words = JSON.stringify(reply.body).replaceAll('\\"', '"');
		expect([reply.status, words]).toEqual([400, expect.stringContaining(field)]);
		expect(words).toContain(JSON.stringify(value));
		expect(words).toMatch(allowed);
	});
});
