/** What a run sends, what it refuses and what it gives, item by item. In a workflow of n8n's: `submitOnce.test.ts`. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hookContext, type HookContextOptions } from '../support/hookContext';
import { answerOf, cut, machineInMemory, type Machine } from '../support/machineInMemory';
import { submitRun } from '../support/submitRun';

const TOOL = 'text-to-video.textToVideoTool';
const NOW_MS = Date.UTC(2026, 0, 1);

let machine: Machine;
let executions = 0;
beforeEach(() => {
	vi.useFakeTimers({ now: NOW_MS });
	machine = machineInMemory();
});
afterEach(() => vi.useRealTimers());

/** A node for so many prompts; each of its runs is another execution. */
function nodeWith(prompts: string[], { parameters = {}, ...more }: HookContextOptions = {}) {
	executions += 1;
	return hookContext({
		items: prompts.map((prompt) => ({ json: { prompt } })),
		executionId: `${executions}`,
		http: machine.http,
		...more,
		parameters: {
			...{ provider: 'localGpu', downloadVideo: false, additionalFields: {} },
			prompt: (item: number) => prompts[item],
			...parameters,
		},
	});
}
const returning = { parameters: { whenSubmitted: 'return' } };
/** Lets time pass until the run is over. */
async function done<T>(work: Promise<T>): Promise<T> {
	let isOver = false;
	void work.finally(() => (isOver = true)).catch(() => undefined);
	for (let turns = 0; !isOver && turns < 5_000; turns += 1)
		await vi.advanceTimersByTimeAsync(1_000);
	return await work;
}
const run = async (context: ReturnType<typeof nodeWith>, prepared?: object) =>
	await done(submitRun(context, prepared));
const detailsOf = (item: { json: object } | undefined) =>
	((item?.json ?? {}) as { details?: Record<string, unknown> }).details;

describe('Return the Job', () => {
	it('sends each item once, and gives its job', async () => {
		const { given } = await run(nodeWith(['A boat', 'A kite'], returning));
		expect(machine.jobs.map(({ request }) => request.prompt)).toStrictEqual(['A boat', 'A kite']);
		expect(given[1]).toStrictEqual({
			json: {
				provider: 'localGpu',
				jobId: 'video_2',
				status: 'queued',
				videos: [],
				submittedAt: '2026-01-01T00:00:00.000Z',
				finished: false,
				nextPollSeconds: expect.any(Number) as number,
				hint: 'The video is not done yet. Get it with Fetch Result and this job.',
			},
			pairedItem: { item: 1 },
		});
		expect(machine.count('ask')).toBe(0);
	});

	it('sends what was validated, with what n8n prepared and a key of its own', async () => {
		const proxy = { host: 'proxy', port: 1 };
		await run(
			nodeWith(['A boat'], {
				parameters: { whenSubmitted: 'return', additionalFields: { seed: ' 7 ' } },
			}),
			{
				...{ proxy, timeout: 7, skipSslCertificateValidation: true, body: { prompt: 'raw' } },
			},
		);
		expect(machine.asked[0]?.options).toMatchObject({
			method: 'POST',
			url: 'http://127.0.0.1:8484/v1/videos',
			json: true,
			proxy,
			timeout: 7,
			skipSslCertificateValidation: true,
			headers: { 'Idempotency-Key': expect.stringMatching(/^[0-9a-f]{40}$/) as string },
			body: { prompt: 'A boat', seed: 7 },
		});
	});

	it('sends the file of each item that a field names', async () => {
		const pixels = Buffer.from('89504e470d0a1a0a0000000d4948445200000280000001e00806000000', 'hex');
		const photo = { mimeType: 'image/png', data: pixels.toString('base64') };
		const items = [{ json: {}, binary: { photo } }, { json: {} }];
		const additionalFields = (item: number) => (item === 0 ? { input_reference: 'photo' } : {});
		const parameters = { whenSubmitted: 'return', additionalFields };
		const { errors } = await run(nodeWith(['A boat', 'A kite'], { items, parameters }));
		expect(errors.filter(Boolean)).toStrictEqual([]);
		const sent = machine.jobs.map(({ request }) => JSON.stringify(request).includes(photo.data));
		expect(sent).toStrictEqual([true, false]);
	});

	it('says in the log that it sends, and what came of it', async () => {
		const context = nodeWith(['A boat'], { ...returning, executionId: '99' });
		await run(context);
		const place = '(workflow "Shop" w1, execution 99, node "Video", item 1)';
		expect(context.logged).toStrictEqual([
			['info', `Submitting to Local GPU ${place}`],
			['info', `Submitted Local GPU job video_1 ${place}`],
		]);
	});

	it('shows ten jobs beside the execution, and no id that is too long', async () => {
		machine.next(
			'submit',
			answerOf(200, { id: 'x'.repeat(300), object: 'video', status: 'queued' }),
		);
		const context = nodeWith(Array<string>(12).fill('A boat'), returning);
		await run(context);
		expect(Object.keys(context.shownJobs)).toStrictEqual(
			Array.from({ length: 10 }, (_unused, item) => `job${item}`),
		);
		expect(context.shownJobs.job0).toBe('x'.repeat(255));
	});

	it('goes on waiting for nothing where the job is over at once', async () => {
		machine = machineInMemory('completed');
		const parameters = { whenSubmitted: 'return', downloadVideo: true };
		const { given } = await run(nodeWith(['A boat'], { parameters }));
		expect(given[0]?.json).toMatchObject({ status: 'succeeded', finished: true });
		expect(machine.asked).toHaveLength(1);
	});

	it('is an error where the job failed at once', async () => {
		machine = machineInMemory('failed');
		const { errors } = await run(nodeWith(['A boat'], returning));
		expect(errors[0]?.message).toContain('job video_1');
	});

	it('is a few lines for an agent, and the first item alone', async () => {
		const { given } = await run(nodeWith(['A boat', 'A kite'], { ...returning, type: TOOL }));
		expect(given[0]?.json).toMatchObject({
			jobId: 'video_1',
			ordersLeft: 99,
			next: expect.stringContaining('do not order it again') as string,
		});
		expect(given[1]).toBeUndefined();
		expect(machine.jobs).toHaveLength(1);
	});
});

