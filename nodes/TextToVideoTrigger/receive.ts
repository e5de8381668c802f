/**
 * One request to the trigger, from the first byte to the items that start the workflow.
 *
 * Rules that must never regress:
 * - nothing that a sender does makes this throw: n8n would answer 500 and start the workflow with an empty item;
 * - the sender is answered within a second, whatever the provider, the download or the workflow do;
 * - without the secret in the address, or the signature where there is one, nothing is read or said;
 * - with Confirm with Provider, the output is the provider's own answer.
 */
import type {
	IBinaryKeyData,
	IDataObject,
	INodeExecutionData,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import type { CallbackEvent } from '../../jobs/callback/events';
import { receiveCallback } from '../../jobs/callback/receive';
import type { DownloadError } from '../../jobs/download';
import type { Account } from '../../jobs/host';
import { parseJson } from '../../jobs/callback/parseJson';
import type { Job, Provider } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { hostOf } from '../shared/host';
import { requestSettings } from '../shared/http';
import { storeVideo } from '../shared/output';
import { downloadChoice, readOptions, type NodeOptions } from '../shared/readOptions';
import { knowsSecret, withoutAddress } from './address';
import { readBody, type BodyRequest } from './body';
import { confirmJob, type CallbackContext } from '../../jobs/callback/confirm';
import { beginDelivery, type Delivery } from './deliveries';
import { EXTRAS, extrasProperty } from './properties';
import { readCredential, recentCredential, signsMessages } from './credential';

/** Usually the provider has confirmed by then; if not, the sender does not wait for it. */
const ANSWER_WITHIN_MS = 500;
/** More deliveries than this at a time are sent away until some are confirmed. */
const MAX_WAITING = 20;
const QUESTION_TIMEOUT_MS = 20_000;

interface Extras extends NodeOptions {
	rawPayload?: boolean;
	trackingIds?: string;
}

export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		const item = await handle(context);
		return { noWebhookResponse: true, ...(item ? { workflowData: [[item]] } : {}) };
	} catch (error) {
		context.logger.error(`A message to the trigger was not handled: ${(error as Error).message}`);
		answer(context, 503, 'Try again later.', { 'Retry-After': '60' });
		return { noWebhookResponse: true };
	}
}

async function handle(context: IWebhookFunctions): Promise<INodeExecutionData | undefined> {
	const request = context.getRequestObject();
	const node = context.getNode();
	if (!knowsSecret(node, request.originalUrl)) return refuse(context, 401, 'Wrong address.');
	const provider = providerById(context.getNodeParameter('provider') as string);
	const isTest = context.getMode() === 'manual';
	const place = `${context.getWorkflow().id} ${node.id}`;
	const { account, secrets } = isTest
		? await readCredential(context, provider)
		: await recentCredential(context, provider, place, Date.now());
	if (signsMessages(provider) && secrets.length === 0) {
		context.logger.warn(`The credential for ${provider.title} has no Webhook Secret.`);
		return refuse(context, 401, 'No Webhook Secret.');
	}
	const body = await readBody(request as unknown as BodyRequest);
	if ('status' in body) return refuse(context, body.status, body.reason, body.headers);

	const extras = extrasOf(context);
	const delivery = beginDelivery(
		// What is tried in the editor is neither remembered nor held against what was.
		isTest ? undefined : place,
		isTest ? {} : context.getWorkflowStaticData('node'),
	);
	const events = context.getNodeParameter('events') as CallbackEvent[];
	const result = receiveCallback({
		provider,
		account,
		rawBody: body,
		headers: request.headers,
		secrets,
		// Whether a test event is wanted can be said once the provider was asked.
		events: [...events, 'test'],
		wants: wantsTrackingId(extras.trackingIds),
		seen: delivery.seen,
		nowMs: Date.now(),
	});
	try {
		const callback: CallbackContext = {
			provider,
			account,
			result,
			events: isTest ? [...events, 'test'] : events,
			confirm: context.getNodeParameter('confirmWithProvider', true) as boolean,
			seen: delivery.seen,
			host: hostOf(context, provider, {
				...requestSettings(context),
				timeout: QUESTION_TIMEOUT_MS,
			}),
		};
		const job = await answerAndConfirm(context, callback, delivery);
		if (!job) return undefined;
		const raw = extras.rawPayload ? { rawPayload: jsonOf(body) } : {};
		return await itemOf(context, provider, account, job, raw, extras);
	} finally {
		delivery.settle();
	}
}

