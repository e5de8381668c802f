import { aimlapiPixverse } from '../../../../providers/aimlapi';
import { wireSchema } from './fields.ts';
import { jsonBody, operation, parameter } from './operation.ts';

export const aimlapiPaths = (): Record<string, object> => ({
	...generations('/v2/video/generations', ''),
	...generations('/v2/generate/video/pixverse/generation', 'Older'),
	'/v2/billing': {
		get: operation('aimlapi', {
			id: 'getAimlapiBalance',
			summary: 'The balance, which is always 0 here (AI/ML API).',
			gives: 'AimlapiBalance',
		}),
	},
});

const generations = (path: string, which: string): Record<string, object> => ({
	[path]: {
		post: operation('aimlapi', {
			id: `create${which}Generation`,
			summary: 'Make a video (AI/ML API).',
			body: jsonBody(wireSchema(aimlapiPixverse)),
			gives: 'AimlapiGeneration',
		}),
		get: operation('aimlapi', {
			id: `get${which}Generation`,
			summary: 'The state and the result of a generation (AI/ML API).',
			parameters: [
				{
					...parameter('query', 'generation_id', 'The id that the create answered with.', {
						type: 'string',
						format: 'uuid',
					}),
					required: true,
				},
			],
			gives: 'AimlapiGeneration',
		}),
	},
});