describe('Wait for the Video', () => {
	it('waits, asks and gives the video, and learns how long it took', async () => {
		const context = nodeWith(['A boat']);
		setTimeout(() => (machine.jobs[0]!.status = 'completed'), 30_000);
		const { given } = await run(context);
		expect(given[0]?.json).toMatchObject({ jobId: 'video_1', status: 'succeeded', finished: true });
		expect(String(context.staticData.durations)).toContain('"seconds":[');
	});

	it('downloads the file where one is wanted, which it is by default', async () => {
		const downloaded = async (
			parameters: Record<string, unknown>,
			more: HookContextOptions = {},
		) => {
			machine = machineInMemory('completed');
			const context = nodeWith(['A boat'], { goesOn: true, ...more, parameters });
			context.helpers.prepareBinaryData = async () => await Promise.reject(new Error('No room'));
			await run(context);
			return machine.count('file') > 0;
		};
		expect(await downloaded({ downloadVideo: true })).toBe(true);
		expect(await downloaded({ downloadVideo: undefined })).toBe(true);
		expect(await downloaded({ downloadVideo: false })).toBe(false);
		expect(await downloaded({ downloadVideo: true, whenSubmitted: 'return' })).toBe(false);
		expect(await downloaded({ downloadVideo: true }, { type: TOOL })).toBe(false);
	});

	it('is what the node does by itself', async () => {
		machine = machineInMemory('completed');
		const { given } = await run(nodeWith(['A boat'], { parameters: { whenSubmitted: undefined } }));
		expect(given[0]?.json).toMatchObject({ finished: true });
	});

	it.each([
		[{}, 10],
		[{ options: { waitAtMost: 3 } }, 3],
		// An n8n in which nothing can sleep has as long as it would have had asleep.
		[{ whenSubmitted: 'suspend' }, 60],
		[{ whenSubmitted: 'suspend', options: { waitAtMost: 5 } }, 5],
	])('gives up with %j after %i minutes', async (parameters, minutes) => {
		const { given } = await run(nodeWith(['A boat'], { parameters }));
		expect(given[0]?.json).toMatchObject({ status: 'queued', finished: false });
		// The next look of the clock of this test is a second later at most.
		expect(Math.round((Date.now() - NOW_MS) / 60_000)).toBe(minutes);
	});

	it('gives up after two minutes for an agent', async () => {
		for (const whenSubmitted of ['wait', 'suspend']) {
			vi.setSystemTime(NOW_MS);
			await run(nodeWith(['A boat'], { type: TOOL, parameters: { whenSubmitted } }));
			expect(Math.round((Date.now() - NOW_MS) / 60_000)).toBe(2);
		}
	});

	it('runs no more jobs at a time than was chosen, or than the provider allows', async () => {
		const most = async (options: object) => {
			machine = machineInMemory();
			const running = submitRun(
				nodeWith(Array<string>(6).fill('A boat'), { parameters: { options } }),
			);
			await vi.advanceTimersByTimeAsync(2_000);
			const begun = machine.jobs.length;
			for (let left = 0; left < 6; left += 1) {
				for (const job of machine.jobs) job.status = 'completed';
				await vi.advanceTimersByTimeAsync(600_000);
			}
			await running;
			expect(machine.jobs).toHaveLength(6);
			return begun;
		};
		expect(await most({ parallelJobs: 2 })).toBe(2);
		expect(await most({})).toBe(4);
	});
});

