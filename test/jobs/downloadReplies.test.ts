/** What the address of a video may answer, and what becomes of it. Nothing takes time here; see `download.test.ts`. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
	DownloadError,
	downloadFailure,
	downloadVideo,
	downloadVideos,
	type DownloadOptions,
	type VideoFile,
} from '../../jobs/download';
import type { Host, HttpRequest, HttpStream } from '../../jobs/host';
import type { Job, Reply } from '../../providers/contract';
import { localGpu } from '../../providers/localGpu';
import { newJob } from '../../providers/replies/job';
import { START_MS, virtualHost } from '../support/virtualClock';

const BASE = 'https://gpu.example.com';
const MIB = 1024 ** 2;

interface Answer {
	status?: number;
	headers?: Record<string, string>;
	/** Chunks. */
	body?: Array<string | Buffer>;
}

const jobWith = (more: Partial<Job> = {}): Job => ({
	...newJob('localGpu', 'j1', START_MS),
	status: 'succeeded',
	videos: [{ url: `${BASE}/v.mp4`, mimeType: 'video/mp4' }],
	...more,
});

interface Downloaded {
	file?: Omit<VideoFile, 'stream'>;
	bytes?: string;
	job?: Job;
	error?: DownloadError;
	requests: HttpRequest[];
	slept: number[];
	streams: Readable[];
	/** Questions to the provider. */
	asked: number;
}

async function download(
	/** One after the other, the last one again and again. */
	answers: Array<Answer | Error>,
	{
		job = jobWith(),
		fetched = { status: 404, headers: {}, body: {} },
		save = async (file: VideoFile) => {
			const chunks: Buffer[] = [];
			for await (const chunk of file.stream) chunks.push(Buffer.from(chunk));
			return Buffer.concat(chunks).toString();
		},
		...options
	}: DownloadOptions & {
		job?: Job;
		fetched?: Reply;
		save?: (file: VideoFile) => Promise<string>;
	} = {},
): Promise<Downloaded> {
	const slept: number[] = [];
	const requests: HttpRequest[] = [];
	const streams: Readable[] = [];
	let asked = 0;
	const stream: HttpStream = async (request) => {
		requests.push(request);
		const answer = answers[Math.min(requests.length, answers.length) - 1]!;
		if (answer instanceof Error) throw answer;
		const { status = 200, headers = { 'content-type': 'video/mp4' }, body = ['video'] } = answer;
		const reply = Readable.from(body.map((chunk) => Buffer.from(chunk)));
		streams.push(reply);
		return { status, headers, stream: reply };
	};
	const host: Host & { stream: HttpStream } = {
		...virtualHost(localGpu, 'a-key'),
		stream,
		async http() {
			asked += 1;
			return fetched;
		},
		// The watch for silence ends with the download.
		sleep: async (ms, signal) => {
			if (ms === 60_000)
				await new Promise((_resolve, reject) =>
					signal!.addEventListener('abort', () => reject(signal!.reason as Error)),
				);
			slept.push(ms);
		},
	};
	let file: Downloaded['file'];
	const keep = async (given: VideoFile) => {
		const { stream: _stream, ...rest } = given;
		file = rest;
		return await save(given);
	};
	const ended = await downloadVideo(localGpu, { baseUrl: BASE }, job, host, keep, options).then(
		({ saved, job: found }) => ({ bytes: saved, job: found }),
		(error: DownloadError) => ({ error }),
	);
	return { ...ended, ...(file ? { file } : {}), requests, slept, streams, asked };
}
const of = (type: string | undefined): Answer => ({
	headers: type === undefined ? {} : { 'content-type': type },
});

describe('the type of a video', () => {
	it.each([
		['video/mp4', 'video/mp4'],
		['Video/WebM ; codecs="vp9"', 'video/webm'],
		['image/gif', 'image/gif'],
		['application/octet-stream', 'video/quicktime'],
		['binary/octet-stream', 'video/quicktime'],
		['application/mp4', 'video/quicktime'],
		['', 'video/quicktime'],
		[undefined, 'video/quicktime'],
	])('announced as %s is %s', async (announced, mimeType) => {
		const videos = [{ url: `${BASE}/v`, mimeType: 'video/quicktime' }];
		const { file, bytes } = await download([of(announced)], { job: jobWith({ videos }) });
		expect([file?.mimeType, bytes]).toEqual([mimeType, 'video']);
	});

	it.each([
		...['text/html', 'application/json', 'audio/mp4', 'application/video/x', 'my-image/png'],
		...['application/octet-stream-x', 'my/application/mp4', 'x-binary/octet-stream', 'video'],
	])('is none where it is %s; the provider is asked for another address once', async (type) => {
		const { error, asked, requests } = await download([of(type)]);
		expect(error).toMatchObject({
			message: `The address of job j1's video gave ${type}, which is not a video.`,
			advice: 'Use Fetch Result with the job id to try again, or ask the provider.',
		});
		expect([asked, requests.length]).toEqual([1, 1]);
	});
});

