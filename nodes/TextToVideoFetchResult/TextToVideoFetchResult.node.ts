import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
import {
	authenticationProperty,
	routedCredentialSlots,
	providerProperty,
	providerTitleExpression,
} from '../shared/credentialSlots';
import { fetchHook } from './hook';
import { fetchOptionsProperty, requestOptionsProperty } from '../shared/options';

export class TextToVideoFetchResult implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Text to Video: Fetch Result',
		name: 'textToVideoFetchResult',
		icon: {
			light: 'file:../icons/text-to-video.svg',
			dark: 'file:../icons/text-to-video.dark.svg',
		},
		group: ['transform'],
		version: 1,
		subtitle: `={{ $parameter["operation"] + ": " + ${providerTitleExpression} }}`,
		description: 'Get, wait for, download or cancel a video job that was submitted before',
		defaults: { name: 'Fetch Result' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: {
			replacements: {
				description:
					'Asks for a video that was ordered before, by its jobId. Costs nothing; waits up to two minutes for the video.',
			},
		},
		credentials: routedCredentialSlots(),
		requestDefaults: { json: true },
		requestOperations: { pagination: fetchHook },
		properties: [
			providerProperty(true),
			authenticationProperty,
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				default: 'wait',
				options: [
					{
						name: 'Cancel',
						value: 'cancel',
						description: 'Stop the job, where the provider can',
						action: 'Cancel a video job',
					},
					{
						name: 'Check Account',
						value: 'account',
						description:
							'Return the balance and the use of the queue, where the provider tells them',
						action: 'Check the account',
					},
					{
						name: 'Find Jobs',
						value: 'find',
						description:
							'Look in the provider\'s list for the job of a submit that "may have been accepted", or for the newest jobs',
						action: 'Find the job of a submit in doubt',
					},
					{
						name: 'Get Now',
						value: 'get',
						description: 'Ask once and return the job as it stands',
						action: 'Get a video job as it stands',
					},
					{
						name: 'Wait for the Video',
						value: 'wait',
						description: 'Ask now and then until the video is done',
						action: 'Wait for a video job',
					},
				],
				routing: { send: { paginate: true } },
			},
			{
				displayName: 'Job ID',
				name: 'jobId',
				type: 'string',
				required: true,
				default: '={{ $json.jobId }}',
				displayOptions: { show: { operation: ['cancel', 'get', 'wait'] } },
				description: 'The jobId that Text to Video returned, or the whole job from an earlier step',
			},
			{
				displayName: 'Request ID',
				name: 'requestId',
				type: 'string',
				default: '={{ $json.details?.failure?.requestId ?? $json.requestId }}',
				displayOptions: { show: { operation: ['find'] } },
				description:
					"The requestId in the failed item's details, or the one in n8n's log from before the submit. Left empty, the account's newest jobs are returned.",
			},
			{
				displayName: 'Download Video',
				name: 'downloadVideo',
				type: 'boolean',
				default: true,
				displayOptions: { show: { operation: ['find', 'get', 'wait'] } },
				description: 'Whether to put the video file into the output once the job is done',
			},
			fetchOptionsProperty,
			requestOptionsProperty,
		],
	};
}