describe('Estimate Only', () => {
	it('sends nothing, and says how long one’s own machine would take', async () => {
		const { given } = await run(
			nodeWith(['A boat', 'A kite'], { parameters: { whenSubmitted: 'estimate' } }),
		);
		expect(given[1]).toStrictEqual({
			json: {
				provider: 'localGpu',
				estimate: true,
				cost: {
					seconds: 12,
					basis: 'seconds of your own machine, by its last videos with this model',
				},
			},
			pairedItem: { item: 1 },
		});
		expect(machine.jobs).toStrictEqual([]);
	});

	it('says that a provider publishes no prices', async () => {
		const parameters = {
			...{ provider: 'novita', whenSubmitted: 'estimate', height: 512, width: 512, steps: 20 },
			model_name: { __rl: true, mode: 'id', value: 'm.safetensors' },
			prompts: { items: [{ frames: 16, prompt: 'A boat' }] },
		};
		const credentials = { textToVideoNovitaApi: { apiKey: 'key' } };
		const { given } = await run(nodeWith(['A boat'], { parameters, credentials }));
		expect(given[0]?.json.cost).toStrictEqual({
			unpriced: 'Novita publishes no prices that could be asked for',
		});
	});

	it('is refused for no price: it spends nothing', async () => {
		const parameters = { whenSubmitted: 'estimate', options: { maximumCost: 0.01 } };
		const { given } = await run(nodeWith(['A boat'], { parameters }));
		expect(given[0]?.json.estimate).toBe(true);
	});

	it('refuses what could not be sent, and counts nothing of it', async () => {
		const parameters = { whenSubmitted: 'estimate', options: { maximumJobs: 1 } };
		const { given } = await run(nodeWith(['', 'A boat', 'A kite'], { parameters, goesOn: true }));
		expect(detailsOf(given[0])).toMatchObject({
			accepted: 'no',
			description: 'Change the field. Nothing was submitted, this node only estimates.',
		});
		expect(given.slice(1).map((item) => item?.json.estimate)).toStrictEqual([true, true]);
	});
});

