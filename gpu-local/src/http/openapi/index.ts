import { aimlapiPaths } from './aimlapi.ts';
import { novitaPaths } from './novita.ts';
import { openaiPaths } from './openai.ts';
import { TAGS } from './operation.ts';
import { operationPaths } from './operations.ts';
import { SCHEMAS } from './replies.ts';
import { stableDiffusionPaths } from './stableDiffusionApi.ts';

/** OpenAPI 3.1, its request bodies generated from the providers' own declarations. */
export function openapi(version: string): object {
	return {
		openapi: '3.1.0',
		info: {
			title: 'gpu-local',
			version,
			description:
				'One queue, five dialects: OpenAI Videos, Stable Diffusion API, ModelsLab, Novita txt2video and AI/ML API.',
			license: { name: 'MIT', identifier: 'MIT' },
		},
		servers: [{ url: '/' }],
		tags: Object.values(TAGS).map((name) => ({ name, description: `The calls of ${name}.` })),
		components: {
			securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
			schemas: SCHEMAS,
		},
		security: [{ bearer: [] }, {}],
		paths: {
			...openaiPaths(),
			...operationPaths(),
			...stableDiffusionPaths(),
			...novitaPaths(),
			...aimlapiPaths(),
		},
	};
}
