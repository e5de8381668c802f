/** A job, and its video where wanted, as an n8n item. */
import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import { DownloadError, downloadVideo } from '../../jobs/download';
import type { Account } from '../../jobs/http';
import { failure } from '../../providers/failures';
import type { Job, Provider } from '../../providers/contract';
import { ItemError, providerFailure } from './errors';
import type { N8nHost } from './host';

type BinarySource = Parameters<IExecuteSingleFunctions['helpers']['prepareBinaryData']>[0];

export interface DownloadChoice {
	binaryProperty: string;
	maxBytes: number;
	fileName?: string;
}

export const jobItem = (job: Job, itemIndex: number): INodeExecutionData => ({
	json: job as unknown as IDataObject,
	pairedItem: { item: itemIndex },
});

/** The finished job as an item, its video streamed into n8n's binary storage. */
export async function videoItem(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	job: Job,
	host: N8nHost,
	choice: DownloadChoice,
): Promise<INodeExecutionData> {
	const { saved, job: current } = await downloadVideo(
		provider,
		account,
		job,
		host,
		async ({ stream, fileName, mimeType }) =>
			await context.helpers.prepareBinaryData(
				stream as unknown as BinarySource,
				fileName,
				mimeType,
			),
		{
			maxBytes: choice.maxBytes,
			...(choice.fileName ? { fileName: choice.fileName } : {}),
			...signalOf(context),
		},
	).catch((error: unknown) => {
		if (!(error instanceof DownloadError)) throw error;
		const problem = failure('network', error.message, { accepted: 'yes', advice: error.advice });
		throw new ItemError(providerFailure(provider.id, problem, job));
	});
	return {
		...jobItem(current, context.getItemIndex()),
		binary: { [choice.binaryProperty]: saved },
	};
}

export function signalOf(context: IExecuteSingleFunctions): { signal?: AbortSignal } {
	const signal = context.getExecutionCancelSignal?.();
	return signal ? { signal } : {};
}
