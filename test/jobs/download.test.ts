import { EventEmitter, once } from 'node:events';
import { createServer, get, type RequestListener, type Server } from 'node:http';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import {
	downloadVideo,
	downloadVideos,
	type DownloadOptions,
	type VideoFile,
} from '../../jobs/download';
import type { Host, HttpStream } from '../../jobs/host';
import type { Job } from '../../providers/contract';
import { newJob } from '../../providers/replies/job';
import { novita } from '../../providers/novita';
import { TINY_MP4 } from '../simulators/files';
import { closeServer, listen } from '../simulators/http';
import { START_MS, virtualHost } from '../support/virtualClock';

let server: Server;
let origin: string;
let asked: string[];
afterEach(async () => await closeServer(server));

async function serve(listener: RequestListener): Promise<void> {
	asked = [];
	server = createServer((request, response) => {
		asked.push(request.url ?? '');
		listener(request, response);
	});
	origin = await listen(server);
}

const stream: HttpStream = async ({ url }) =>
	await new Promise((resolve, reject) => {
		get(url, (reply) => {
			const headers = reply.headers as Record<string, string>;
			resolve({ status: reply.statusCode ?? 0, headers, stream: reply });
		}).on('error', reject);
	});

/** Time passes in sleeps only, but what is on its way arrives first. */
function hostOf(): Host & { stream: HttpStream; slept: number[] } {
	const host = virtualHost(novita, 'a-key');
	const sleep: Host['sleep'] = async (ms, signal) => {
		await new Promise((resolve) => setTimeout(resolve, 30));
		await host.sleep(ms, signal);
	};
	return { ...host, sleep, stream };
}

/** Never over by itself. */
const untilAborted =
	(began: (signal: AbortSignal) => void): Host['sleep'] =>
	async (_ms, signal) =>
		await new Promise((_resolve, reject) => {
			signal?.addEventListener('abort', () => reject(signal.reason as Error));
			began(signal as AbortSignal);
		});

const finished = (): Job => ({
	...newJob('novita', 'j1', START_MS),
	status: 'succeeded',
	videos: [{ url: `${origin}/v.mp4`, mimeType: 'video/mp4' }],
});

async function whole(source: unknown): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of source as Readable) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

async function download(
	options: DownloadOptions = {},
	host: Host & { stream: HttpStream } = hostOf(),
	save = async ({ stream: video }: VideoFile) => await whole(video),
) {
	return await downloadVideo(novita, { baseUrl: origin }, finished(), host, save, options);
}

const VIDEO = { 'content-type': 'video/mp4' };

describe('what is no video', () => {
	it.each<[string, RequestListener]>([
		['an announced empty file', (_, reply) => void reply.writeHead(200, VIDEO).end()],
		['nothing, with HTTP 204', (_, reply) => void reply.writeHead(204).end()],
		[
			'an empty file of unknown size',
			(_, reply) => {
				reply.writeHead(200, { ...VIDEO, 'transfer-encoding': 'chunked' });
				reply.end();
			},
		],
	])('is %s', async (_what, listener) => {
		await serve(listener);
		await expect(download()).rejects.toMatchObject({
			message: 'The video of job j1 came as an empty file.',
			advice: expect.stringContaining('Fetch Result') as string,
		});
		// It may be there a moment later.
		expect(asked).toEqual(['/v.mp4', '/v.mp4', '/v.mp4']);
	});

	it.each([
		['a message without a type', {}, '{"status":"error"}'],
		['a list that calls itself bytes', { 'content-type': 'application/octet-stream' }, '[]'],
		['a page that calls itself a video', VIDEO, '<!DOCTYPE html>'],
	])('is %s', async (_what, headers, body) => {
		await serve(({ url }, reply) => {
			if (url === '/v.mp4') reply.writeHead(200, headers).end(body);
			else reply.writeHead(404).end();
		});
		await expect(download()).rejects.toMatchObject({
			message: "The address of job j1's video gave text, which is not a video.",
		});
		// The provider is asked for another address, once.
		expect(asked.filter((url) => url.startsWith('/v3/'))).toHaveLength(1);
	});

	it.each(['data:video/mp4;base64,AAAA', 'file:///etc/passwd', 'http://['])(
		'is what a redirect to %s leads to',
		async (location) => {
			await serve((_, reply) => void reply.writeHead(302, { location }).end());
			await expect(download()).rejects.toMatchObject({
				message: "The address of job j1's video leads on to something that is no web address.",
			});
			expect(asked).toEqual(['/v.mp4']);
		},
	);
});

