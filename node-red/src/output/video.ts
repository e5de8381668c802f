/** What becomes of a finished job in `msg.payload`: the job itself, or its video as a file, a Buffer or a stream. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
	DownloadError,
	downloadFailure,
	downloadVideo,
	type VideoFile,
} from '../../../jobs/download';
import type { Job } from '../../../providers/contract';
import type { AccountHandle } from '../account/account';
import type { Message } from '../messages/message';
import { asJobError, JobError } from '../messages/errors';

export type OutputMode = 'job' | 'file' | 'buffer' | 'stream';

/** Decided before anything is submitted. Plain JSON, kept beside a pending job. */
export interface OutputPlan {
	mode: OutputMode;
	/** Absolute path, for `file`. A folder where it ends with a slash or is one; the file is then named by the job. */
	filename?: string;
	maxBytes: number;
}

const MIB = 1024 ** 2;
/** A Buffer lies in memory, once for each node that the message is sent to. */
export const DEFAULT_BUFFER_MIB = 64;
export const DEFAULT_FILE_MIB = 2048;

export const maxBytesOf = (mode: OutputMode, maximumMib: number | undefined): number =>
	(maximumMib ?? (mode === 'buffer' ? DEFAULT_BUFFER_MIB : DEFAULT_FILE_MIB)) * MIB;

/**
 * Puts the job, and its video where it has one and that is wanted, into the message.
 *
 * @throws JobError with the job's id; the job itself stays good and can be fetched again
 */
export async function fillMessage(
	msg: Message,
	finished: Job,
	plan: OutputPlan,
	{ provider, account, host }: AccountHandle,
	signal: AbortSignal,
): Promise<Message> {
	if (finished.status !== 'succeeded' || plan.mode === 'job') {
		msg.payload = finished;
		msg.job = finished;
		return msg;
	}
	try {
		const { saved, job } = await downloadVideo(
			provider,
			account,
			finished,
			host,
			async (file) => await save(file, plan, finished, signal),
			{ maxBytes: plan.maxBytes, signal },
		);
		msg.payload = saved;
		if (plan.mode === 'file') msg.filename = saved;
		msg.job = job;
		return msg;
	} catch (error) {
		if (signal.aborted) throw error;
		if (!(error instanceof DownloadError)) throw asJobError(error, finished);
		throw new JobError(downloadFailure(error), finished);
	}
}

async function save(file: VideoFile, plan: OutputPlan, job: Job, signal: AbortSignal) {
	switch (plan.mode) {
		case 'stream':
			return file.stream;
		case 'buffer':
			return await toBuffer(file);
		default:
			return await toFile(file, plan.filename ?? '', job, signal);
	}
}

async function toBuffer({ stream }: VideoFile): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of stream) chunks.push(chunk);
	return Buffer.concat(chunks);
}

/** Under another name until it is whole, so that nobody reads half a video. */
async function toFile(
	{ stream, fileName }: VideoFile,
	wanted: string,
	job: Job,
	signal: AbortSignal,
): Promise<string> {
	const target = (await isFolder(wanted)) ? path.join(wanted, fileName) : wanted;
	const unfinished = `${target}.${job.jobId.replace(/[^\w-]+/g, '-').slice(0, 40)}.part`;
	try {
		await mkdir(path.dirname(target), { recursive: true });
		await pipeline(stream, createWriteStream(unfinished), { signal });
		await rename(unfinished, target);
		return target;
	} catch (error) {
		stream.destroy();
		await rm(unfinished, { force: true });
		throw diskProblem(error, target, job) ?? error;
	}
}

async function isFolder(name: string): Promise<boolean> {
	if (/[\\/]$/.test(name)) return true;
	try {
		return (await stat(name)).isDirectory();
	} catch {
		return false;
	}
}

/** Trying the download again does not help where the disk is what fails. */
function diskProblem(error: unknown, target: string, job: Job): DownloadError | undefined {
	const { code, syscall, message } = error as NodeJS.ErrnoException;
	const onDisk = /^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT|ENOTDIR|EISDIR|ENOENT|EMFILE|ENAMETOOLONG)$/;
	if (!code || !syscall || !onDisk.test(code)) return undefined;
	return new DownloadError(
		`The video of job ${job.jobId} could not be written to ${target} (${message}).`,
		'Choose another file name or make room, then fetch the job again with its id.',
	);
}
