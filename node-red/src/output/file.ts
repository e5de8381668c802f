/** The video as a file. Under another name until it is whole, so that nobody reads half a video. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DownloadError, type VideoFile } from '../../../jobs/download';
import { diskProblem } from '../../../jobs/systemErrors';
import type { Job } from '../../../providers/contract';

/** So that the name fits with what is added to it. */
const MAX_STEM_LENGTH = 60;

/** @returns where it is */
export async function toFile(
	{ stream, fileName }: VideoFile,
	wanted: { name: string; /** Which of the job's videos. */ index: number },
	job: Job,
	signal: AbortSignal,
): Promise<string> {
	const { name, index } = wanted;
	const target = (await isFolder(name)) ? path.join(name, fileName) : numbered(name, index);
	const stem = path.basename(target).slice(0, MAX_STEM_LENGTH);
	const ofJob = job.jobId.replace(/[^\w-]+/g, '-').slice(0, 40);
	const unfinished = path.join(path.dirname(target), `${stem}.${ofJob}.part`);
	try {
		await mkdir(path.dirname(target), { recursive: true });
		await pipeline(stream, createWriteStream(unfinished), { signal });
		await rename(unfinished, target);
		return target;
	} catch (error) {
		stream.destroy();
		// Why it could not be written is what counts, not that there was nothing to clear away.
		await rm(unfinished, { force: true }).catch(() => undefined);
		throw diskError(error, target, job) ?? error;
	}
}

/** `boat.mp4` and its sisters `boat-2.mp4`, `boat-3.mp4`. In a folder they are named by their job and numbered already. */
function numbered(name: string, index: number): string {
	if (index === 0) return name;
	const { dir, name: stem, ext } = path.parse(name);
	return path.join(dir, `${stem}-${index + 1}${ext}`);
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
function diskError(error: unknown, target: string, job: Job): DownloadError | undefined {
	const reason = diskProblem(error);
	if (!reason) return undefined;
	return new DownloadError(
		`The video of job ${job.jobId} could not be written to ${target}: ${reason}.`,
		'Choose another file name or make room, then fetch the job again with its id.',
	);
}