describe('the first bytes', () => {
	it.each(['<', '{', '['])('of a video are not %s', async (first) => {
		const { error } = await download([{ body: [`${first}a`, 'b'] }]);
		expect(error?.message).toBe("The address of job j1's video gave text, which is not a video.");
	});

	it('are the only ones that are looked at', async () => {
		const body = ['v', '<', '{', '[', '<a'];
		expect((await download([{ body }])).bytes).toBe('v<{[<a');
	});
});

describe('the size of a video', () => {
	const announced = (bytes: number | string): Answer => ({
		headers: { 'content-type': 'video/mp4', 'content-length': String(bytes) },
	});
	it.each([
		[5, { sizeBytes: 5 }],
		[1, { sizeBytes: 1 }],
		['many', {}],
	])('announced as %s goes along where it is one', async (bytes, known) => {
		const { file } = await download([announced(bytes)]);
		expect(file).toStrictEqual({ mimeType: 'video/mp4', fileName: 'video-j1.mp4', ...known });
	});

	it('may be 2 GiB where nothing else is said, and what is larger is refused at once', async () => {
		expect((await download([announced(2_147_483_648)])).bytes).toBe('video');
		const { error, streams, requests } = await download([announced(2_147_483_649)]);
		expect(error).toMatchObject({
			message: 'The video of job j1 is larger than 2048 MiB.',
			advice: 'Raise Maximum Size, or use the address in the job and download it elsewhere.',
		});
		expect([streams[0]!.destroyed, requests.length]).toEqual([true, 1]);
	});

	it.each([
		[10, ['12345', '67890'], '1234567890'],
		[10, ['12345', '678901'], undefined],
		[10, ['12345678901'], undefined],
	])('of unknown length may be %i bytes: %j', async (maxBytes, body, bytes) => {
		const told = await download([{ body }], { maxBytes });
		expect(told.bytes).toBe(bytes);
		expect(told.requests).toHaveLength(1);
	});

	it('is told in whole MiB', async () => {
		const { error } = await download([announced(9 * MIB)], { maxBytes: 3.7 * MIB });
		expect(error?.message).toContain('larger than 3 MiB');
	});

	it('is none where nothing is announced, or nothing comes', async () => {
		for (const answer of [announced(0), { body: [] }]) {
			const { error, slept, streams } = await download([answer]);
			expect(error?.message).toBe('The video of job j1 came as an empty file.');
			expect(error?.advice).toBe('Use Fetch Result with the job id to download it later.');
			expect([slept, streams.length]).toEqual([[1_000, 2_000], 3]);
		}
	});

	it('is not known of what was not read', async () => {
		const { bytes } = await download([{ body: [] }], { save: async () => 'handed on' });
		expect(bytes).toBe('handed on');
	});
});

describe('an address that leads on', () => {
	const to = (location: string, status = 302): Answer => ({ status, headers: { location } });
	const hops = (count: number) => Array.from({ length: count }, (_, hop) => to(`/hop/${hop}`));

	it('is followed five times', async () => {
		const { bytes, requests, streams } = await download([...hops(5), {}]);
		expect(bytes).toBe('video');
		expect(requests.at(-1)!.url).toBe(`${BASE}/hop/4`);
		expect(streams.slice(0, 5).map(({ destroyed }) => destroyed)).not.toContain(false);
		const { error, requests: six } = await download([...hops(6), {}]);
		expect(error?.message).toMatch(/answered with HTTP 302\.$/);
		expect(six).toHaveLength(6);
	});

	it.each([
		[299, false],
		[300, true],
		[399, true],
		[400, false],
	])('does so with HTTP %i: %s', async (status, leads) => {
		const { requests } = await download([to('/next', status), {}]);
		expect(requests.map(({ url }) => url)).toEqual([
			...[`${BASE}/v.mp4`, ...(leads ? [`${BASE}/next`] : [])],
		]);
	});

	it('takes no key along, whatever host is behind it', async () => {
		const videos = [{ url: '/v.mp4', mimeType: 'video/mp4', requiresKey: true as const }];
		const { requests } = await download([to('/next'), {}], { job: jobWith({ videos }) });
		expect(requests).toEqual([
			{ method: 'GET', url: `${BASE}/v.mp4`, authenticate: true },
			{ method: 'GET', url: `${BASE}/next`, authenticate: false },
		]);
		const foreign = [{ ...videos[0]!, url: 'https://files.example.com/v.mp4' }];
		const elsewhere = await download([{}], { job: jobWith({ videos: foreign }) });
		expect(elsewhere.requests[0]!.authenticate).toBe(false);
		expect((await download([{}])).requests[0]!.authenticate).toBe(false);
	});

	it.each(['ftp://files.example.com/v', 'data:video/mp4;base64,AA', 'xhttp://a.example/'])(
		'is not followed to %s',
		async (location) => {
			const { error } = await download([to(location), {}]);
			expect(error?.message).toContain('leads on to something that is no web address');
			expect(error?.advice).toContain('Fetch Result');
		},
	);
});