describe('a run that may not start', () => {
	it('sends nothing of it, and every item says why', async () => {
		const { errors } = await run(nodeWith(['A boat', ''], returning));
		expect(errors.map((error) => error?.message.slice(0, 15))).toStrictEqual(
			Array(2).fill('[item 2] Prompt'),
		);
		expect(machine.asked).toStrictEqual([]);
	});

	it('costs only its own item where the workflow goes on', async () => {
		const { given } = await run(nodeWith(['', 'A boat'], { ...returning, goesOn: true }));
		expect(detailsOf(given[0])).toMatchObject({
			accepted: 'no',
			description: 'Change the field. Nothing was submitted for this item.',
			failure: { code: 'invalid_request' },
		});
		expect(given[1]?.json.jobId).toBe('video_1');
	});

	it('is one of more jobs than there may be', async () => {
		const of = async (count: number, more: HookContextOptions = {}) =>
			await run(nodeWith(Array<string>(count).fill('A boat'), { ...returning, ...more }));
		expect((await of(101)).errors[0]?.message).toBe(
			'There are 101 items, and Maximum Jobs is 100. Nothing was submitted.',
		);
		expect(machine.jobs).toHaveLength(0);
		expect((await of(100)).errors.filter(Boolean)).toStrictEqual([]);
		const { given } = await of(101, { goesOn: true });
		expect(detailsOf(given[100])).toMatchObject({
			accepted: 'no',
			failure: { code: 'not_allowed' },
			description: 'Raise Maximum Jobs under Options if you really want that many videos.',
		});
	});

	it('is one under a Maximum Cost whose price can not be said, by item where there are several', async () => {
		const parameters = { whenSubmitted: 'return', options: { maximumCost: 1 } };
		const of = async (...prompts: string[]) =>
			(await run(nodeWith(prompts, { parameters }))).errors[0]?.message;
		const basis = 'Local GPU publishes no prices that could be asked for';
		const begin = 'Maximum Cost is set, and what the videos cost can not be said before: ';
		expect(await of('A boat')).toBe(`${begin}${basis}. Nothing was submitted.`);
		expect(await of('A boat', 'A kite')).toBe(
			`${begin}item 1: ${basis}; item 2: ${basis}. Nothing was submitted.`,
		);
		expect(machine.jobs).toStrictEqual([]);
	});

	it('is told an agent as a limit where it is one, and as a problem where it is none', async () => {
		const tool = {
			type: TOOL,
			parameters: { whenSubmitted: 'return', options: { maximumCost: 1 } },
		};
		const limit = await run(nodeWith(['A boat'], tool));
		expect(limit.given[0]?.json).toMatchObject({
			status: 'refused',
			ordersLeft: 100,
			next: expect.stringContaining('A limit of this execution is reached') as string,
		});
		const wrong = await run(nodeWith([''], { ...returning, type: TOOL }));
		expect(wrong.given[0]?.json).toMatchObject({
			accepted: 'no',
			next: expect.stringContaining('Correct what the problem names') as string,
		});
	});

	it('is one without an address or a key', async () => {
		const nowhere = await run(nodeWith(['A boat'], returning), { baseURL: 'htps://x' });
		expect(nowhere.errors[0]?.message).toContain('Base URL is "htps://x"');
		const parameters = { ...returning.parameters, provider: 'novita' };
		const keyless = await run(nodeWith(['A boat'], { parameters }));
		expect(keyless.errors[0]?.message).toBe(
			'No credential for Novita is chosen. Nothing was submitted.',
		);
	});

	it('is one with an expression that fails anywhere: n8n would fail the node at that item', async () => {
		const hidden = (item: number) => {
			if (item === 1) throw new Error('No such node');
			return item;
		};
		const parameters = { whenSubmitted: 'return', shownForAnotherProvider: hidden };
		const { errors } = await run(nodeWith(['A boat', 'A kite'], { parameters }));
		expect(errors[1]?.message).toContain('could not be evaluated: No such node');
		expect(machine.asked).toStrictEqual([]);
	});

	it('is one of which an item can not be read; n8n asks for nothing before that item', async () => {
		const prompts = ['A boat', 'A kite', ''];
		const prompt = (item: number) => {
			if (item === 1) throw new Error('No such node');
			return prompts[item];
		};
		const { given, errors } = await run(
			nodeWith(prompts, { parameters: { prompt, whenSubmitted: 'return' } }),
		);
		expect([given[0], errors[0]]).toStrictEqual([undefined, undefined]);
		expect(errors[2]?.message).toBe('[item 2] An expression could not be evaluated: No such node');
		expect(machine.asked).toStrictEqual([]);
	});
});

