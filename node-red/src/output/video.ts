/** What becomes of a finished job in `msg.payload`: the job itself, or its video as a file, a Buffer or a stream. */
import {
	DownloadError,
	downloadFailure,
	downloadVideos,
	type VideoFile,
} from '../../../jobs/download';
import type { Job } from '../../../providers/contract';
import type { AccountHandle } from '../account/account';
import { asJobError, providerError } from '../messages/errors';
import type { Message } from '../messages/message';
import { isOurCost } from '../money/quote';
import { toBuffer } from './buffer';
import { toFile } from './file';
import type { OutputPlan } from './outputPlan';

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
	if (finished.cost && isOurCost(msg.cost)) msg.cost = finished.cost;
	if (finished.status !== 'succeeded' || plan.mode === 'job') {
		msg.payload = finished;
		msg.job = finished;
		return msg;
	}
	try {
		const { saved, job } = await downloadVideos(
			provider,
			account,
			finished,
			host,
			async (file, index) => await save(file, index, plan, finished, signal),
			{ maxBytes: plan.maxBytes, signal },
		);
		const [first] = saved;
		msg.payload = first;
		if (plan.mode === 'file') msg.filename = first;
		if (saved.length > 1) msg.videos = saved;
		msg.job = job;
		return msg;
	} catch (error) {
		if (signal.aborted) throw error;
		if (!(error instanceof DownloadError)) throw asJobError(error, finished);
		throw providerError(provider, downloadFailure(error), finished);
	}
}

async function save(
	file: VideoFile,
	index: number,
	plan: OutputPlan,
	job: Job,
	signal: AbortSignal,
) {
	switch (plan.mode) {
		case 'stream':
			return file.stream;
		case 'buffer':
			return await toBuffer(file, job);
		default:
			return await toFile(file, { name: plan.filename ?? '', index }, job, signal);
	}
}
