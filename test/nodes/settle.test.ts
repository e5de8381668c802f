/** How the item of a job ends, and what becomes of an error that nobody foresaw. */
import { Readable } from 'node:stream';
import { NodeOperationError } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { ItemError, ownFailure, type ItemFailure } from '../../nodes/shared/errors';
import { hostOf } from '../../nodes/shared/host';
import { guarded, settle, waitAndSettle, type Settling } from '../../nodes/shared/settle';
import type { Job } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { failure } from '../../providers/replies/failures';
import { newJob } from '../../providers/replies/job';
import { hookContext, type HookContextOptions } from '../support/hookContext';

const local = providerById('localGpu');
const START_MS = Date.UTC(2026, 0, 1);
const job: Job = newJob('localGpu', 'video_1', START_MS);
const videos = [{ url: 'https://files.test/a.mp4', mimeType: 'video/mp4' }];
const TOOL = 'text-to-video.textToVideoTool';

/** A machine that answers each question with the next of these, the last one for ever. */
function settling(bodies: object[] = [], options: HookContextOptions = {}) {
	let asked = 0;
	let nowMs = START_MS;
	const context = hookContext({
		...options,
		http: () => {
			const body = bodies[Math.min(asked, bodies.length - 1)] as { status?: unknown };
			asked += 1;
			const statusCode = typeof body.status === 'number' ? body.status : 200;
			return { statusCode, headers: {}, body: JSON.stringify(body) };
		},
	});
	const host = {
		...hostOf(context, local, {}),
		now: () => nowMs,
		random: () => 0.5,
		sleep: async (ms: number) => {
			nowMs += ms;
			await Promise.resolve();
		},
	};
	const account = { baseUrl: 'http://gpu.test' };
	return { context, provider: local, account, host } satisfies Settling;
}
const told = (status: string, more: object = {}) => ({
	id: 'video_1',
	object: 'video',
	status,
	...more,
});
const isError = async (work: Promise<unknown>): Promise<ItemError> => {
	const error: unknown = await work.catch((thrown: unknown) => thrown);
	expect(error).toBeInstanceOf(ItemError);
	return error as ItemError;
};

describe('a wait', () => {
	it('ends with the video, and is told of all that was seen', async () => {
		const seen: string[] = [];
		const took: number[] = [];
		const item = await waitAndSettle(
			settling([told('in_progress', { progress: 40 }), told('completed')]),
			job,
			10,
			{ onProgress: ({ status }) => seen.push(status), onTook: (seconds) => took.push(seconds) },
		);
		expect(item.json).toMatchObject({ jobId: 'video_1', status: 'succeeded', finished: true });
		expect([...new Set(seen)]).toStrictEqual(['processing', 'succeeded']);
		expect(took).toHaveLength(1);
	});

	it.each([1, 30])(
		'gives up after %i minutes, and not before, with the job as it stands',
		async (minutes) => {
			const work = settling([told('in_progress')]);
			const item = await waitAndSettle(work, job, minutes);
			expect(item.json).toMatchObject({ status: 'processing', finished: false });
			expect(work.host.now() - START_MS).toBe(minutes * 60_000);
		},
	);

	it('that is over before anything was asked tells of the job as it stands too', async () => {
		const seen: Job[] = [];
		await waitAndSettle(settling(), job, 0, { onProgress: (current) => seen.push(current) });
		expect(seen).toMatchObject([
			{ jobId: 'video_1', nextPollSeconds: expect.any(Number) as number },
		]);
	});

	it('asks at once where the job is not fresh', async () => {
		const work = settling([told('completed')]);
		await waitAndSettle(work, job, 10, { askAtOnce: true });
		expect(work.host.now()).toBe(START_MS);
	});

	it('ends in a failure with the job where the service refuses to tell', async () => {
		const work = settling([{ status: 401, error: { message: 'Bad key.' } }]);
		const { item } = await isError(waitAndSettle(work, job, 10));
		expect(item).toMatchObject({ accepted: 'yes', job: { jobId: 'video_1' } });
		expect(item.message).toContain('job video_1 (HTTP 401)');
	});

	it('ends with a warning where the service is in trouble', async () => {
		const work = settling([{ status: 503 }]);
		const item = await waitAndSettle(work, job, 60);
		expect(item.json).toMatchObject({
			finished: false,
			warnings: [expect.stringMatching(/^The provider could not be asked any more/)],
		});
	});

	it('is over at Stop', async () => {
		const signal = AbortSignal.abort();
		const work = settling([told('in_progress')], { signal });
		work.host.sleep = async (_ms: number, by?: AbortSignal) => {
			by?.throwIfAborted();
			await Promise.resolve();
		};
		await expect(waitAndSettle(work, job, 1)).rejects.toMatchObject({ name: 'AbortError' });
	});
});

