import type { Provider } from '../../../../providers/contract';
import { modelslabV6, modelslabV6Ultra, modelslabV7 } from '../../../../providers/modelslab';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../../../providers/stableDiffusionApi';
import { formSchema, wireSchema } from './fields.ts';
import { body, operation, optional, parameter } from './operation.ts';
import type { Operation } from './operation.ts';
import { JOB_NUMBER } from './replies.ts';
import type { Schema } from './replies.ts';

const KEY: Schema = { type: ['string', 'null'], description: 'The API key.' };
const KEY_PARAMETER = parameter('query', 'key', 'The API key.');

export function stableDiffusionPaths(): Record<string, object> {
	const make = (more: Operation) => operation('stableDiffusionApi', more);
	const submits: Array<[path: string, name: string, id: string, provider: Provider]> = [
		['/api/v5/text2video', 'v5', 'createV5Video', stableDiffusionV5],
		['/api/v4/dreambooth/text2video', 'v4', 'createV4Video', stableDiffusionV4],
		[
			'/api/v1/enterprise/text2video',
			'Enterprise',
			'createEnterpriseVideo',
			stableDiffusionEnterprise,
		],
		['/api/v6/video/text2video', 'ModelsLab v6', 'createV6Video', modelslabV6],
		['/api/v6/video/text2video_ultra', 'ModelsLab v6', 'createV6UltraVideo', modelslabV6Ultra],
		['/api/v7/video-fusion/text-to-video', 'ModelsLab v7', 'createV7Video', modelslabV7],
	];
	const fetches: Array<[path: string, id: string]> = [
		['/api/v3/fetch', 'fetchV5Video'],
		['/api/v3/dreambooth/fetch', 'fetchV4Video'],
		['/api/v6/video/fetch', 'fetchV6Video'],
		['/api/v7/video-fusion/fetch', 'fetchV7Video'],
		['/api/v1/enterprise/fetch', 'fetchEnterpriseVideoById'],
	];
	const summary = 'The state and the result of a job (Stable Diffusion API).';
	const withKey = (schema: Schema): Schema => ({
		...schema,
		properties: { key: KEY, ...schema.properties },
	});
	const byBody = (id: string) => ({
		post: make({
			id,
			summary,
			body: body(
				withKey({
					type: 'object',
					properties: { request_id: { type: ['string', 'integer'], pattern: JOB_NUMBER } },
					required: ['request_id'],
				}),
			),
			gives: 'StableDiffusionJob',
		}),
		get: make({
			id: `${id}ByGet`,
			summary,
			parameters: [
				{
					...parameter('query', 'request_id', 'The id of the job, a number.', {
						type: 'integer',
						minimum: 1,
					}),
					required: true,
				},
				KEY_PARAMETER,
			],
			gives: 'StableDiffusionJob',
		}),
	});
	/** By POST and by GET. */
	const list = (path: string, id: string, words: Pick<Operation, 'summary' | 'gives'>) => ({
		[path]: {
			post: make({ id, ...words, body: optional(withKey({ type: 'object' })) }),
			get: make({ id: `${id}ByGet`, ...words, parameters: [KEY_PARAMETER] }),
		},
	});
	return {
		...Object.fromEntries(
			submits.map(([path, name, id, provider]) => [
				path,
				{
					post: make({
						id,
						summary: `Make a video (${name}).`,
						body: body(withKey(wireSchema(provider)), withKey(formSchema(provider))),
						gives: 'StableDiffusionJob',
					}),
				},
			]),
		),
		...Object.fromEntries(
			fetches.map(([path, id]) => [
				`${path}/{id}`,
				{
					post: make({
						id,
						summary,
						parameters: [
							parameter('path', 'id', 'The id of the job, a number.', {
								type: 'integer',
								minimum: 1,
							}),
						],
						body: optional(withKey({ type: 'object' })),
						gives: 'StableDiffusionJob',
					}),
					get: make({
						id: `${id}ByGet`,
						summary,
						parameters: [
							parameter('path', 'id', 'The id of the job, a number.', {
								type: 'integer',
								minimum: 1,
							}),
							KEY_PARAMETER,
						],
						gives: 'StableDiffusionJob',
					}),
				},
			]),
		),
		'/api/v4/dreambooth/fetch': byBody('fetchV4VideoByBody'),
		'/api/v1/enterprise/fetch': byBody('fetchEnterpriseVideo'),
		...list('/api/v4/dreambooth/model_list', 'listStableDiffusionModels', {
			summary: 'The models (Stable Diffusion API, ModelsLab).',
			gives: 'StableDiffusionModels',
		}),
		...list('/api/v1/enterprise/schedulers_list', 'listStableDiffusionSchedulers', {
			summary: 'The schedulers (Stable Diffusion API Enterprise).',
			gives: 'StableDiffusionSchedulers',
		}),
		'/api/v6/processing/request_count': {
			post: make({
				id: 'countStableDiffusionJobs',
				summary: 'How many jobs are open (ModelsLab).',
				body: optional(withKey({ type: 'object' })),
				gives: 'StableDiffusionCount',
			}),
		},
	};
}