/** @returns the job to start the workflow with; the sender has its answer by then */
async function answerAndConfirm(
	context: IWebhookFunctions,
	callback: CallbackContext,
	delivery: Delivery,
): Promise<Job | undefined> {
	const { result, host } = callback;
	if (!result.job) return refuse(context, result.status, result.reason);
	if (delivery.waiting() >= MAX_WAITING) {
		delivery.forget();
		return refuse(context, 429, 'Too many messages at a time.', { 'Retry-After': '60' });
	}
	const confirming = delivery.whileWaiting(async () => await confirmJob(callback));
	await Promise.race([confirming, host.sleep(ANSWER_WITHIN_MS)]);
	answer(context, result.status, result.reason);
	return await confirming;
}

async function itemOf(
	context: IWebhookFunctions,
	provider: Provider,
	account: Account,
	job: Job,
	raw: IDataObject,
	extras: Extras,
): Promise<INodeExecutionData> {
	let told = job;
	let binary: IBinaryKeyData | undefined;
	const wanted = context.getNodeParameter('downloadVideo', false) as boolean;
	if (wanted && job.status === 'succeeded' && job.videos.length > 0) {
		try {
			const host = hostOf(context, provider, requestSettings(context));
			const choice = downloadChoice(extras);
			({ job: told, binary } = await storeVideo(context, provider, account, job, host, choice));
		} catch (error) {
			// The video is paid for: the workflow gets the job, and can try the download itself.
			const { message, advice } = error as DownloadError;
			told = { ...job, warnings: [...(job.warnings ?? []), `${message} ${advice}`] };
		}
	}
	const json = withoutAddress({ ...told, ...raw } as unknown as IDataObject, context.getNode());
	return { json, ...(binary ? { binary } : {}) };
}

/** What can not be meant counts as left out: a job that was paid is not turned away for it. */
function extrasOf(context: IWebhookFunctions): Extras {
	const { options, problems } = readOptions(context.getNodeParameter(EXTRAS, {}), extrasProperty);
	for (const problem of problems) context.logger.warn(problem);
	return options;
}

function jsonOf(body: Uint8Array): IDataObject {
	const parsed = parseJson(body);
	return ('json' in parsed ? parsed.json : {}) as IDataObject;
}

function wantsTrackingId(list: string | undefined): (job: Job) => boolean {
	const patterns = (list ?? '')
		.split(',')
		.map((pattern) => pattern.trim())
		.filter((pattern) => pattern !== '');
	return ({ trackingId = '' }) =>
		patterns.length === 0 ||
		patterns.some((pattern) =>
			pattern.endsWith('*')
				? trackingId.startsWith(pattern.slice(0, -1)) && trackingId !== ''
				: trackingId === pattern,
		);
}

function refuse(
	context: IWebhookFunctions,
	status: number,
	reason: string,
	headers: Record<string, string> = {},
): undefined {
	context.logger.debug(`The trigger started nothing (${status}): ${reason}`);
	answer(context, status, reason, headers);
}

function answer(
	context: IWebhookFunctions,
	status: number,
	reason: string,
	headers: Record<string, string> = {},
): void {
	const response = context.getResponseObject();
	if (response.headersSent) return;
	// Who is not allowed in learns nothing about why.
	const message = status === 401 ? 'Unauthorized' : reason;
	response.status(status).set(headers).json({ message });
}