describe('a job that is settled', () => {
	const download = { binaryProperty: 'data', maxBytes: 1_000 };

	it.each(['failed', 'cancelled'] as const)('is a failure where it %s', async (status) => {
		const reason = failure('generation_failed', 'No luck.', { accepted: 'yes' });
		const { item } = await isError(settle(settling(), { ...job, status, failure: reason }));
		expect(item).toMatchObject({ accepted: 'yes', failure: reason, job: { status } });
		expect(item.message).toContain('video_1');
		expect(item.message).toContain('No luck.');
	});

	it('is a text for an agent, with what its orders have come to', async () => {
		const orders = () => ({ ordersLeft: 4 });
		const work = { ...settling([], { type: TOOL, itemIndex: 0 }), download, orders };
		const { json, binary } = await settle(work, { ...job, status: 'succeeded', videos });
		expect(json).toMatchObject({ videoUrls: [videos[0]?.url], ordersLeft: 4 });
		expect(binary).toBeUndefined();
		const { orders: _none, ...without } = work;
		expect((await settle(without, job)).json).not.toHaveProperty('ordersLeft');
	});

	it('is not downloaded before it is done, or where no file is wanted', async () => {
		const work = settling();
		expect(await settle({ ...work, download }, { ...job, status: 'processing' })).toMatchObject({
			json: { finished: false },
		});
		expect(await settle(work, { ...job, status: 'succeeded', videos })).toMatchObject({
			json: { finished: true },
		});
		expect(work.context.sent).toStrictEqual([]);
	});

	it('is downloaded where a file is wanted, and stays good where that fails', async () => {
		const work = settling();
		const asked: string[] = [];
		work.host.stream = async ({ url }) => {
			asked.push(url);
			return await Promise.resolve({ status: 418, headers: {}, stream: Readable.from([]) });
		};
		const done: Job = { ...job, status: 'succeeded', videos };
		const { item } = await isError(settle({ ...work, download }, done));
		expect(asked).toStrictEqual([videos[0]?.url]);
		expect(item).toMatchObject({ accepted: 'yes', job: { status: 'succeeded' } });
	});
});

describe('what an item’s work throws', () => {
	const item: ItemFailure = ownFailure(
		local,
		failure('invalid_request', 'No prompt.', { accepted: 'no', advice: 'Write one.' }),
	);
	const fail = (error: Error) => async () => await Promise.reject<never>(error);
	const parameters = { provider: 'localGpu' };

	it('is nothing where it goes well: one item, or several', async () => {
		const one = { json: {} };
		expect(await guarded(hookContext(), async () => await Promise.resolve(one))).toStrictEqual([
			one,
		]);
		expect(
			await guarded(hookContext(), async () => await Promise.resolve([one, one])),
		).toStrictEqual([one, one]);
	});

	it('stops the node, with the advice and the item’s number', async () => {
		const context = hookContext({ itemIndex: 2, parameters });
		const error = (await guarded(context, fail(new ItemError(item))).catch(
			(thrown: unknown) => thrown,
		)) as NodeOperationError;
		expect(error).toMatchObject({ message: 'No prompt.', description: 'Write one.' });
		expect(error.context.itemIndex).toBe(2);
	});

	it('stops the node with what the caller makes of it', async () => {
		const other = new NodeOperationError(hookContext().getNode(), 'Other');
		const seen: string[] = [];
		const work = guarded(hookContext({ parameters }), fail(new ItemError(item)), (error) => {
			seen.push(error.message);
			return other;
		});
		await expect(work).rejects.toBe(other);
		expect(seen).toStrictEqual(['No prompt.']);
	});

	it('stops the node as it is, where it is n8n’s own', async () => {
		const own = new NodeOperationError(hookContext().getNode(), 'Own');
		await expect(guarded(hookContext({ parameters }), fail(own))).rejects.toBe(own);
	});

	it('stops the node with the item’s number where nobody foresaw it', async () => {
		const context = hookContext({ itemIndex: 3, parameters });
		const error = (await guarded(context, fail(new Error('Odd'))).catch(
			(thrown: unknown) => thrown,
		)) as NodeOperationError;
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.message).toBe('Odd');
		expect(error.context.itemIndex).toBe(3);
	});

	it('is an item where the workflow goes on', async () => {
		const context = hookContext({ goesOn: true, itemIndex: 1, parameters });
		expect(await guarded(context, fail(new ItemError(item)))).toMatchObject([
			{ json: { error: 'No prompt.', details: { accepted: 'no' } }, pairedItem: { item: 1 } },
		]);
	});

	it.each([
		['no', 'Nothing was submitted for this item.'],
		['unknown', 'The job may have been accepted and may cost money'],
		['yes', 'The job exists and costs money: get it with Fetch Result'],
	] as const)(
		'says how far the item had come (%s) where nobody foresaw it',
		async (accepted, advice) => {
			const context = hookContext({ goesOn: true, parameters });
			const [given] = await guarded(context, fail(new Error('Odd')), undefined, () => accepted);
			expect(given?.json).toMatchObject({
				message: 'Odd',
				details: {
					accepted,
					provider: 'localGpu',
					description: expect.stringContaining(advice) as string,
				},
			});
		},
	);

	it('is in doubt where nobody says how far the item had come', async () => {
		const context = hookContext({ goesOn: true, parameters });
		const [given] = await guarded(context, fail(new Error('Odd')));
		expect(given?.json).toMatchObject({ details: { accepted: 'unknown' } });
	});

	it('is an answer for an agent, with what its orders have come to', async () => {
		const context = hookContext({ type: TOOL, goesOn: false, parameters });
		const orders = () => ({ ordersLeft: 2 });
		expect(
			await guarded(context, fail(new ItemError(item)), undefined, undefined, orders),
		).toMatchObject([
			{ json: { status: 'refused', problem: 'No prompt. Write one.', ordersLeft: 2 } },
		]);
		const [without] = await guarded(context, fail(new ItemError(item)));
		expect(without?.json).not.toHaveProperty('ordersLeft');
	});
});
