import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { aimlapiPixverse } from '../../providers/aimlapi';
import type { Job, Provider } from '../../providers/contract';
import { localGpu } from '../../providers/localGpu';
import { modelslabV6, modelslabV6Ultra, modelslabV7 } from '../../providers/modelslab';
import { novita } from '../../providers/novita';
import { providers } from '../../providers/registry';
import { buildRequest } from '../../providers/schema/wire';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../providers/stableDiffusionApi';
import { ask, fetchOnce, smallValues, submit } from './client';
import { listen } from './http';
import {
	startSimulator,
	TINY_MP4,
	WITHOUT_LIMITS,
	type Simulator,
	type SimulatorOptions,
} from './simulator';

let open: Array<{ close(): unknown }> = [];
afterEach(async () => {
	await Promise.all(open.map((each) => each.close()));
	open = [];
});

async function start(options?: SimulatorOptions): Promise<Simulator> {
	const sim = await startSimulator(options);
	open.push(sim);
	return sim;
}

const jobOf = (reading: { job?: Job | undefined; failure?: unknown }): Job => {
	expect(reading.failure).toBeUndefined();
	return reading.job!;
};

const START_MS = Date.UTC(2026, 0, 1);

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		it('lives from submit to file as time passes, and is charged once', async () => {
			let nowMs = START_MS;
			const sim = await start({ durationMs: 10_000, queueMs: 2_000, now: () => nowMs });
			let job = jobOf(await submit(sim, provider, smallValues(provider), { nowMs }));
			expect(job.videos).toEqual([]);
			const seen = [job.status];
			while (seen.at(-1) !== 'succeeded') {
				nowMs += 2_500;
				job = jobOf(await fetchOnce(sim, provider, job, nowMs));
				seen.push(job.status);
			}
			expect(seen).toHaveLength(5);
			const reply = await fetch(job.videos[0]!.url);
			expect(reply.headers.get('content-type')).toBe('video/mp4');
			expect(Buffer.from(await reply.arrayBuffer())).toEqual(TINY_MP4);
			expect(sim.book.charges).toBe(1);
			expect(sim.book.of('fetch', job.jobId)).toHaveLength(4);
			expect(sim.book.keyLeaks).toEqual([]);
		});

		it('tells a failed job with its reason', async () => {
			const sim = await start({ durationMs: Infinity });
			const job = jobOf(await submit(sim, provider, smallValues(provider)));
			await sim.fail(job.jobId, 'The lights went out');
			const failed = jobOf(await fetchOnce(sim, provider, job));
			expect(failed.status).toBe('failed');
			expect(failed.failure?.message).toContain('The lights went out');
		});

		it('refuses a wrong key and takes no job', async () => {
			const sim = await start();
			const { failure } = await submit(sim, provider, smallValues(provider), { key: 'wrong' });
			expect(failure).toMatchObject({ code: 'invalid_key', accepted: 'no', retryable: false });
			expect(sim.book.charges).toBe(0);
		});

		it('does not know a job of nobody', async () => {
			const sim = await start();
			const job: Job = { ...jobOf(await submit(sim, provider, smallValues(provider))), jobId: '7' };
			delete job.fetchUrl;
			const { failure } = await fetchOnce(sim, provider, job);
			expect(failure).toMatchObject({ code: 'not_found', accepted: 'yes' });
		});

		it('refuses a request that the document does not allow', async () => {
			const sim = await start();
			const { prompt: _prompt, prompts: _prompts, ...values } = smallValues(provider);
			const { failure } = await submit(sim, provider, values);
			expect(failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
		});

		it.each([
			[
				{ kind: 'error', error: 'rateLimited' },
				{ code: 'rate_limited', accepted: 'no', retryable: true },
				0,
			],
			[{ kind: 'error', error: 'noCredit' }, { accepted: 'no', retryable: false }, 0],
			[{ kind: 'error', error: 'promptRefused' }, { accepted: 'no', retryable: false }, 0],
			[{ kind: 'error', error: 'serverError' }, { code: 'provider_error', accepted: 'unknown' }, 0],
			[{ kind: 'serverErrorAfter' }, { code: 'provider_error', accepted: 'unknown' }, 1],
			[{ kind: 'truncated' }, { code: 'unreadable_reply', accepted: 'unknown' }, 1],
			[{ kind: 'webPage' }, { code: 'unreadable_reply', accepted: 'unknown' }, 1],
			[{ kind: 'wronglyTyped' }, { code: 'unreadable_reply', accepted: 'unknown' }, 1],
			[{ kind: 'redirect' }, { code: 'moved', accepted: 'no', retryable: false }, 0],
		] as const)('reads a submit that meets %o', async (fault, expected, charges) => {
			const sim = await start({ durationMs: 60_000 });
			sim.faults.next('submit', fault);
			const { failure } = await submit(sim, provider, smallValues(provider));
			expect(failure).toMatchObject(expected);
			expect(failure!.message).not.toBe('');
			expect(sim.book.charges).toBe(charges);
			expect(jobOf(await submit(sim, provider, smallValues(provider))).jobId).not.toBe('');
		});

		it.each([
			[{ kind: 'resetBefore' }, 0],
			[{ kind: 'resetAfter' }, 1],
		] as const)('breaks the connection for %o', async (fault, charges) => {
			const sim = await start();
			sim.faults.next('submit', fault);
			await expect(submit(sim, provider, smallValues(provider))).rejects.toThrow();
			expect(sim.book.charges).toBe(charges);
		});
	},
);

