import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
import { providers } from '../../providers/registry';
import {
	authenticationProperty,
	routedCredentialSlots,
	providerProperty,
	providerTitleExpression,
} from '../shared/credentialSlots';
import { fieldProperties } from './fieldProperties';
import { hints } from './hints';
import { searchMethods } from '../shared/modelSearch';
import { requestOptionsProperty, submitOptionsProperty } from '../shared/options';
import { submitHook } from './submit/hook';
import { wake, wakeWebhooks } from './sleep/wake';

export class TextToVideo implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Text to Video',
		name: 'textToVideo',
		icon: {
			light: 'file:../icons/text-to-video.svg',
			dark: 'file:../icons/text-to-video.dark.svg',
		},
		group: ['transform'],
		version: 1,
		subtitle: `={{ ${providerTitleExpression} }}`,
		description: 'Make videos from text with a provider or with your own GPU',
		defaults: { name: 'Text to Video' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: {
			replacements: {
				description:
					'Orders one video made from a text. Each call costs money and takes minutes, so order once for each wish and never to see whether a video is done. Returns the jobId and, once it is done, the address of the video.',
			},
		},
		credentials: routedCredentialSlots(),
		builderHint: {
			searchHint:
				'Makes a video from text. Each item is one paid job that takes minutes. Set When Submitted to "wait" for a few short videos, to "suspend" for long or many ones, to "return" where another step fetches the video later. Set onError to continueErrorOutput and read details.accepted before another provider is tried.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-text-to-video.textToVideoFetchResult',
					relationHint: 'Gets a video by its jobId after "return", or after a wait that ran out',
				},
				{
					nodeType: 'n8n-nodes-text-to-video.textToVideoTrigger',
					relationHint: 'Starts a workflow when a video is done, where the provider calls back',
				},
			],
		},
		requestDefaults: { json: true },
		requestOperations: { pagination: submitHook },
		webhooks: wakeWebhooks,
		hints,
		waitingNodeTooltip:
			'Asleep until the videos are done. It wakes by itself, now and then, to ask.',
		properties: [
			providerProperty(true),
			authenticationProperty,
			...providers.flatMap(fieldProperties),
			{
				displayName: 'When Submitted',
				name: 'whenSubmitted',
				type: 'options',
				noDataExpression: true,
				default: 'wait',
				description: 'What the node does once the provider has taken the job',
				options: [
					{
						name: 'Estimate Only',
						value: 'estimate',
						description: 'Send nothing: check every field and say what the videos would cost',
					},
					{
						name: 'Return the Job',
						value: 'return',
						description: 'Go on at once with the job ID; get the video later with Fetch Result',
					},
					{
						name: 'Sleep Until the Video Is Done',
						// The name under which workflows have saved it.
						value: 'suspend',
						description:
							'Put the execution to sleep, even through a restart; n8n wakes it now and then to ask',
					},
					{
						name: 'Wait for the Video',
						value: 'wait',
						description: 'Ask now and then until the video is done',
					},
				],
				// The hook that sees the job through is n8n's paging hook, which runs where `paginate` is true.
				routing: { send: { paginate: true } },
			},
			{
				displayName: 'Download Video',
				name: 'downloadVideo',
				type: 'boolean',
				default: true,
				displayOptions: { show: { whenSubmitted: ['suspend', 'wait'] } },
				description:
					'Whether to put the video file into the output, beside the job and its address',
			},
			submitOptionsProperty,
			requestOptionsProperty,
		],
	};

	methods = { listSearch: searchMethods() };

	webhook = wake;
}
