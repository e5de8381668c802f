/** A job and its files as an item. Videos that are too large: `largeVideos.test.ts`. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { HttpStream } from '../../jobs/host';
import { ItemError } from '../../nodes/shared/errors';
import { jobItem, signalOf, storeVideo, videoItem } from '../../nodes/shared/output';
import { JOB_STATUSES, type Job } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { newJob } from '../../providers/replies/job';
import { hookContext } from '../support/hookContext';
import { virtualHost } from '../support/virtualClock';

const novita = providerById('novita');
const account = { baseUrl: 'https://api.novita.ai' };
const videosAt = (...names: string[]) =>
	names.map((name) => ({ url: `https://files.test/${name}`, mimeType: 'video/mp4' }));
const done = (...names: string[]): Job => ({
	...newJob('novita', 'j1', 0),
	status: 'succeeded',
	videos: videosAt(...names),
});
const file: HttpStream = async () =>
	await Promise.resolve({
		status: 200,
		headers: { 'content-type': 'video/mp4' },
		stream: Readable.from([Buffer.alloc(8, 1)]),
	});
const missing: HttpStream = async () =>
	await Promise.resolve({ status: 418, headers: {}, stream: Readable.from([]) });
// Silence is never so long here that the download is given up.
const sleep = async () => await new Promise<void>(() => undefined);
const hostWith = (stream: HttpStream) => ({ ...virtualHost(novita, 'a-key'), stream, sleep });
const choice = { binaryProperty: 'clip', maxBytes: 1_000 };

/** As n8n does: it reads the file to its end. */
function reading(context = hookContext()) {
	const { prepareBinaryData } = context.helpers;
	context.helpers.prepareBinaryData = async (source, name) => {
		if (source instanceof Readable) await source.toArray();
		return await prepareBinaryData(source, name);
	};
	return context;
}

describe('the item of a job', () => {
	it.each(JOB_STATUSES)('that is %s says whether it is finished', (status) => {
		const { json, pairedItem } = jobItem({ ...newJob('novita', 'j1', 0), status }, 3);
		expect(json.finished).toBe(['succeeded', 'failed', 'cancelled'].includes(status));
		expect('hint' in json).toBe(!json.finished);
		expect(pairedItem).toStrictEqual({ item: 3 });
	});

	it('that goes on says what to do, and when it was asked for', () => {
		const job = newJob('novita', 'j1', 0);
		const hint = 'The video is not done yet. Get it with Fetch Result and this job.';
		expect(jobItem(job, 0).json).toStrictEqual({ ...job, finished: false, hint });
		expect(jobItem({ ...job, askedAt: '2026-01-01T00:00:00Z' }, 0).json.hint).toBe(
			`${hint} The provider was last asked at 2026-01-01T00:00:00Z.`,
		);
	});

	it('that is over does not bear the words of an earlier step', () => {
		const earlier = { ...done('a.mp4'), hint: 'The video is not done yet.' };
		expect(jobItem(earlier, 0).json).not.toHaveProperty('hint');
	});
});

describe('the files', () => {
	it('have the field’s name, and a number behind it where there are several', async () => {
		const context = reading();
		const { binary, job } = await storeVideo(
			context,
			novita,
			account,
			done('a.mp4', 'b.mp4', 'c.mp4'),
			hostWith(file),
			choice,
		);
		expect(Object.keys(binary)).toStrictEqual(['clip', 'clip_1', 'clip_2']);
		expect(job.videos).toHaveLength(3);
		expect(context.files).toHaveLength(3);
	});

	it('are named as was chosen, or after the job', async () => {
		const named = reading();
		const storing = { ...choice, fileName: 'boat.mp4' };
		await storeVideo(named, novita, account, done('a.mp4'), hostWith(file), storing);
		expect(named.files).toStrictEqual(['boat.mp4']);
		const unnamed = reading();
		await storeVideo(unnamed, novita, account, done('a.mp4'), hostWith(file), choice);
		expect(unnamed.files[0]).toContain('j1');
	});

	it('are not larger than was chosen', async () => {
		const storing = storeVideo(reading(), novita, account, done('a.mp4'), hostWith(file), {
			...choice,
			maxBytes: 7,
		});
		await expect(storing).rejects.toThrow('larger than');
	});

	it('are not asked for once the execution was stopped', async () => {
		const signal = AbortSignal.abort();
		const asked: Array<AbortSignal | undefined> = [];
		const stream: HttpStream = async (_request, by) => {
			asked.push(by);
			throw new DOMException('Stopped', 'AbortError');
		};
		const storing = storeVideo(
			reading(),
			novita,
			account,
			done('a.mp4'),
			hostWith(stream),
			choice,
			signal,
		);
		await expect(storing).rejects.toThrow('Stopped');
		expect(asked.every((by) => by?.aborted)).toBe(true);
	});

	it('stand in the item beside the job', async () => {
		const context = reading(hookContext({ itemIndex: 1 }));
		const item = await videoItem(context, novita, account, done('a.mp4'), hostWith(file), choice);
		expect(item).toMatchObject({
			json: { jobId: 'j1', status: 'succeeded', finished: true },
			binary: { clip: { mimeType: 'video/mp4' } },
			pairedItem: { item: 1 },
		});
	});
});

describe('a file that can not be had', () => {
	const failed = async (type: string, stream = missing) => {
		const context = reading(hookContext({ type }));
		return await videoItem(context, novita, account, done('a.mp4'), hostWith(stream), choice).catch(
			(error: unknown) => error,
		);
	};

	it('leaves the job as it is, and the advice is to fetch it', async () => {
		const error = await failed('text-to-video.textToVideo');
		expect(error).toBeInstanceOf(ItemError);
		const { item } = error as ItemError;
		expect(item).toMatchObject({ accepted: 'yes', job: { jobId: 'j1', status: 'succeeded' } });
		expect(item.description).toContain('Use Fetch Result with the job id');
		expect(item.message).toContain('j1');
	});

	it('is fetched by running the node again, where that is the one that fetches', async () => {
		const { item } = (await failed('text-to-video.textToVideoFetchResult')) as ItemError;
		expect(item.description).toContain(
			'Run this node again later: the video is paid for and stays the same.',
		);
		expect(item.description).not.toContain('Use Fetch Result');
	});
});

it('hands on the signal of the execution, where there is one', () => {
	const { signal } = new AbortController();
	expect(signalOf(hookContext({ signal }))).toStrictEqual({ signal });
	expect(signalOf(hookContext())).toStrictEqual({});
	expect(Object.keys(signalOf(hookContext()))).toStrictEqual([]);
	const older = hookContext();
	Object.assign(older, { getExecutionCancelSignal: undefined });
	expect(signalOf(older)).toStrictEqual({});
});
