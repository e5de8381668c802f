/** A job, and its video where wanted, as an n8n item. */
import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteSingleFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { DownloadError, downloadFailure, downloadVideos, LATER } from '../../jobs/download';
import type { Account } from '../../jobs/host';
import { isFinal, type Job, type Provider } from '../../providers/contract';
import { ItemError, providerFailure } from './errors';
import type { N8nHost } from './host';

type BinarySource = Parameters<IExecuteSingleFunctions['helpers']['prepareBinaryData']>[0];

interface BinaryContext {
	helpers: Pick<IExecuteSingleFunctions['helpers'], 'prepareBinaryData'>;
}

export interface DownloadChoice {
	binaryProperty: string;
	maxBytes: number;
	fileName?: string;
}

const RUN_AGAIN = 'Run this node again later: the video is paid for and stays the same.';

/** Without a place on disk, n8n keeps a file as one text, four letters for three bytes; Node.js has none over 512 MiB. */
const MAX_BYTES_IN_MEMORY = 384 * 1024 ** 2;

const tooLargeForMemory = (job: Job): DownloadError =>
	new DownloadError(
		`The video of job ${job.jobId} is too large for n8n to keep in memory.`,
		'Let n8n keep files on disk (N8N_DEFAULT_BINARY_DATA_MODE=filesystem), or turn off Download Video and use the address in the job.',
	);

const NOT_DONE = 'The video is not done yet. Get it with Fetch Result and this job.';

/** `finished` is what an IF node asks; `status` says how it ended. */
export function jobItem(job: Job, itemIndex: number): INodeExecutionData {
	const finished = isFinal(job.status);
	const asked = job.askedAt ? ` The provider was last asked at ${job.askedAt}.` : '';
	const json = { ...job, finished, hint: `${NOT_DONE}${asked}` } as unknown as IDataObject;
	// A job that an earlier step gave may still bear the words of that step.
	if (finished) delete json.hint;
	return { json, pairedItem: { item: itemIndex } };
}

/** The finished job as an item, its video streamed into n8n's binary storage. */
export async function videoItem(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	job: Job,
	host: N8nHost,
	choice: DownloadChoice,
): Promise<INodeExecutionData> {
	const { signal } = signalOf(context);
	const storing = storeVideo(context, provider, account, job, host, choice, signal);
	const stored = await storing.catch((error: unknown) => {
		if (!(error instanceof DownloadError)) throw error;
		const failed = downloadFailure(error);
		const isFetch = context.getNode().type.includes('FetchResult');
		const advice = isFetch ? failed.advice.replace(LATER, RUN_AGAIN) : failed.advice;
		throw new ItemError(providerFailure(provider, { ...failed, advice }, job));
	});
	return { ...jobItem(stored.job, context.getItemIndex()), binary: stored.binary };
}

/**
 * @returns the files, the first under its field's name and the others under `data_1`, `data_2`, …; and the job with the
 * addresses that worked
 * @throws DownloadError
 */
export async function storeVideo(
	context: BinaryContext,
	provider: Provider,
	account: Account,
	job: Job,
	host: N8nHost,
	{ binaryProperty, maxBytes, fileName: chosenName }: DownloadChoice,
	signal?: AbortSignal,
): Promise<{ job: Job; binary: IBinaryKeyData }> {
	const { saved, job: current } = await downloadVideos(
		provider,
		account,
		job,
		host,
		async ({ stream, fileName, mimeType, sizeBytes = 0 }) => {
			if (sizeBytes > MAX_BYTES_IN_MEMORY && (await isKeptInMemory(context))) {
				throw tooLargeForMemory(job);
			}
			return await context.helpers
				.prepareBinaryData(stream as unknown as BinarySource, fileName, mimeType)
				.catch((error: NodeJS.ErrnoException) => {
					throw error.code === 'ERR_STRING_TOO_LONG' ? tooLargeForMemory(job) : error;
				});
		},
		{
			maxBytes,
			...(chosenName ? { fileName: chosenName } : {}),
			...(signal ? { signal } : {}),
		},
	);
	const binary = Object.fromEntries(
		saved.map((file, index) => [index === 0 ? binaryProperty : `${binaryProperty}_${index}`, file]),
	);
	return { job: current, binary };
}

/** n8n tells nobody where it keeps files; one that lies elsewhere has an id. */
async function isKeptInMemory({ helpers }: BinaryContext): Promise<boolean> {
	const small = await helpers.prepareBinaryData(Buffer.from('?'), 'size.txt', 'text/plain');
	return small.id === undefined;
}

export function signalOf(context: IExecuteSingleFunctions): { signal?: AbortSignal } {
	const signal = context.getExecutionCancelSignal?.();
	return signal ? { signal } : {};
}