describe('a provider that publishes prices', () => {
	const model = 'pixverse/v5/text-to-video';
	const units = [{ measure: 'second', name: 'second', price: 0.06, per: 1 }];
	const prices = { data: [{ id: model, pricing: { kind: 'fixed', units } }] };
	const priced = async (
		parameters: object,
		submit = answerOf(200, { id: 'gen-1', status: 'queued' }),
		more: HookContextOptions = {},
	) => {
		const context = nodeWith(['A boat'], {
			parameters: { provider: 'aimlapiPixverse', model, whenSubmitted: 'return', ...parameters },
			credentials: { textToVideoAimlApi: { apiKey: 'the-key-of-the-account' } },
			...{ goesOn: true, ...more },
			http: ({ method }) => (method === 'GET' ? answerOf(200, prices)() : submit()),
		});
		// Prices are kept for a while, by address.
		const { given } = await run(context, { baseURL: `https://prices-${executions}.test` });
		return { json: given[0]?.json, context };
	};

	it('has the price beside the job, and what it did cost', async () => {
		const { json, context } = await priced({});
		expect(json?.cost).toStrictEqual({ quoted: 0.3 });
		const [sent] = context.sent.filter(({ method }) => method === 'POST');
		expect(sent?.keyOf).toBe('textToVideoAimlApi');
		const costs = {
			id: 'gen-1',
			status: 'queued',
			meta: { usage: { credits_used: 7, usd_spent: 0.5 } },
		};
		expect((await priced({}, answerOf(200, costs))).json?.cost).toMatchObject({ quoted: 0.3 });
	});

	it('is not asked for the price of what was submitted before', async () => {
		const { context } = await priced({ options: { maximumCost: 1 } });
		const asked = () => context.sent.filter(({ method }) => method === 'GET').length;
		const before = asked();
		vi.setSystemTime(Date.now() + 3_600_000);
		const baseURL = `https://prices-${executions}.test`;
		const { given } = await run(context, { baseURL });
		expect(given[0]?.json.jobId).toBe('gen-1');
		expect(asked()).toBe(before);
	});

	it('is asked nothing any more once the execution was stopped', async () => {
		const { context } = await priced({}, undefined, { signal: AbortSignal.abort() });
		expect(context.sent).toStrictEqual([]);
	});

	it('has it as an estimate', async () => {
		const { json } = await priced({ whenSubmitted: 'estimate' });
		expect(json?.cost).toMatchObject({
			quoted: 0.3,
			currency: 'USD',
			basis: expect.stringContaining('0.06') as string,
		});
	});

	it('says nothing in the log of a doubt where it certainly took nothing', async () => {
		const { context } = await priced({}, answerOf(402, { message: 'Add credit.' }));
		expect(context.logged.filter(([level]) => level === 'warn')).toStrictEqual([]);
	});
});

