/** The fields of the Webhook Trigger. */
import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';
import type { CallbackEvent } from '../../jobs/callback/events';
import { fieldsOf } from '../../providers/schema/fields';
import { providers } from '../../providers/registry';
import { credentialSlots, providerProperty } from '../shared/credentialSlots';
import { binaryProperty, fileName, maximumSize, requestOptionsProperty } from '../shared/options';

/** Not "options": that name is taken by bodyUnread. */
export const EXTRAS = 'additionalOptions';

/** Providers that call back. */
const receivers = providers.filter(({ capabilities }) => capabilities.callback);

const idsBy = (signed: boolean): string[] =>
	receivers
		.filter(({ capabilities }) => (capabilities.callback?.signature !== 'none') === signed)
		.map(({ id }) => id);

/** The key to confirm with, or the secret to verify with: every receiver needs its credential. */
export const triggerCredentials: INodeCredentialDescription[] = credentialSlots(receivers).map(
	(slot) => ({ ...slot, required: true }),
);

/**
 * n8n itself does not read the body of a version 1 node whose parameter `options.binaryData` is on. That was made for
 * binary webhooks; here it lets us refuse what is too large, packed or a form before it takes memory or disk.
 */
const bodyUnread: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'hidden',
	default: { binaryData: true },
};

/** Where the address goes, under the names that Text to Video shows. */
function addressNotices(): INodeProperties[] {
	const idsByTitle = new Map<string, string[]>();
	for (const { id, request, capabilities } of receivers) {
		const field = fieldsOf(request).find(({ name }) => name === capabilities.callback?.field);
		const title = field?.title ?? 'Webhook URL';
		idsByTitle.set(title, [...(idsByTitle.get(title) ?? []), id]);
	}
	return [...idsByTitle].map(([title, ids], index) => ({
		displayName: `Open <b>Webhook URLs</b> above and copy the Production URL into <b>${title}</b> (Additional Fields) of the Text to Video node that submits the videos. Its last part is secret: treat the address like a password.`,
		name: `addressNotice${index}`,
		type: 'notice',
		default: '',
		displayOptions: { show: { provider: ids } },
	}));
}

const events: INodeProperties = {
	displayName: 'Events',
	name: 'events',
	type: 'multiOptions',
	noDataExpression: true,
	default: ['succeeded', 'failed'],
	description: 'What starts the workflow. Everything else is acknowledged and ignored.',
	options: [
		{
			name: 'Cancelled',
			value: 'cancelled' satisfies CallbackEvent,
			description: 'The job was cancelled',
		},
		{
			name: 'Failed',
			value: 'failed' satisfies CallbackEvent,
			description: 'There will be no video; the reason is in the output',
		},
		{
			name: 'Progress',
			value: 'progress' satisfies CallbackEvent,
			description: 'The job goes on; only where the provider reports it',
		},
		{
			name: 'Succeeded',
			value: 'succeeded' satisfies CallbackEvent,
			description: 'The video is there',
		},
		{
			name: 'Test',
			value: 'test' satisfies CallbackEvent,
			description:
				'A mock message of the provider’s test mode about a job that the provider does not know',
		},
	],
};

export const extrasProperty: INodeProperties = {
	displayName: 'Options',
	name: EXTRAS,
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		fileName,
		{
			displayName: 'Include Raw Payload',
			name: 'rawPayload',
			type: 'boolean',
			default: false,
			description:
				'Whether to add the message as it was sent, as rawPayload. Nobody confirmed what it says.',
		},
		maximumSize,
		{
			displayName: 'Only These Tracking IDs',
			name: 'trackingIds',
			type: 'string',
			default: '',
			placeholder: 'e.g. shop-*, reels-7',
			description:
				'Start only for jobs with one of these tracking IDs, divided by commas. A * at the end stands for anything.',
		},
		binaryProperty,
		{
			displayName: 'Secret Part of the Address',
			name: 'urlSecret',
			type: 'string',
			typeOptions: { password: true },
			noDataExpression: true,
			default: '',
			placeholder: 'at least 16 letters and digits',
			description:
				'Replaces the random last part of the address, for example after it got into the wrong hands. Copy the new address into Text to Video.',
		},
	],
};

export const triggerProperties: INodeProperties[] = [
	bodyUnread,
	providerProperty(false, receivers),
	...addressNotices(),
	{
		displayName:
			'Every message must be signed. Put the secret that the sender signs with into <b>Webhook Secret</b> of the credential.',
		name: 'signatureNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { provider: idsBy(true) } },
	},
	events,
	{
		displayName: 'Confirm with Provider',
		name: 'confirmWithProvider',
		type: 'boolean',
		noDataExpression: true,
		default: true,
		displayOptions: { show: { provider: idsBy(false) } },
		description:
			'Whether to ask the provider for the job, with your key, before anything is passed on. The output is then what the provider answered and not what the message said.',
	},
	{
		displayName:
			'This provider signs nothing. With the confirmation off, whoever gets to know the address can start this workflow with any content.',
		name: 'unconfirmedNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { provider: idsBy(false), confirmWithProvider: [false] } },
	},
	{
		displayName: 'Download Video',
		name: 'downloadVideo',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		description:
			'Whether to put the video file into the output, beside the job and its address. The sender does not wait for it.',
	},
	extrasProperty,
	{
		...requestOptionsProperty,
		// There is one request at a time, so nothing to batch.
		options: requestOptionsProperty.options?.filter(({ name }) => name !== 'batching') ?? [],
	},
];