describe('an address that answers with an error', () => {
	it.each([
		[199, 1],
		[300, 1],
		[400, 1],
		[418, 1],
		[429, 3],
		[499, 1],
		[500, 3],
		[599, 3],
	])('(HTTP %i) is asked %i times, a second and two apart', async (status, times) => {
		const { error, requests, slept, asked, streams } = await download([{ status }]);
		expect(error?.message).toBe(
			`The video of job j1 could not be downloaded: its address answered with HTTP ${status}.`,
		);
		expect(error?.advice).toBe('Use Fetch Result with the job id to download it later.');
		expect(requests).toHaveLength(times);
		expect(slept).toEqual([1_000, 2_000].slice(0, times - 1));
		expect(asked).toBe(0);
		expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
	});

	it.each([200, 206, 299])('(HTTP %i) is none', async (status) => {
		expect((await download([{ status }])).bytes).toBe('video');
	});

	const fetchedWith = (status: string): Reply => ({
		...{ status: 200, headers: {} },
		body: { id: 'j1', status, url: `${BASE}/new.mp4` },
	});

	it.each([401, 403, 404, 410])(
		'(HTTP %i) has expired: a new one is asked for, once',
		async (status) => {
			const fetched = fetchedWith('completed');
			const good = await download([{ status }, {}], { fetched });
			expect(good.bytes).toBe('video');
			expect(good.requests.map(({ url }) => url)).toEqual([`${BASE}/v.mp4`, `${BASE}/new.mp4`]);
			expect(good.job?.videos[0]?.url).toBe(`${BASE}/new.mp4`);
			const bad = await download([{ status }], { fetched });
			expect([bad.asked, bad.requests.length, bad.slept]).toEqual([1, 2, []]);
			expect(bad.error?.advice).toMatch(/has probably expired\. Ask the provider/);
		},
	);

	it('and whose job has no new one, is told as it was', async () => {
		for (const status of ['in_progress', 'failed']) {
			const { error, asked, requests } = await download([{ status: 410 }], {
				fetched: fetchedWith(status),
			});
			expect(error?.message).toContain('HTTP 410');
			expect([asked, requests.length]).toEqual([1, 1]);
		}
	});
});

describe('a download that breaks off', () => {
	const cut = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

	it('begins again, and is told in words in the end', async () => {
		expect((await download([cut, cut, {}])).bytes).toBe('video');
		const { error, requests, slept } = await download([cut]);
		expect(error).toMatchObject({
			name: 'DownloadError',
			message: "The download of job j1's video broke off (connection cut).",
			advice: 'Use Fetch Result with the job id to download it later.',
		});
		expect([requests.length, slept]).toEqual([3, [1_000, 2_000]]);
	});

	it('because the disk refuses it is told at once, with what to do', async () => {
		const full = Object.assign(new Error('ENOSPC: no, write'), {
			code: 'ENOSPC',
			syscall: 'write',
		});
		const save = async () => await Promise.reject<string>(full);
		const { error, requests } = await download([{}], { save });
		expect(error?.message).toBe(
			'The video of job j1 could not be stored: no room is left on the disk.',
		);
		expect(error?.advice).toBe(
			'Make room, or let videos be written there. Use Fetch Result with the job id to download it later.',
		);
		expect(requests).toHaveLength(1);
	});

	it('because it was stopped says so, and does not begin again', async () => {
		const signal = AbortSignal.abort(new Error('Stopped by its user'));
		const { error, requests } = await download([cut], { signal });
		expect(error).toBe(cut);
		expect(requests).toHaveLength(1);
	});

	it('is a failure of a job that is paid', () => {
		expect(downloadFailure(new DownloadError('Broke off.', 'Later.'))).toMatchObject({
			...{ code: 'network', message: 'Broke off.', advice: 'Later.', accepted: 'yes' },
		});
		expect(new DownloadError('a', 'b')).toMatchObject({ passing: false, gone: false });
	});

	it('because the host gives no stream of Node is a fault of the host', async () => {
		const host: Host & { stream: HttpStream } = {
			...virtualHost(localGpu, 'a-key'),
			stream: async () => ({
				...{ status: 200, headers: { 'content-type': 'video/mp4' } },
				stream: { destroy: () => undefined } as never,
			}),
		};
		const saved = downloadVideo(localGpu, { baseUrl: BASE }, jobWith(), host, async () => 'saved');
		await expect(saved).rejects.toThrow('not a Node stream');
	});
});

