/** What goes to the provider, and what comes back. */
import { describe, expect, it } from 'vitest';
import { until } from '../support/helper';
import { Stage, VERSIONS } from '../support/stage';

describe.each(VERSIONS)('%s', (version) => {
	const stage = new Stage(version);

	describe('text to video', () => {
		it('takes the prompt from msg.payload, waits, and gives the job', async () => {
			const { node, out, texts } = await stage.load();
			node.receive({ payload: 'A paper boat in the rain', topic: 'boats', own: 1 });
			const msg = await out.next();
			expect(msg).toMatchObject({ topic: 'boats', own: 1 });
			expect(msg.payload).toBe(msg.job);
			expect(msg.job).toMatchObject({ provider: 'localGpu', status: 'succeeded', progress: 100 });
			expect(msg.job?.videos[0]?.url).toMatch(/^http/);
			expect(stage.sim.book.charges).toBe(1);
			expect(stage.sim.book.of('submit')[0]?.body).toMatchObject({
				prompt: 'A paper boat in the rain',
			});
			expect(texts[0]).toBe('submitting');
			expect(texts.join(' ')).toMatch(/(queued|in progress)/);
			expect(texts.at(-1)).toBe('');
			expect(JSON.stringify(msg)).not.toContain(stage.sim.key);
		});

		it('says under the node what it waits for, and when it asks', async () => {
			const { node, out, texts } = await stage.load({}, { durationMs: 2_500, queueMs: 0 });
			node.receive({ payload: 'A fox' });
			await out.next();
			const line = /^(queued|in progress) · .+ · (asks in|asked (once|\d+ times), next in) \d+ s$/;
			expect(texts.filter((text) => line.test(text)).length).toBeGreaterThan(1);
		});

		it('goes by the times that the provider publishes', async () => {
			const { node, caught, texts } = await stage.load(
				{},
				{ durationMs: Infinity },
				{ provider: 'aimlapiPixverse' },
			);
			const duration_ms = { p50: 280_000, p99: 320_000 };
			const models = [{ alias: 'pixverse/v5/text-to-video', metrics: { duration_ms } }];
			const answer = { kind: 'answer', status: 200, body: { models } } as const;
			// The price is asked for first, and finds none in it.
			stage.sim.faults.next('account', answer, { times: 2 });
			node.receive({ payload: 'A fox' });
			await until(() => texts.some((text) => text.includes('usually takes 5 min')));
			node.receive({ reset: true });
			// This provider can not cancel: the job goes on.
			expect((await caught.next()).failure).toMatchObject({ code: 'not_allowed', accepted: 'yes' });
		});

		it('keeps to the room in the queue of a provider that can be asked', async () => {
			const fields = { model_id: { type: 'str', value: 'modelscope' } };
			const { node, out, texts } = await stage.load(
				{ mode: 'return', fields },
				{ durationMs: Infinity },
				{ provider: 'modelslabV6' },
			);
			for (let count = 0; count < 6; count += 1) node.receive({ payload: `Fox ${count}` });
			await out.next(5);
			await until(() => texts.some((text) => text.includes("in the provider's queue")));
			expect(texts.at(-1)).toMatch(/^5 of 5 in the provider's queue, looks again in \d s$/);
			expect(stage.sim.book.charges).toBe(5);
			await stage.sim.finish(stage.sim.book.jobs[0]!.id);
			await out.next();
			expect(stage.sim.book.charges).toBe(6);
			expect(stage.sim.book.of('submit')).toHaveLength(6);
		});

		it('takes an object of fields in msg.payload before what stands in the node', async () => {
			const fields = {
				prompt: { type: 'msg', value: 'payload' },
				seed: { type: 'num', value: '5' },
				size: { type: 'str', value: '512x512' },
			};
			const { node, out } = await stage.load({ fields });
			node.receive({ payload: { prompt: 'A fox', seed: 7 } });
			await out.next();
			expect(stage.sim.book.of('submit')[0]?.body).toMatchObject({
				prompt: 'A fox',
				seed: 7,
				size: '512x512',
			});
		});

		it('reads a field as text, msg, flow, global, env and JSONata', async () => {
			const { node, out } = await stage.load({
				fields: {
					prompt: { type: 'jsonata', value: '"A " & payload.animal & " at night"' },
					negative_prompt: { type: 'flow', value: 'never' },
					model: { type: 'global', value: 'engine' },
					track_id: { type: 'env', value: 'TTV_TEST_TRACK' },
					num_inference_steps: { type: 'msg', value: 'steps' },
					loras: {
						type: 'list',
						value: [
							{
								model_name: { type: 'msg', value: 'lora' },
								strength: { type: 'num', value: '0.5' },
							},
						],
					},
				},
			});
			process.env.TTV_TEST_TRACK = 'order-12';
			const context = node.context() as unknown as {
				flow: { set(key: string, value: unknown): void };
				global: { set(key: string, value: unknown): void };
			};
			context.flow.set('never', 'people');
			context.global.set('engine', 'preview');
			node.receive({ payload: { animal: 'fox' }, steps: '30', lora: 'ink' });
			const { job } = await out.next();
			delete process.env.TTV_TEST_TRACK;
			expect(stage.sim.book.of('submit')[0]?.body).toMatchObject({
				prompt: 'A fox at night',
				negative_prompt: 'people',
				model: 'preview',
				num_inference_steps: 30,
				loras: [{ model_name: 'ink', strength: 0.5 }],
			});
			expect(job?.trackingId).toBe('order-12');
		});

		it('puts a text payload into the first part of a provider that wants a list of prompts', async () => {
			const fields = {
				model_name: { type: 'str', value: 'm.safetensors' },
				...Object.fromEntries(
					['width', 'height'].map((name) => [name, { type: 'num', value: '512' }]),
				),
				steps: { type: 'num', value: '20' },
			};
			const change = { fields, mode: 'return' };
			const { node, out } = await stage.load(change, {}, { provider: 'novita' });
			node.receive({ payload: 'A little girl in the snow' });
			await out.next();
			expect(stage.sim.book.of('submit')[0]?.body).toMatchObject({
				prompts: [{ prompt: 'A little girl in the snow', frames: 32 }],
			});
		});

		it.each([
			['a number out of range', { num_inference_steps: 500 }, 'Number of Inference Steps'],
			['a field that does not exist', { colour: 'red' }, 'There is no field colour'],
		])('refuses %s before anything is sent', async (_name, payload, words) => {
			const { node, caught, texts } = await stage.load();
			node.receive({ payload: { prompt: 'A fox', ...payload } });
			const msg = await caught.next();
			expect((msg.error as { message: string }).message).toContain(words);
			expect(msg.failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
			expect(stage.sim.book.requests).toEqual([]);
			expect(texts).toEqual([]);
		});

		it.each(['{{payload.animal}}', 'A {{{ msg.topic }}}', '{{env.STYLE}} fox'])(
			'refuses the template %s in a field of the node, which nothing fills in',
			async (value) => {
				const { node, caught } = await stage.load({ fields: { prompt: { type: 'str', value } } });
				node.receive({ payload: 'A fox' });
				const { failure } = await caught.next();
				expect(failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
				expect(failure?.message).toMatch(/ holds \{\{.*\}\}, which nothing fills in/);
				expect(failure?.advice).toContain('JSONata');
				expect(stage.sim.book.requests).toEqual([]);
			},
		);

		it.each([
			...['{{char}} waves', 'a {{red|blue}} bird', '{{ $json.x }}'],
			...['A {{masterpiece}} of a fox', '{{payload.animal}}'],
		])(
			'sends %j as it is where it comes in a message: Node-RED has no such expressions',
			async (prompt) => {
				const { node, out } = await stage.load({ mode: 'return' });
				node.receive({ payload: prompt });
				await out.next();
				expect(stage.sim.book.of('submit')[0]?.body).toMatchObject({ prompt });
			},
		);

		it.each([
			['$error("boom")', 'boom'],
			['payload.(', 'before end of expression'],
			['payload.foo()', 'Attempted to invoke a non-function'],
			['$sum("x")', 'Argument 1 of function "sum"'],
		])('says what is wrong with the expression %s', async (value, reason) => {
			const { node, caught } = await stage.load({ fields: { prompt: { type: 'jsonata', value } } });
			node.receive({ payload: 'A fox' });
			const { failure } = await caught.next();
			expect(failure?.message).toContain('Prompt (prompt) could not be read');
			expect(failure?.message).toContain(reason);
			expect(failure?.message).not.toContain('stack');
		});

		it('takes an object of fields before the node where the prompt stands in the node, too', async () => {
			const fields = {
				prompt: { type: 'str', value: 'fixed' },
				seconds: { type: 'str', value: '2' },
			};
			const { node, out, caught } = await stage.load({ fields, mode: 'return' });
			node.receive({ payload: { seconds: 5, negative_prompt: 'blur' } });
			await out.next();
			expect(stage.sim.book.of('submit')[0]?.body).toMatchObject({
				...{ prompt: 'fixed', seconds: '5', negative_prompt: 'blur' },
			});
			node.receive({ payload: { seconds: 5, colour: 'red' } });
			expect((await caught.next()).failure?.message).toContain('There is no field colour');
			expect(stage.sim.book.charges).toBe(1);
		});

		it('says once that it has no use for an object without any field', async () => {
			const fields = { prompt: { type: 'str', value: 'fixed' } };
			const { node, out, warnings } = await stage.load({ fields, mode: 'return' });
			for (const temperature of [20, 21]) node.receive({ payload: { temperature } });
			await out.next(2);
			expect(warnings).toHaveLength(1);
			expect(warnings[0]).toContain('without any field of Local GPU');
		});

		it('is refused where a callback is wanted of a provider that has none', async () => {
			const { node, caught } = await stage.load(
				{ callback: true, mode: 'return' },
				{},
				{ provider: 'stableDiffusionV5' },
			);
			node.receive({ payload: 'A fox' });
			const { failure } = await caught.next();
			expect(failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
			expect(failure?.message).toContain('has no callbacks');
			expect(stage.sim.book.requests).toEqual([]);
		});

		it('tells of a wrong address in words of the address, and of the account', async () => {
			const { node, caught, flow, credentials } = await stage.load();
			const wrong = flow.map((one) =>
				one.id === 'account' ? { ...one, baseUrl: `${stage.sim.url}/elsewhere` } : one,
			);
			node.receive({ payload: 'A fox' });
			await stage.helper.setFlows(wrong, 'full', credentials);
			expect(caught.all).toEqual([]);
			const heard = stage.hear();
			heard.node.receive({ payload: 'A boat' });
			const { failure } = await heard.caught.next();
			expect(failure).toMatchObject({ code: 'not_found', accepted: 'no' });
			expect(failure?.advice).toContain('Check the base URL in the account');
			expect(failure?.advice).not.toContain('job id');
		});

		it('takes a base URL with the path of the service at its end, as people copy it', async () => {
			const { flow, credentials } = await stage.load({ mode: 'return' });
			const copied = flow.map((one) =>
				one.id === 'account' ? { ...one, baseUrl: ` ${stage.sim.url}/v1/ ` } : one,
			);
			await stage.helper.setFlows(copied, 'full', credentials);
			const { node, out } = stage.hear();
			node.receive({ payload: 'A fox' });
			expect((await out.next()).job?.status).toBe('queued');
		});

		it('puts a full stop between what a provider says and what to do', async () => {
			const { node, caught } = await stage.load();
			const body = { error: { message: 'Invalid Api Key' } };
			stage.sim.faults.next('submit', { kind: 'answer', status: 401, body });
			node.receive({ payload: 'A fox' });
			const { error } = await caught.next();
			expect((error as { message: string }).message).toContain(
				'Invalid Api Key. Check the API key',
			);
		});

		it('shows before the first message that its account has no key', async () => {
			await stage.load({}, {}, { provider: 'stableDiffusionV5', hasKey: false });
			expect(stage.statusNow()).toMatchObject({ fill: 'red', text: 'no API key' });
		});

		it('shows how the waiting goes', async () => {
			const { node, texts } = await stage.load({ parallel: '1' }, { durationMs: Infinity });
			for (const payload of ['One', 'Two', 'Three']) node.receive({ payload });
			await until(() =>
				texts.some((text) => /asked 2 times, next in \d+ s, 2 in line$/.test(text)),
			);
			expect(texts.some((text) => / · asked once, next in \d+ s, 2 in line$/.test(text))).toBe(
				true,
			);
		});

		it("does not take Inject's timestamp for a prompt", async () => {
			const { node, caught } = await stage.load();
			node.receive({ payload: 1763640000000 });
			const { error } = await caught.next();
			expect((error as { message: string }).message).toBe(
				'Prompt (prompt) is taken from msg.payload, which is 1763640000000 (number) and not a text. Send a text in msg.payload, or an object of fields such as {"prompt": "…"}, or set the field in the node.',
			);
			expect(stage.sim.book.requests).toEqual([]);
		});

		it('tells Catch of a failed job with its id, the reason and what to do', async () => {
			const { node, caught, texts } = await stage.load(
				{},
				{ failWhen: () => 'The lights went out' },
			);
			node.receive({ payload: 'A fox' });
			const msg = await caught.next();
			const { jobId } = msg.job ?? {};
			expect((msg.error as { message: string }).message).toMatch(
				new RegExp(`^Local GPU, job ${jobId}: The lights went out`),
			);
			expect(msg.failure).toMatchObject({ code: 'generation_failed', accepted: 'yes' });
			expect(msg.payload).toBe('A fox');
			expect(texts.at(-1)).toMatch(/^failed: job video_/);
		});

		it('never repeats a submit of doubtful outcome, and says that it may have been taken', async () => {
			const { node, caught } = await stage.load({}, {}, { provider: 'stableDiffusionV5' });
			stage.sim.faults.next('submit', { kind: 'resetAfter' });
			node.receive({ payload: 'A fox' });
			const msg = await caught.next();
			expect(msg.failure).toMatchObject({ accepted: 'unknown' });
			expect((msg.error as { message: string }).message).toContain('may have been accepted');
			expect(stage.sim.book.of('submit')).toHaveLength(1);
		});

		it('repeats it where the provider knows the request again, and pays once', async () => {
			const { node, out } = await stage.load();
			stage.sim.faults.next('submit', { kind: 'resetAfter' });
			node.receive({ payload: 'A fox' });
			expect((await out.next()).job?.status).toBe('succeeded');
			expect(stage.sim.book.of('submit')).toHaveLength(2);
			expect(stage.sim.book.charges).toBe(1);
		});

		it('leaves the key out of what the provider says of it', async () => {
			const { node, caught, texts } = await stage.load();
			const key = stage.sim.key;
			const body = { error: { message: `${key} is no key` } };
			stage.sim.faults.next('submit', { kind: 'answer', status: 401, body });
			node.receive({ payload: 'A fox' });
			const msg = await caught.next();
			expect((msg.error as { message: string }).message).toContain('[API key] is no key');
			expect(JSON.stringify([msg, texts])).not.toContain(key);
		});

		it('says in a warning that the provider could not be asked until the end', async () => {
			const { node, out } = await stage.load({ waitAtMost: '0.02' }, { durationMs: Infinity });
			const fault = { kind: 'error', error: 'serverError', status: 503 } as const;
			stage.sim.faults.next('fetch', fault, { times: 20 });
			node.receive({ payload: 'A fox' });
			const { job } = await out.next();
			expect(job?.status).not.toBe('failed');
			expect(job?.warnings?.join()).toContain('could not be asked any more');
		});

		it('repeats a submit that certainly was not taken', async () => {
			const { node, out } = await stage.load();
			stage.sim.faults.next('submit', {
				kind: 'error',
				error: 'rateLimited',
				retryAfterSeconds: 0,
			});
			node.receive({ payload: 'A fox' });
			expect((await out.next()).job?.status).toBe('succeeded');
			expect(stage.sim.book.charges).toBe(1);
		});

		it('says that the key is missing before anything is sent', async () => {
			const { node, caught } = await stage.load({}, { key: ' ' }, { provider: 'novita' });
			node.receive({ payload: 'A fox' });
			const { error } = await caught.next();
			expect((error as { message: string }).message).toMatch(
				/^The account for Novita.* has no API key\. Open the account and enter the key\.$/,
			);
		});

		it('passes the job on as it stands when the patience ends', async () => {
			const { node, out, caught } = await stage.load(
				{ waitAtMost: '0.02' },
				{ durationMs: Infinity },
			);
			node.receive({ payload: 'A fox' });
			const { job, payload } = await out.next();
			expect(job?.status).toMatch(/queued|processing/);
			expect(job?.nextPollSeconds).toBeGreaterThan(0);
			expect(payload).toBe(job);
			expect(caught.all).toEqual([]);
		});

		it('gives the job at once where it shall not wait', async () => {
			const { node, out } = await stage.load({ mode: 'return' }, { durationMs: Infinity });
			node.receive({ payload: 'A fox' });
			const { job } = await out.next();
			expect(job).toMatchObject({ status: 'queued' });
			expect(stage.sim.book.of('fetch')).toEqual([]);
		});

		it('takes fifty messages at once, so many at a time, and loses none', async () => {
			const { node, out, texts } = await stage.load({ parallel: '10' }, { durationMs: 0 });
			for (let index = 0; index < 50; index += 1) node.receive({ payload: `Clip ${index}`, index });
			await out.next(50);
			const indices = out.all.map((msg) => Number(msg.index)).sort((a, b) => a - b);
			expect(indices).toEqual(Array.from({ length: 50 }, (_unused, index) => index));
			expect(new Set(out.all.map(({ job }) => job?.jobId)).size).toBe(50);
			expect(stage.sim.book.charges).toBe(50);
			expect(texts).toContain('10 running, 40 in line');
			expect(texts.at(-1)).toBe('');
		});

		it('takes what has its turn at once where no line is allowed', async () => {
			const change = { parallel: '1', longestLine: '0' };
			const { node, caught } = await stage.load(change, { durationMs: Infinity });
			for (const payload of ['First', 'Second']) node.receive({ payload });
			expect(await caught.next()).toMatchObject({ payload: 'Second' });
			await until(() => stage.sim.book.charges === 1);
		});

		it('does not pass the job of an earlier node off as its own when it fails', async () => {
			const { node, caught } = await stage.load({}, {}, { provider: 'stableDiffusionV5' });
			const job = { provider: 'localGpu', jobId: 'earlier', status: 'succeeded', videos: [] };
			node.receive({ payload: { prompt: 'A fox', seconds: 'x' }, job });
			stage.sim.faults.next('submit', { kind: 'resetAfter' });
			node.receive({ payload: 'A fox', job });
			await caught.next(2);
			expect(caught.all.map((msg) => msg.job)).toEqual([undefined, undefined]);
		});

		it('refuses what would make the line too long', async () => {
			const change = { parallel: '1', longestLine: '2' };
			const { node, caught } = await stage.load(change, { durationMs: Infinity });
			for (let index = 0; index < 4; index += 1) node.receive({ payload: `Clip ${index}` });
			const { error } = await caught.next();
			expect((error as { message: string }).message).toContain('2 messages in line already');
		});
	});

	it('passes on no failure of an earlier node, and shows how far a job is', async () => {
		const { node, out, texts } = await stage.load({}, { durationMs: 2_500, queueMs: 0 });
		node.receive({
			payload: 'A fox',
			failure: { code: 'refused', message: 'By another provider' },
		});
		const msg = await out.next();
		expect(msg.job).toMatchObject({ status: 'succeeded' });
		expect(msg).not.toHaveProperty('failure');
		expect(texts.some((text) => /\b[5-9]\d ?%/.test(text))).toBe(true);
	});
});
