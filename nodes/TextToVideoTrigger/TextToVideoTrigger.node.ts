import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { authenticationProperty, providerTitleExpression } from '../shared/credentialSlots';
import { checkSetup } from './setup';
import { ADDRESS_PATH, ANY_OTHER_PATH } from './address';
import { triggerCredentials, triggerProperties } from './properties';
import { receive } from './receive';

export class TextToVideoTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Text to Video: Webhook Trigger',
		name: 'textToVideoTrigger',
		icon: {
			light: 'file:../icons/text-to-video.svg',
			dark: 'file:../icons/text-to-video.dark.svg',
		},
		group: ['trigger'],
		// Version 1 on purpose: n8n leaves the body unread for it (see bodyUnread), so that we can refuse early.
		version: 1,
		subtitle: `={{ ${providerTitleExpression} }}`,
		description: 'Starts the workflow when a video is done, as its provider reports it',
		eventTriggerDescription: 'Waiting for a provider to report a video',
		activationMessage: 'From now on, a reported video starts this workflow.',
		defaults: { name: 'Webhook Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: triggerCredentials,
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				path: ADDRESS_PATH,
			},
			{
				name: 'setup',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				path: ANY_OTHER_PATH,
				isFullPath: true,
				ndvHideUrl: true,
			},
		],
		triggerPanel: {
			header: 'Start when a video is done',
			executionsHelp: {
				inactive:
					'To try it, press the button, copy the test address into the webhook field of Text to Video and submit a video. Then publish this workflow and copy the production address instead.',
				active:
					'Videos that are reported to the production address start this workflow by themselves; see the list of executions. To try it in the editor, press the button and use the test address.',
			},
			activationHint:
				'Once it works, publish this workflow and use the production address in Text to Video.',
		},
		properties: [authenticationProperty, ...triggerProperties],
	};

	webhookMethods = {
		default: {
			// Nothing is registered with the provider: the address goes along with every job.
			async checkExists() {
				return false;
			},
			async create(this: IHookFunctions) {
				return await checkSetup(this);
			},
			async delete() {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}
