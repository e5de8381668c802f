/**
 * A finished job's video as a stream into the host's storage. No key goes to a result host, redirects are followed
 * without it, a page, an error message or nothing at all is not taken for a video, a server that falls silent is not
 * waited for, and an expired URL is asked for once more.
 */
import type { Job, Provider, ProviderFailure, Video } from '../providers/contract';
import { absoluteUrl, mayCarryKey } from '../providers/hosts';
import { failure } from '../providers/replies/failures';
import { type Account, type ByteStream, type Clock, type Host, type HttpStream } from './host';
import { fileNameOf, numbered } from './fileName';
import { diskProblem } from './systemErrors';
import { transportFailure } from './transportErrors';
import { pollOnce } from './poll';

const DEFAULT_MAX_BYTES = 2 * 1024 ** 3;
const MAX_REDIRECTS = 5;
const MAX_ATTEMPTS = 3;
const RETRY_DELAY_MS = 1_000;
const GONE = new Set([401, 403, 404, 410]);
/** A server that sends nothing for this long sends no more. n8n itself would wait for ever. */
const LONGEST_SILENCE_MS = 60_000;
/** `<`, `{` and `[`: no video begins like a page or a message. */
const TEXT_STARTS = new Set([0x3c, 0x7b, 0x5b]);
/** The general advice; the node that fetches says it in its own words. */
export const LATER = 'Use Fetch Result with the job id to download it later.';

export interface VideoFile {
	stream: ByteStream;
	fileName: string;
	mimeType: string;
	/** As announced; absent where the server does not say. */
	sizeBytes?: number;
}

export interface DownloadOptions {
	/** A larger file is refused, by its announced size or while it arrives. */
	maxBytes?: number;
	signal?: AbortSignal;
	/** Of the first video; the others get a number behind it. */
	fileName?: string;
	/** Which of the job's videos; the first where left out. */
	index?: number;
}

export class DownloadError extends Error {
	override name = 'DownloadError';
	constructor(
		message: string,
		readonly advice: string,
		readonly passing = false,
		readonly gone = false,
	) {
		super(message);
	}
}

/** What a download that failed means for its job: the video is paid for and can be fetched again. */
export const downloadFailure = ({ message, advice }: DownloadError): ProviderFailure =>
	failure('network', message, { accepted: 'yes', advice });

/**
 * @param save stores the stream to its end; called again from the start where a download broke in between
 * @returns what `save` gave, and the job with the URL that worked
 * @throws DownloadError naming the job; the job itself stays good
 */
export async function downloadVideo<T>(
	provider: Provider,
	account: Account,
	finished: Job,
	host: Host & { stream: HttpStream },
	save: (file: VideoFile) => Promise<T>,
	options: DownloadOptions = {},
): Promise<{ saved: T; job: Job }> {
	let job = finished;
	let refetched = false;
	for (let attempt = 1; ; attempt += 1) {
		try {
			const { file, flow } = await open(provider, account, job, host, options);
			const saved = await whileItFlows(save(file), flow, job, host, options.signal);
			if (flow.hasEnded() && flow.bytes() === 0) throw emptyFile(job);
			return { saved, job };
		} catch (error) {
			if (options.signal?.aborted) throw error;
			const problem = asDownloadError(error, job);
			if (problem.gone && !refetched) {
				refetched = true;
				const reading = await pollOnce(
					provider,
					account,
					{ ...job, status: 'processing' },
					host,
					options.signal,
				);
				if (reading.job?.status === 'succeeded') {
					job = reading.job;
					continue;
				}
			}
			if (!problem.passing || attempt >= MAX_ATTEMPTS) throw problem;
			await host.sleep(RETRY_DELAY_MS * attempt, options.signal);
		}
	}
}

/**
 * All videos of a job, one after the other: many models make several of one prompt.
 *
 * @returns what `save` gave for each, in the provider's order, and the job with the URLs that worked
 * @throws DownloadError naming the job; the job itself stays good
 */
export async function downloadVideos<T>(
	provider: Provider,
	account: Account,
	finished: Job,
	host: Host & { stream: HttpStream },
	save: (file: VideoFile, index: number) => Promise<T>,
	options: Omit<DownloadOptions, 'index'> = {},
): Promise<{ saved: T[]; job: Job }> {
	const saved: T[] = [];
	let job = finished;
	// At least one, so that a job without any is told about.
	for (let index = 0; index < Math.max(1, job.videos.length); index += 1) {
		const keep = async (file: VideoFile) => await save(file, index);
		const one = await downloadVideo(provider, account, job, host, keep, { ...options, index });
		saved.push(one.saved);
		job = one.job;
	}
	return { saved, job };
}

async function open(
	provider: Provider,
	account: Account,
	job: Job,
	host: { stream: HttpStream },
	options: DownloadOptions,
): Promise<{ file: VideoFile; flow: Flow }> {
	const { index = 0 } = options;
	const video = job.videos[index];
	if (!video) {
		throw new DownloadError(
			`Job ${job.jobId} has no video to download.`,
			'Fetch the job again later.',
		);
	}
	const reply = await follow(provider, account, job, video, host, options.signal);
	const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
	try {
		checkStatus(reply.status, job);
		const mimeType = videoType(reply.headers['content-type'], video, job);
		const sizeBytes = Number(reply.headers['content-length'] ?? Number.NaN);
		if (sizeBytes > maxBytes) throw tooLarge(job, maxBytes);
		if (sizeBytes === 0) throw emptyFile(job);
		const flow = flowOf(reply.stream, job, maxBytes);
		const file = {
			stream: flow.stream,
			mimeType,
			fileName: numbered(fileNameOf(options.fileName ?? safeName(job), mimeType), index),
			...(Number.isFinite(sizeBytes) ? { sizeBytes } : {}),
		};
		return { file, flow };
	} catch (error) {
		reply.stream.destroy();
		throw error;
	}
}