it('is not held up by a price list that does not answer', async () => {
	const parameters = {
		...{ provider: 'aimlapiPixverse', whenSubmitted: 'return', model: 'pixverse/v5/text-to-video' },
	};
	const credentials = { textToVideoAimlApi: { apiKey: 'the-key-of-the-account' } };
	const sentAtMs: number[] = [];
	const context = nodeWith(['A boat'], {
		...{ parameters, credentials },
		http: ({ method }) => {
			if (method === 'GET') return new Promise((resolve) => setTimeout(resolve, 30_000, {}));
			sentAtMs.push(Date.now());
			return answerOf(200, { id: 'gen-1', status: 'queued' })();
		},
	});
	const { given } = await run(context, { baseURL: 'https://slow.test' });
	expect(sentAtMs).toStrictEqual([NOW_MS]);
	expect(given[0]?.json).toMatchObject({ jobId: 'gen-1' });
	expect(given[0]?.json).not.toHaveProperty('cost');
	const announced = context.logged.find(([, message]) => message.startsWith('Submitting to'));
	expect(announced?.[1]).toMatch(/^Submitting to .* \(request [0-9a-f]{40}, workflow "Shop" w1,/);
	expect(given[0]?.json.requestId).toMatch(/^[0-9a-f]{40}$/);
});

describe('a submit that fails', () => {
	it('is told with the provider’s name and words, and took nothing', async () => {
		machine.next('submit', answerOf(402, { error: { message: 'Add credit.' } }));
		const { given } = await run(nodeWith(['A boat'], { ...returning, goesOn: true }));
		expect(given[0]?.json.message).toContain('Local GPU (HTTP 402): Add credit.');
		expect(detailsOf(given[0])).toMatchObject({ accepted: 'no', failure: { code: 'no_credit' } });
	});

	it('stops the node, and names the other jobs', async () => {
		machine.next('submit', answerOf(402, { error: { message: 'Add credit.' } }));
		const { errors } = await run(nodeWith(['A boat', 'A kite'], returning));
		expect(errors[0]?.description).toContain(
			'The other jobs of this run, ready for Fetch Result: item 2: job video_1 (queued).',
		);
		expect(errors[1]).toBeUndefined();
	});

	it('is repeated by the same key, announced once', async () => {
		machine.next('submit', cut);
		const context = nodeWith(['A boat'], returning);
		const { given } = await run(context);
		expect(given[0]?.json.jobId).toBe('video_1');
		const keys = machine.asked.map(({ options }) => options.headers?.['Idempotency-Key']);
		expect(keys).toHaveLength(2);
		expect(keys[0]).toBe(keys[1]);
		const said = context.logged.filter(([, message]) => message.startsWith('Submitting to'));
		expect(said).toHaveLength(1);
	});

	it('in doubt to the end is logged once, where the provider has no list to look in', async () => {
		for (let tries = 0; tries < 3; tries += 1) machine.next('submit', cut);
		const context = nodeWith(['A boat'], { ...returning, goesOn: true });
		const { given } = await run(context);
		expect(detailsOf(given[0])).toMatchObject({ accepted: 'unknown' });
		const doubts = context.logged.filter(([, message]) =>
			message.includes('may have been accepted'),
		);
		expect(doubts).toHaveLength(1);
	});

	it('is not tried again once the execution was stopped', async () => {
		const stop = new AbortController();
		machine.next('submit', () => ({
			statusCode: 429,
			headers: { 'retry-after': '120' },
			body: '{}',
		}));
		setTimeout(() => stop.abort(), 5_000);
		const { errors } = await run(nodeWith(['A boat'], { signal: stop.signal, ...returning }));
		expect(errors[0]?.message).toBeDefined();
		expect(Date.now() - NOW_MS).toBeLessThan(10_000);
		expect(machine.jobs).toStrictEqual([]);
	});

	it('in doubt is remembered over tries: it is not sent again', async () => {
		const parameters = {
			...{ provider: 'modelslabV6', whenSubmitted: 'return', output_type: 'mp4' },
			model_id: { __rl: true, mode: 'id', value: 'cogvideox' },
			options: { maximumJobs: 1 },
		};
		const credentials = { textToVideoModelsLabApi: { apiKey: 'the-key-of-the-account' } };
		const asked: string[] = [];
		const stored: { jobs?: Record<string, { doubt?: object }> } = {};
		/** What n8n would have saved, had it been killed while the job was looked for. */
		const known: unknown[] = [];
		const context = nodeWith(['A boat'], {
			...{ parameters, credentials, stored, goesOn: true },
			http: ({ url }) => {
				asked.push(url);
				if (url.includes('assets')) known.push(stored.jobs?.r0i0?.doubt);
				if (url.endsWith('text2video')) cut();
				return answerOf(200, url.includes('assets') ? { data: [] } : { processing_count: 0 })();
			},
		});
		const submits = () => asked.filter((url) => url.endsWith('text2video')).length;
		const first = await run(context, { baseURL: 'https://modelslab.com' });
		expect(detailsOf(first.given[0])).toMatchObject({ accepted: 'unknown' });
		const doubts = context.logged.filter(([, message]) =>
			message.includes('may have been accepted'),
		);
		expect(doubts.map(([level]) => level)).toStrictEqual(['warn', 'warn']);
		// It may have been taken, so its place is not free for another round.
		const round = nodeWith(['A kite'], {
			...{ parameters, credentials, goesOn: true, runIndex: 1 },
			executionId: context.getExecutionId(),
		});
		const next = await run(round, { baseURL: 'https://modelslab.com' });
		expect(detailsOf(next.given[0])).toMatchObject({ failure: { code: 'not_allowed' } });
		const again = await run(context, { baseURL: 'https://modelslab.com' });
		expect(detailsOf(again.given[0])).toMatchObject({ accepted: 'unknown' });
		expect(submits()).toBe(1);
		expect(known[0]).toMatchObject({ accepted: 'unknown' });
	});

	it('frees its place for another round where it was certainly not taken', async () => {
		machine.next('submit', answerOf(402, { error: { message: 'Add credit.' } }));
		const parameters = { whenSubmitted: 'return', options: { maximumJobs: 1 } };
		const first = nodeWith(['A boat'], { parameters, goesOn: true });
		await run(first);
		const executionId = first.getExecutionId();
		const round = (runIndex: number) =>
			nodeWith(['A kite'], { parameters, goesOn: true, runIndex, executionId });
		expect((await run(round(1))).given[0]?.json.jobId).toBe('video_1');
		expect(detailsOf((await run(round(2))).given[0])).toMatchObject({
			failure: { code: 'not_allowed' },
		});
	});
});

describe('an error that nobody foresaw', () => {
	const failing = async (spoil: (context: ReturnType<typeof nodeWith>) => void) => {
		const evaluated = `http://n8n.test/webhook-waiting/1?signature=odd-${executions}`;
		const context = nodeWith(['A boat'], { ...returning, goesOn: true, evaluated });
		spoil(context);
		return detailsOf((await run(context)).given[0]);
	};
	const failOn = (words: string) => (context: ReturnType<typeof nodeWith>) => {
		const { logger } = context;
		context.logger = {
			...logger,
			info(message: string) {
				if (message.includes(words)) throw new Error('Odd');
			},
		};
	};

	it('before anything was sent took nothing', async () => {
		const withoutName = (context: ReturnType<typeof nodeWith>) => {
			context.getWorkflow = () => {
				throw new Error('Odd');
			};
		};
		expect(await failing(withoutName)).toMatchObject({
			accepted: 'no',
			description: 'Nothing was submitted for this item.',
		});
	});

	it('between the request and its answer leaves a doubt', async () => {
		machine.next('submit', answerOf(429, { error: { message: 'Busy.' } }));
		expect(await failing(failOn('Trying again'))).toMatchObject({ accepted: 'unknown' });
	});

	it('after the job was taken leaves the job', async () => {
		expect(await failing(failOn('Submitted'))).toMatchObject({
			accepted: 'yes',
			description: expect.stringContaining('do not order it again') as string,
		});
	});
});

describe('room in the provider’s queue', () => {
	const submitted = async (options: object, signal?: AbortSignal) => {
		const asked: number[] = [];
		let queued = 7;
		setTimeout(() => (queued = 4), 60_000);
		const context = nodeWith(['A boat'], {
			...(signal ? { signal } : {}),
			parameters: {
				...{ provider: 'modelslabV6', whenSubmitted: 'return', output_type: 'mp4', options },
				model_id: { __rl: true, mode: 'id', value: 'cogvideox' },
			},
			credentials: { textToVideoModelsLabApi: { apiKey: 'the-key-of-the-account' } },
			http: ({ url }) => {
				if (!url.endsWith('text2video')) return answerOf(200, { processing_count: queued })();
				asked.push(Date.now() - NOW_MS);
				return answerOf(200, { status: 'processing', id: 5, eta: 900 })();
			},
		});
		const { given, errors } = await run(context, { baseURL: 'https://modelslab.com' });
		const atSeconds = (asked[0] ?? NaN) / 1000;
		return { atSeconds, logged: context.logged, json: given[0]?.json, error: errors[0] };
	};

	it('is not waited for any longer once the execution was stopped', async () => {
		const stop = new AbortController();
		setTimeout(() => stop.abort(), 6_000);
		const { error, atSeconds } = await submitted({}, stop.signal);
		expect(error?.message).toBe('The execution was stopped before this item was sent.');
		expect(atSeconds).toBeNaN();
		expect(Date.now() - NOW_MS).toBeLessThan(10_000);
	});

	it('is waited for, and the log says so', async () => {
		const { atSeconds, logged, json } = await submitted({});
		expect(json?.jobId).toBe('5');
		expect(atSeconds).toBeGreaterThanOrEqual(60);
		expect(logged[0]).toStrictEqual([
			'info',
			"ModelsLab: Text to Video (v6): 7 jobs are in the account's queue, which has 5 places. Waiting for one.",
		]);
	});

	it('is as large as its person says, and never smaller than the documents say', async () => {
		expect((await submitted({ parallelJobs: 8 })).atSeconds).toBe(0);
		expect((await submitted({ parallelJobs: 1 })).atSeconds).toBeGreaterThanOrEqual(60);
	});
});

describe('another try of the node', () => {
	it('looks at everything anew', async () => {
		let looks = 0;
		const prompt = () => (looks === 0 ? '' : 'A boat');
		const context = nodeWith(['A boat'], { parameters: { whenSubmitted: 'return', prompt } });
		expect((await run(context)).errors[0]?.message).toContain('Prompt');
		looks += 1;
		expect((await run(context)).given[0]?.json.jobId).toBe('video_1');
	});

	it('knows the job of the one before, though n8n lost it: they bear the same token', async () => {
		const evaluated = 'http://n8n.test/webhook-waiting/1?signature=the-token-of-both';
		const of = () => nodeWith(['A boat'], { ...returning, evaluated, stored: {} });
		const first = await run(of());
		const second = await run(of());
		expect(second.given[0]?.json.jobId).toBe(first.given[0]?.json.jobId);
		expect(machine.jobs).toHaveLength(1);
		await run(
			nodeWith(['A boat'], { ...returning, evaluated: evaluated.replace('both', 'another') }),
		);
		expect(machine.jobs).toHaveLength(2);
	});

	it('attaches to the jobs that there are, and asks for them at once', async () => {
		const context = nodeWith(['A boat', 'A kite']);
		machine.next('ask', answerOf(401, { error: { message: 'Bad key.' } }));
		const first = await run(context);
		expect(first.errors.filter(Boolean)).toHaveLength(1);
		for (const job of machine.jobs) job.status = 'completed';
		const again = submitRun(context);
		await vi.advanceTimersByTimeAsync(10);
		expect((await again).given.map((item) => item?.json.jobId)).toStrictEqual([
			'video_1',
			'video_2',
		]);
		expect(machine.jobs).toHaveLength(2);
	});

	it('submits what was refused, and only that', async () => {
		machine.next('submit', answerOf(402, { error: { message: 'Add credit.' } }));
		const options = { maximumJobs: 2 };
		const context = nodeWith(['A boat', 'A kite'], {
			parameters: { whenSubmitted: 'return', options },
		});
		await run(context);
		const { given } = await run(context);
		expect(machine.jobs.map(({ request }) => request.prompt)).toStrictEqual(['A kite', 'A boat']);
		expect(given.map((item) => item?.json.jobId)).toStrictEqual(['video_2', 'video_1']);
		const keys = machine.asked.map(({ options }) => options.headers?.['Idempotency-Key']);
		expect(new Set(keys).size).toBe(3);
	});

	it('waits until the one before is over, and does not submit beside it', async () => {
		const context = nodeWith(['A boat'], returning);
		const late = answerOf(200, { id: 'video_9', object: 'video', status: 'queued' });
		machine.next('submit', async () => {
			await new Promise((resolve) => setTimeout(resolve, 5_000));
			return late();
		});
		const runs = await done(Promise.all([submitRun(context), submitRun(context)]));
		expect(runs.map(({ given }) => given[0]?.json.jobId)).toStrictEqual(['video_9', 'video_9']);
		expect(machine.count('submit')).toBe(1);
	});

	it('names the jobs that it attached to, where another item stops the node', async () => {
		const context = nodeWith(['A boat', 'A kite'], returning);
		for (let tries = 0; tries < 2; tries += 1) {
			machine.next('submit', answerOf(402));
			const { errors } = await run(context);
			expect(errors[0]?.description).toContain('item 2: job video_1 (queued)');
			expect(errors[1]).toBeUndefined();
		}
	});

	it.each([
		[{}, 1],
		[{ retryOnFail: true }, 3],
		[{ retryOnFail: true, maxTries: 1 }, 2],
		[{ retryOnFail: true, maxTries: 4 }, 4],
		[{ retryOnFail: true, maxTries: 9 }, 5],
	])(
		'of a job that fails makes as many jobs as n8n tries the node (%j): %i',
		async (node, most) => {
			machine = machineInMemory('failed');
			const parameters = { options: { maximumJobs: 1 } };
			const context = nodeWith(['A boat'], { node, parameters });
			for (let tries = 0; tries < 7; tries += 1) await run(context);
			expect(machine.jobs).toHaveLength(most);
		},
	);
});

describe('Stop', () => {
	it('before anything was sent sends nothing', async () => {
		const signal = AbortSignal.abort();
		const { errors } = await run(nodeWith(['A boat'], { signal }));
		expect(errors[0]?.message).toBe('The execution was stopped before this item was sent.');
		expect(machine.asked).toStrictEqual([]);
	});

	it('while the job runs cancels it, and sends nothing more', async () => {
		const stop = new AbortController();
		const parameters = { options: { parallelJobs: 1 } };
		const running = submitRun(nodeWith(['A boat', 'A kite'], { signal: stop.signal, parameters }));
		await vi.advanceTimersByTimeAsync(1_000);
		stop.abort();
		const { errors } = await done(running);
		expect(errors.map((error) => error?.message)).toStrictEqual([
			'The execution was stopped. Job video_1 is being cancelled.',
			'The execution was stopped before this item was sent.',
		]);
		expect(machine.jobs).toMatchObject([{ status: 'cancelled' }]);
	});

	it('while the submit is on its way cancels the job that comes of it', async () => {
		const stop = new AbortController();
		machine.next('submit', () => {
			stop.abort();
			return machine.http({ method: 'POST', url: '/v1/videos', body: {} });
		});
		const { errors } = await run(nodeWith(['A boat'], { signal: stop.signal, ...returning }));
		expect(errors[0]?.message).toContain('Job video_1 is being cancelled.');
		expect(machine.jobs).toMatchObject([{ status: 'cancelled' }]);
	});
});