describe('the simulator', () => {
	it('sends the documented callback to the address in the request, as often as asked', async () => {
		const heard: unknown[] = [];
		const receiver = createServer(async (request, response) => {
			heard.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
			response.end();
		});
		const receiverUrl = await listen(receiver);
		open.push(receiver);
		const sim = await start({ durationMs: Infinity });
		const job = jobOf(
			await submit(sim, stableDiffusionV4, {
				...smallValues(stableDiffusionV4),
				webhook: `${receiverUrl}/hook`,
				track_id: 'order-1',
			}),
		);
		expect(await sim.callback(job.jobId, { times: 2, forged: true })).toEqual([200, 200]);
		await sim.finish(job.jobId);
		expect(heard).toHaveLength(3);
		const [forged, , real] = heard.map(
			(body) => stableDiffusionV4.readCallback!(body, { nowMs: START_MS, baseUrl: sim.url })!.job,
		);
		expect(forged!.videos[0]!.url).toBe('https://forged.example.com/video.mp4');
		expect(real).toMatchObject({ jobId: job.jobId, status: 'succeeded', trackingId: 'order-1' });
		expect(real!.videos[0]!.url.startsWith(sim.filesUrl)).toBe(true);
		expect(sim.book.tracked('order-1')).toHaveLength(1);
		expect(sim.book.callbacks.map(({ forged: was }) => was)).toEqual([true, true, false]);
		receiver.closeAllConnections();
	});

	describe('tells of the end', () => {
		/** A receiver that notes what the provider's own fetch says while it is called. */
		async function receiver(status: number, look: () => string | undefined) {
			const heard: Array<string | undefined> = [];
			const server = createServer(async (request, response) => {
				await request.toArray();
				heard.push(look());
				response.writeHead(status).end();
			});
			const url = await listen(server);
			open.push({ close: () => server.closeAllConnections() }, server);
			return { heard, url: `${url}/hook` };
		}

		it.each([
			['atEnd', ['succeeded']],
			['early', ['processing']],
			['doubled', ['succeeded', 'succeeded']],
			['missing', []],
			['late', ['succeeded']],
		] as const)('%s', async (callbackManner, expected) => {
			const sim: Simulator = await start({ durationMs: Infinity, callbackManner });
			const { heard, url } = await receiver(200, () => sim.state(sim.book.jobs[0]!.id).status);
			const values = { ...smallValues(stableDiffusionV4), webhook: url };
			const { jobId } = jobOf(await submit(sim, stableDiffusionV4, values));
			await sim.finish(jobId);
			expect(heard).toEqual(expected);
			expect(sim.state(jobId).status).toBe('succeeded');
		});

		it.each([
			['Novita five times more', novita, 6],
			['ModelsLab not once more', modelslabV6, 1],
		] as const)('%s where nobody says that it was heard', async (_name, provider, times) => {
			const sim = await start({ durationMs: Infinity });
			const { heard, url } = await receiver(503, () => undefined);
			const job = jobOf(await submit(sim, provider, smallValues(provider)));
			sim.book.job(job.jobId).callbackUrl = url;
			await sim.finish(job.jobId);
			expect(heard).toHaveLength(times);
		});
	});

	it('does not know a job for a moment where told to, and signs no address anew', async () => {
		let nowMs = START_MS;
		const sim = await start({ unknownForMs: 2_000, signsAnew: false, now: () => nowMs });
		const job = jobOf(await submit(sim, novita, smallValues(novita), { nowMs }));
		expect((await fetchOnce(sim, novita, job, nowMs)).failure).toMatchObject({ code: 'not_found' });
		nowMs += 2_000;
		const [first] = jobOf(await fetchOnce(sim, novita, job, nowMs)).videos;
		nowMs += 3_601_000;
		const [second] = jobOf(await fetchOnce(sim, novita, job, nowMs)).videos;
		expect(second?.url).toBe(first?.url);
		expect((await fetch(second!.url)).status).toBe(403);
	});

	describe('answers in every form that was seen', () => {
		/** What one kind of reply looks like over some jobs, each form once. */
		async function formsOf(
			provider: Provider,
			call: 'submit' | 'fetch',
			form: (body: Record<string, unknown>) => string,
		): Promise<string[]> {
			const seen = new Set<string>();
			const sim = await start({ ...WITHOUT_LIMITS, durationMs: Infinity });
			for (let index = 0; index < 30; index += 1) {
				const values = smallValues(provider, `Boat ${index}`);
				let reply = await ask(sim, provider, buildRequest(provider, values));
				const { job } = provider.readSubmit(reply, values, { nowMs: 0, baseUrl: sim.url });
				if (call === 'fetch') {
					await sim.finish(job!.jobId);
					reply = await ask(sim, provider, provider.fetchCall(job!, { baseUrl: sim.url }));
				}
				seen.add(form(reply.body as Record<string, unknown>));
			}
			return [...seen].sort();
		}
		const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);
		const isEmpty = (value: unknown): boolean => (value as string | unknown[]).length === 0;
		const outputOf = ({ output, links, proxy_links, output_url }: Record<string, unknown>) => {
			if (output !== undefined && !isEmpty(output)) return `output as ${kindOf(output)}`;
			return links ? 'links' : proxy_links ? 'proxy_links' : output_url ? 'output_url' : 'none';
		};

		it.each([
			[stableDiffusionV5, ['links', 'output as list', 'output as string']],
			[stableDiffusionV4, ['links', 'output as list', 'output as string']],
			[stableDiffusionEnterprise, ['links', 'output as list', 'output as string']],
			[modelslabV6, ['output as list', 'output as string', 'proxy_links']],
			[modelslabV6Ultra, ['output as list', 'output as string', 'proxy_links']],
			[modelslabV7, ['output as list', 'output as string', 'output_url', 'proxy_links']],
		])('$id: where the address stands', async (provider, expected) => {
			expect(await formsOf(provider, 'fetch', outputOf)).toEqual(expected);
		});

		it.each([
			[stableDiffusionV4, 'submit', ['number', 'string']],
			[stableDiffusionV4, 'fetch', ['number', 'string', 'undefined']],
			[modelslabV7, 'submit', ['number', 'string', 'undefined']],
			[modelslabV6, 'fetch', ['number', 'string', 'undefined']],
		] as const)('$0.id, $1: the id', async (provider, call, expected) => {
			expect(await formsOf(provider, call, ({ id }) => kindOf(id))).toEqual(expected);
		});

		it('Novita: lists with nothing in them, and the progress of what succeeded', async () => {
			const form = ({ images, task }: Record<string, unknown>) =>
				`${kindOf(images)} ${String((task as { progress_percent: number }).progress_percent)}`;
			expect(await formsOf(novita, 'fetch', form)).toEqual([
				...['list 0', 'list 100', 'undefined 0', 'undefined 100'],
			]);
		});

		it('AI/ML API: old and new ids, words and members', async () => {
			const form = ({ id, status, meta }: Record<string, unknown>) =>
				`${String(id).includes(':') ? 'long' : 'short'} ${String(status)} ${kindOf(meta)}`;
			expect(await formsOf(aimlapiPixverse, 'fetch', form)).toEqual([
				...['long completed undefined', 'long succeeded undefined'],
				...['short completed object', 'short succeeded object'],
			]);
		});
	});

	it.each([
		['a combination that is documented not to work', { resolution: '1080p', duration: 8 }],
		['a value that is in no list', { aspect_ratio: '2:1' }],
		['a member that is in no document', { fps: 24 }],
		['no model', { model: null }],
	])('AI/ML API refuses %s, and says beside the message what is wrong', async (_what, change) => {
		const sim = await start();
		const body = { ...smallValues(aimlapiPixverse), ...change };
		const url = '/v2/video/generations';
		const reply = await ask(sim, aimlapiPixverse, { method: 'POST', url, body });
		expect(reply).toMatchObject({
			status: 400,
			body: { statusCode: '400', details: [expect.stringContaining(Object.keys(change)[0]!)] },
		});
		expect(sim.book.charges).toBe(0);
	});

	it('keeps a future link at 404 until the job is done', async () => {
		const sim = await start({ durationMs: Infinity });
		const values = smallValues(stableDiffusionV5);
		const reply = await ask(sim, stableDiffusionV5, {
			method: 'POST',
			url: '/api/v5/text2video',
			body: values,
		});
		const [link] = (reply.body as { future_links: [string] }).future_links;
		expect((await fetch(link)).status).toBe(404);
		await sim.finish(sim.book.jobs[0]!.id);
		expect((await fetch(link)).status).toBe(200);
	});

	it('lets result URLs expire by their own time and on demand, and serves ranges', async () => {
		let nowMs = START_MS;
		const sim = await start({ now: () => nowMs, fileTtlSeconds: 60 });
		const submitted = jobOf(await submit(sim, novita, smallValues(novita), { nowMs }));
		const { videos } = jobOf(await fetchOnce(sim, novita, submitted, nowMs));
		expect(videos[0]!.expiresAt).toBe(new Date(START_MS + 60_000).toISOString());
		const part = await fetch(videos[0]!.url, { headers: { range: 'bytes=0-7' } });
		expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 8]);
		nowMs += 61_000;
		expect((await fetch(videos[0]!.url)).status).toBe(403);
		const fresh = jobOf(await fetchOnce(sim, novita, submitted, nowMs)).videos[0]!.url;
		expect((await fetch(fresh)).status).toBe(200);
		sim.expireFiles();
		expect((await fetch(fresh)).status).toBe(403);
	});

	describe('makes one job of one idempotency key, as our own executor does', () => {
		let sim: Simulator;
		const send = async (prompt = 'A boat') => {
			const { status, body } = await ask(sim, localGpu, {
				...{ method: 'POST', url: '/v1/videos', body: { prompt } },
				headers: { 'Idempotency-Key': 'once' },
			});
			return { status, ...(body as { id: string; error: { code: string; message: string } }) };
		};

		it('while the job is open or done', async () => {
			sim = await start({ durationMs: Infinity });
			const { id } = await send();
			expect((await send()).id).toBe(id);
			await sim.finish(id);
			expect((await send()).id).toBe(id);
			expect(sim.book.charges).toBe(1);
		});

		it.each([
			['cancelled', Infinity],
			['removed', 0],
		])('but a new one once the job is %s', async (_how, durationMs) => {
			sim = await start({ durationMs });
			const { id } = await send();
			await ask(sim, localGpu, { method: 'DELETE', url: `/v1/videos/${id}` });
			expect((await send()).id).not.toBe(id);
			expect(sim.book.charges).toBe(2);
		});

		it('and refuses another request with it', async () => {
			sim = await start({ durationMs: Infinity });
			const { id } = await send();
			const { status, error } = await send('Another boat');
			expect([status, error.code]).toEqual([409, 'conflict']);
			expect(error.message).toContain(id);
			expect(sim.book.charges).toBe(1);
		});
	});

	it('holds the documented requests a minute', async () => {
		let nowMs = START_MS;
		const sim = await start({ now: () => nowMs });
		const codes = [];
		for (let index = 0; index < 3; index += 1) {
			codes.push((await submit(sim, novita, smallValues(novita))).failure?.code);
		}
		nowMs += 60_000;
		codes.push((await submit(sim, novita, smallValues(novita))).failure?.code);
		expect(codes).toEqual([undefined, undefined, 'rate_limited', undefined]);
	});

	it.each([
		[5, {}],
		[10, { queueLimit: 10 }],
		[15, { queueLimit: 15 }],
	])('takes no more than %i open jobs of an account at ModelsLab', async (places, plan) => {
		const sim = await start({ durationMs: Infinity, ...plan });
		const jobs: Job[] = [];
		for (let index = 0; index < places; index += 1) {
			jobs.push(jobOf(await submit(sim, modelslabV6, smallValues(modelslabV6))));
		}
		const refused = await submit(sim, modelslabV6, smallValues(modelslabV6));
		expect(refused.failure).toMatchObject({ code: 'rate_limited', accepted: 'no' });
		await sim.finish(jobs[0]!.jobId);
		jobOf(await submit(sim, modelslabV6, smallValues(modelslabV6)));
		expect(sim.book.charges).toBe(places + 1);
	});

	it('writes down who gave the key to the file host', async () => {
		const sim = await start();
		await fetch(`${sim.filesUrl}/elsewhere`, { headers: { authorization: `Bearer ${sim.key}` } });
		expect(sim.book.keyLeaks).toHaveLength(1);
	});

	it('fails by chance the same way for the same seed', async () => {
		const runs = await Promise.all(
			[7, 7].map(async (seed) => {
				const sim = await start({ seed, enforceRateLimits: false });
				sim.faults.chance('submit', 0.5, { kind: 'error', error: 'rateLimited' });
				const codes = [];
				for (let index = 0; index < 12; index += 1) {
					codes.push((await submit(sim, novita, smallValues(novita))).failure?.code ?? 'job');
				}
				return codes;
			}),
		);
		expect(runs[0]).toEqual(runs[1]);
		expect(new Set(runs[0])).toEqual(new Set(['job', 'rate_limited']));
	});
});