describe('a server that falls silent in the middle', () => {
	const half = TINY_MP4.subarray(0, 1000);
	const stall: RequestListener = (_, reply) => {
		reply.writeHead(200, { ...VIDEO, 'content-length': TINY_MP4.length });
		reply.write(half);
	};

	it('is not waited for, and the download begins again', async () => {
		let calls = 0;
		await serve((request, reply) => {
			calls += 1;
			if (calls === 1) stall(request, reply);
			else reply.writeHead(200, VIDEO).end(TINY_MP4);
		});
		const { saved } = await download();
		expect(saved.equals(TINY_MP4)).toBe(true);
	});

	it('is told with the job when it happens again and again', async () => {
		await serve(stall);
		await expect(download()).rejects.toMatchObject({
			message: "The download of job j1's video stood still for 60 seconds.",
		});
		expect(asked).toHaveLength(3);
	});

	it('does not keep Stop waiting', async () => {
		await serve(stall);
		const stop = new AbortController();
		let watched = () => {};
		const began = new Promise<void>((resolve) => (watched = resolve));
		const running = download(
			{ signal: stop.signal },
			{ ...hostOf(), sleep: untilAborted(watched) },
		);
		await began;
		stop.abort();
		await expect(running).rejects.toThrow('aborted');
		expect(asked).toHaveLength(1);
	});

	it('is not one that is slow', async () => {
		let sendMore = () => {};
		await serve((_, reply) => {
			reply.writeHead(200, VIDEO).flushHeaders();
			let sent = 0;
			sendMore = () => {
				if (sent >= TINY_MP4.length) reply.end();
				else reply.write(TINY_MP4.subarray(sent, (sent += 1000)));
			};
		});
		const arrivals = new EventEmitter();
		let minutes = 0;
		// Every minute brings a piece.
		const sleep = async () => {
			minutes += 1;
			const arrived = once(arrivals, 'piece');
			sendMore();
			await arrived;
		};
		const { saved } = await download({}, { ...hostOf(), sleep }, async ({ stream }) => {
			const pieces: Buffer[] = [];
			for await (const piece of stream) {
				pieces.push(Buffer.from(piece));
				arrivals.emit('piece');
			}
			return Buffer.concat(pieces);
		});
		expect(saved.equals(TINY_MP4)).toBe(true);
		expect(minutes).toBeGreaterThan(TINY_MP4.length / 1000);
	});

	it('is not one that has sent all, while the host still stores it', async () => {
		await serve((_, reply) => void reply.writeHead(200, VIDEO).end(TINY_MP4));
		const host = hostOf();
		const { saved } = await download({}, host, async ({ stream }) => {
			const bytes = await whole(stream);
			while (host.slept.length < 5) await new Promise((resolve) => setImmediate(resolve));
			return bytes;
		});
		expect(saved.equals(TINY_MP4)).toBe(true);
		expect(asked).toHaveLength(1);
	});
});

it.each([
	['ENOSPC', 'no room is left on the disk'],
	['EROFS', 'the disk is read-only'],
	['EACCES', 'access denied'],
])('tells at once of a disk that refuses the video (%s)', async (code, words) => {
	await serve((_, reply) => void reply.writeHead(200, VIDEO).end(Buffer.alloc(64, 1)));
	const refused = Object.assign(new Error(`${code}: no, write`), { code, syscall: 'write' });
	const save = async () => await Promise.reject<Buffer>(refused);
	await expect(download({}, hostOf(), save)).rejects.toMatchObject({
		message: `The video of job j1 could not be stored: ${words}.`,
		advice: expect.stringContaining('Fetch Result') as string,
	});
	expect(asked).toEqual(['/v.mp4']);
});

