/** The Options of the nodes. */
import type { INodeProperties } from 'n8n-workflow';

export const binaryProperty: INodeProperties = {
	displayName: 'Output Data Field Name',
	name: 'binaryProperty',
	type: 'string',
	default: 'data',
	description: 'The name of the output field that holds the video file',
};

export const fileName: INodeProperties = {
	displayName: 'File Name',
	name: 'fileName',
	type: 'string',
	default: '',
	placeholder: 'e.g. my-video.mp4',
	description: 'The name of the video file. Left empty, it is made from the job ID.',
};

export const maximumSize: INodeProperties = {
	displayName: 'Maximum Size (MiB)',
	name: 'maximumSize',
	type: 'number',
	default: 2048,
	typeOptions: { minValue: 1 },
	description: 'Refuse to download a larger video',
};

/** A year: no provider keeps a job for longer, and a date still exists then. */
const LONGEST_WAIT_MINUTES = 525_600;

const waitAtMost: INodeProperties = {
	displayName: 'Wait at Most (Minutes)',
	name: 'waitAtMost',
	type: 'number',
	default: 10,
	typeOptions: { minValue: 0, maxValue: LONGEST_WAIT_MINUTES },
	description:
		'Minutes to wait for a video. If it is not done by then, the job is returned as it stands, ready for Fetch Result. Left out, it is 10 minutes, more for a model that is known to take longer, or 60 while asleep. A workflow timeout that is shorter ends it first.',
};

const collection = (options: INodeProperties[]): INodeProperties => ({
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options,
});

export const submitOptionsProperty = collection([
	fileName,
	{
		displayName: 'Maximum Cost (USD)',
		name: 'maximumCost',
		type: 'number',
		default: 5,
		typeOptions: { minValue: 0, numberPrecision: 2 },
		description:
			'Refuse to start if the videos of this execution would cost more than this, by the prices that the provider publishes. Loops, parallel calls and agent turns count together.',
	},
	{
		displayName: 'Maximum Jobs',
		name: 'maximumJobs',
		type: 'number',
		default: 100,
		typeOptions: { minValue: 1 },
		description:
			'Refuse to start if more videos than this would be made, so that no one pays by accident. A field that asks for several videos counts as several.',
	},
	maximumSize,
	binaryProperty,
	{
		displayName: 'Parallel Jobs',
		name: 'parallelJobs',
		type: 'number',
		default: 4,
		typeOptions: { minValue: 1 },
		description:
			'How many jobs may run at the same time. Left out, it is what the provider allows.',
	},
	waitAtMost,
	{
		displayName: 'When There Is No Price',
		name: 'unpriced',
		type: 'options',
		default: 'refuse',
		options: [
			{ name: 'Refuse to Start', value: 'refuse' },
			{ name: 'Run Anyway', value: 'run' },
		],
		description:
			'What to do under Maximum Cost with a video whose price can not be said before it is made',
	},
]);

export const fetchOptionsProperty = collection([fileName, maximumSize, binaryProperty, waitAtMost]);

/** n8n adds this by itself only to nodes without a webhook; declared here, it is there in every version. */
export const requestOptionsProperty: INodeProperties = {
	displayName: 'Request Options',
	name: 'requestOptions',
	type: 'collection',
	isNodeSetting: true,
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Batching',
			name: 'batching',
			placeholder: 'Add Batching',
			type: 'fixedCollection',
			typeOptions: { multipleValues: false },
			default: { batch: {} },
			options: [
				{
					displayName: 'Batching',
					name: 'batch',
					values: [
						{
							displayName: 'Items per Batch',
							name: 'batchSize',
							type: 'number',
							typeOptions: { minValue: -1 },
							default: 50,
							description: 'How many items start together. -1 starts all at once.',
						},
						{
							displayName: 'Batch Interval (Ms)',
							name: 'batchInterval',
							type: 'number',
							typeOptions: { minValue: 0 },
							default: 1000,
							description: 'Milliseconds between two batches. 0 for none.',
						},
					],
				},
			],
		},
		{
			displayName: 'Ignore SSL Issues (Insecure)',
			name: 'allowUnauthorizedCerts',
			type: 'boolean',
			noDataExpression: true,
			default: false,
			description: 'Whether to connect even if SSL certificate validation is not possible',
		},
		{
			displayName: 'Proxy',
			name: 'proxy',
			type: 'string',
			default: '',
			placeholder: 'e.g. http://myproxy:3128',
			description: 'HTTP proxy for every request of the job',
		},
		{
			displayName: 'Timeout (Ms)',
			name: 'timeout',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 300000,
			description: 'Milliseconds to wait for an answer before a request is given up',
		},
	],
};