async function follow(
	provider: Provider,
	account: Account,
	job: Job,
	video: Video,
	host: { stream: HttpStream },
	signal?: AbortSignal,
) {
	let url = absoluteUrl(video.url, account.baseUrl);
	let authenticate =
		video.requiresKey === true && mayCarryKey(url, account.baseUrl, provider.account.keyHosts);
	for (let hop = 0; ; hop += 1) {
		const reply = await host.stream({ method: 'GET', url, authenticate }, signal);
		const location = reply.headers.location;
		if (reply.status < 300 || reply.status >= 400 || !location || hop >= MAX_REDIRECTS)
			return reply;
		reply.stream.destroy();
		url = nextAddress(location, url, job);
		authenticate = false;
	}
}

/** Only to other web addresses: a `data:` address would be a video of the sender's own making. */
function nextAddress(location: string, from: string, job: Job): string {
	const next = URL.canParse(location, from) ? new URL(location, from) : undefined;
	if (next && /^https?:$/.test(next.protocol)) return next.toString();
	throw new DownloadError(
		`The address of job ${job.jobId}'s video leads on to something that is no web address.`,
		LATER,
	);
}

function checkStatus(status: number, job: Job): void {
	if (status >= 200 && status < 300) return;
	const gone = GONE.has(status);
	throw new DownloadError(
		`The video of job ${job.jobId} could not be downloaded: its address answered with HTTP ${status}.`,
		gone
			? 'The address has probably expired. Ask the provider for the file with the job id.'
			: LATER,
		status >= 500 || status === 429,
		gone,
	);
}

/** The type to store. Unspecific types are replaced by what the provider said; pages and messages are refused. */
function videoType(header: string | undefined, video: Video, job: Job): string {
	const type = header?.split(';')[0]?.trim().toLowerCase() ?? '';
	if (/^(video|image)\//.test(type)) return type;
	if (
		type === '' ||
		/^(application\/octet-stream|binary\/octet-stream|application\/mp4)$/.test(type)
	) {
		return video.mimeType;
	}
	throw notAVideo(job, type);
}

/** Counts as gone, so that the provider is asked for another address once. */
const notAVideo = (job: Job, what: string): DownloadError =>
	new DownloadError(
		`The address of job ${job.jobId}'s video gave ${what}, which is not a video.`,
		'Use Fetch Result with the job id to try again, or ask the provider.',
		false,
		true,
	);

const emptyFile = (job: Job): DownloadError =>
	new DownloadError(`The video of job ${job.jobId} came as an empty file.`, LATER, true);

const tooLarge = (job: Job, maxBytes: number): DownloadError =>
	new DownloadError(
		`The video of job ${job.jobId} is larger than ${Math.floor(maxBytes / 1024 ** 2)} MiB.`,
		'Raise Maximum Size, or use the address in the job and download it elsewhere.',
	);

/** A reply's bytes on their way into the host's storage. */
interface Flow {
	/** Ends with an error where more arrives than allowed, or something that is no video. */
	stream: ByteStream;
	/** How much has passed. */
	bytes(): number;
	/** Read to its end. */
	hasEnded(): boolean;
}

function flowOf(source: ByteStream, job: Job, maxBytes: number): Flow {
	let seen = 0;
	const readable = source as ByteStream & {
		map?: (fn: (chunk: Uint8Array) => Uint8Array) => ByteStream & { readableEnded?: boolean };
	};
	if (!readable.map) throw new TypeError('The host gave a stream that is not a Node stream');
	const stream = readable.map((chunk) => {
		if (seen === 0 && TEXT_STARTS.has(chunk[0] as number)) throw notAVideo(job, 'text');
		seen += chunk.byteLength;
		if (seen > maxBytes) throw tooLarge(job, maxBytes);
		return chunk;
	});
	return { stream, bytes: () => seen, hasEnded: () => stream.readableEnded === true };
}

/** @throws DownloadError where nothing came for too long, or what the signal was aborted with */
async function whileItFlows<T>(
	work: Promise<T>,
	flow: Flow,
	job: Job,
	clock: Clock,
	signal?: AbortSignal,
): Promise<T> {
	const over = new AbortController();
	const either = AbortSignal.any([over.signal, ...(signal ? [signal] : [])]);
	const watch = async (): Promise<never> => {
		// Once all is there, the host may take its time to store it.
		for (let before = -1; flow.bytes() > before || flow.hasEnded();) {
			before = flow.bytes();
			await clock.sleep(LONGEST_SILENCE_MS, either);
		}
		throw new DownloadError(
			`The download of job ${job.jobId}'s video stood still for ${LONGEST_SILENCE_MS / 1000} seconds.`,
			LATER,
			true,
		);
	};
	try {
		return await Promise.race([work, watch()]);
	} catch (error) {
		// Without an error: where nobody reads, it would end the whole process.
		flow.stream.destroy();
		throw error;
	} finally {
		over.abort();
	}
}

function asDownloadError(error: unknown, job: Job): DownloadError {
	if (error instanceof DownloadError) return error;
	const onDisk = diskProblem(error);
	if (onDisk) {
		return new DownloadError(
			`The video of job ${job.jobId} could not be stored: ${onDisk}.`,
			`Make room, or let videos be written there. ${LATER}`,
		);
	}
	const { message } = transportFailure(error);
	return new DownloadError(
		`The download of job ${job.jobId}'s video broke off (${message}).`,
		LATER,
		true,
	);
}

const safeName = (job: Job): string =>
	`video-${job.jobId.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80)}`;