it('leaves no watch behind', async () => {
	await serve((_, reply) => void reply.writeHead(200, VIDEO).end(TINY_MP4));
	const signals: AbortSignal[] = [];
	await download({}, { ...hostOf(), sleep: untilAborted((signal) => signals.push(signal)) });
	expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

it('refuses a file of unknown size once too much has come', async () => {
	await serve((_, reply) => {
		reply.writeHead(200, VIDEO);
		reply.write(TINY_MP4.subarray(0, 5));
		setTimeout(() => reply.end(TINY_MP4), 10);
	});
	await expect(download({ maxBytes: 10 })).rejects.toMatchObject({
		message: expect.stringContaining('is larger than') as string,
	});
	expect(asked).toHaveLength(1);
});

describe('an address that answers with an error', () => {
	it('is not taken for a video, whatever type it calls itself, and is asked again', async () => {
		await serve((_, reply) => void reply.writeHead(503, VIDEO).end(TINY_MP4));
		await expect(download()).rejects.toMatchObject({
			message: 'The video of job j1 could not be downloaded: its address answered with HTTP 503.',
		});
		expect(asked).toEqual(['/v.mp4', '/v.mp4', '/v.mp4']);
	});

	it.each([[500], [502], [429]])(
		'(HTTP %i) and then with the video, gives the video',
		async (status) => {
			await serve((_, reply) => {
				if (asked.length === 1) reply.writeHead(status, VIDEO).end('{}');
				else reply.writeHead(200, VIDEO).end(TINY_MP4);
			});
			expect((await download()).saved).toEqual(TINY_MP4);
		},
	);

	it.each([401, 403, 404, 410])(
		'(HTTP %i) is asked for anew at the provider, once, and gives the video of the new one',
		async (status) => {
			await serve(({ url }, reply) => {
				if (url === '/v.mp4') return void reply.writeHead(status).end();
				if (url === '/new.mp4') return void reply.writeHead(200, VIDEO).end(TINY_MP4);
				const task = { task_id: 'j1', status: 'TASK_STATUS_SUCCEED' };
				const videos = [{ video_url: `${origin}/new.mp4`, video_url_ttl: '60' }];
				reply.writeHead(200, { 'content-type': 'application/json' });
				reply.end(JSON.stringify({ task, videos }));
			});
			const { saved, job } = await download();
			expect(saved).toEqual(TINY_MP4);
			expect(job.videos[0]?.url).toBe(`${origin}/new.mp4`);
			expect(asked.filter((url) => url.startsWith('/v3/'))).toHaveLength(1);
		},
	);

	it('leaves no connection open behind a video that is too large', async () => {
		let closed: () => void;
		const left = new Promise<void>((resolve) => (closed = resolve));
		await serve((_, reply) => {
			reply.on('close', () => closed());
			reply.writeHead(200, { ...VIDEO, 'content-length': String(2 ** 30) });
			reply.write(TINY_MP4);
		});
		await expect(download({ maxBytes: 1_000 })).rejects.toThrow(/larger/);
		await left;
		expect(asked).toHaveLength(1);
	});
});

describe('a job with several videos', () => {
	const several = (): Job => ({
		...finished(),
		videos: [1, 2, 3].map((number) => ({ url: `${origin}/${number}.mp4`, mimeType: 'video/mp4' })),
	});
	const all = async (options: DownloadOptions = {}) => {
		const save = async ({ stream: video, fileName }: VideoFile) => ({
			fileName,
			bytes: String(await whole(video)),
		});
		return await downloadVideos(novita, { baseUrl: origin }, several(), hostOf(), save, options);
	};

	it('gives them all, in order, each under a name of its own', async () => {
		await serve(({ url }, reply) => reply.writeHead(200, VIDEO).end(`video ${url}`));
		expect((await all()).saved).toEqual([
			{ fileName: 'video-j1.mp4', bytes: 'video /1.mp4' },
			{ fileName: 'video-j1-2.mp4', bytes: 'video /2.mp4' },
			{ fileName: 'video-j1-3.mp4', bytes: 'video /3.mp4' },
		]);
		const named = await all({ fileName: 'A boat.mp4' });
		expect(named.saved.map(({ fileName }) => fileName)).toEqual([
			'A boat.mp4',
			'A boat-2.mp4',
			'A boat-3.mp4',
		]);
	});

	it('is told about where one of them can not be had', async () => {
		await serve(({ url }, reply) => {
			if (url === '/2.mp4') reply.writeHead(404).end();
			else reply.writeHead(200, VIDEO).end('video');
		});
		await expect(all()).rejects.toMatchObject({
			message: expect.stringContaining('job j1') as string,
		});
	});
});