describe('the name of a file', () => {
	it.each([
		['j1', {}, 'video-j1.mp4'],
		['a b/ü:c', {}, 'video-a-b-c.mp4'],
		['A.b_c-9', {}, 'video-A.b_c-9.mp4'],
		['x'.repeat(99), {}, `video-${'x'.repeat(80)}.mp4`],
		['j1', { fileName: 'Boat' }, 'Boat.mp4'],
	])('of job %s is by its id, or the one that was wished', async (jobId, options, fileName) => {
		expect((await download([{}], { job: jobWith({ jobId }), ...options })).file).toMatchObject({
			fileName,
		});
	});

	it('bears the number of the video, from the second on', async () => {
		const video = jobWith().videos[0]!;
		const job = jobWith({ videos: [video, { ...video, url: `${BASE}/second.gif` }] });
		const { file, requests } = await download([of('image/gif')], { job, index: 1 });
		expect([file?.fileName, requests[0]!.url]).toEqual(['video-j1-2.gif', `${BASE}/second.gif`]);
	});

	it('is of no use where there is no such video', async () => {
		for (const options of [{ index: 1 }, { job: jobWith({ videos: [] }) }]) {
			const { error, requests } = await download([{}], options);
			expect(error).toMatchObject({
				...{ message: 'Job j1 has no video to download.', advice: 'Fetch the job again later.' },
			});
			expect(requests).toEqual([]);
		}
	});
});

describe('all videos of a job', () => {
	const all = async (videos: Job['videos'], options: DownloadOptions = {}) => {
		const urls: string[] = [];
		const host: Host & { stream: HttpStream } = {
			...virtualHost(localGpu, 'a-key'),
			sleep: async (_ms, signal) =>
				await new Promise((_resolve, reject) =>
					signal!.addEventListener('abort', () => reject(signal!.reason as Error)),
				),
			async http() {
				const body = { id: 'j1', status: 'completed', url: `${BASE}/new` };
				return { status: 200, headers: {}, body };
			},
			async stream({ url }) {
				urls.push(url);
				const status = url.endsWith('/expired') ? 410 : 200;
				const headers = { 'content-type': 'video/mp4' };
				return { status, headers, stream: Readable.from([Buffer.from('video')]) };
			},
		};
		const save = async ({ fileName }: VideoFile, index: number) => `${index} ${fileName}`;
		const job = jobWith({ videos });
		const account = { baseUrl: BASE };
		const { saved, job: found } = await downloadVideos(localGpu, account, job, host, save, options);
		return { saved, urls, found };
	};
	const at = (path: string) => ({ url: `${BASE}/${path}`, mimeType: 'video/mp4' });

	it('are saved one after the other, with their numbers', async () => {
		const two = await all([at('a'), at('b')]);
		expect(two.saved).toEqual(['0 video-j1.mp4', '1 video-j1-2.mp4']);
		expect(two.urls).toEqual([`${BASE}/a`, `${BASE}/b`]);
		const named = await all([at('a'), at('b')], { fileName: 'Boat' });
		expect(named.saved).toEqual(['0 Boat.mp4', '1 Boat-2.mp4']);
		expect((await all([at('a')])).saved).toHaveLength(1);
	});

	it('are by the addresses that work', async () => {
		const { urls, found } = await all([at('expired')]);
		expect(urls).toEqual([`${BASE}/expired`, `${BASE}/new`]);
		expect(found.videos.map(({ url }) => url)).toEqual([`${BASE}/new`]);
	});

	it('are told about where there is none', async () => {
		await expect(all([])).rejects.toThrow('Job j1 has no video to download.');
	});
});
