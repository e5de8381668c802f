import { reference } from './replies.ts';
import type { Schema } from './replies.ts';

export const TAGS = {
	openai: 'OpenAI Videos',
	stableDiffusionApi: 'Stable Diffusion API and ModelsLab',
	novita: 'Novita',
	aimlapi: 'AI/ML API',
	operations: 'the server itself',
};
type Dialect = keyof typeof TAGS;

const ERRORS: Record<Dialect, string> = {
	openai: 'OpenaiError',
	stableDiffusionApi: 'StableDiffusionError',
	novita: 'NovitaError',
	aimlapi: 'AimlapiError',
	operations: 'OpenaiError',
};

export interface Operation {
	/** `operationId`. */
	id: string;
	summary: string;
	description?: string;
	parameters?: object[];
	body?: object;
	/** Name of the schema of a right answer, or what else it is. */
	gives: string | { types: string[]; what: string; schema?: Schema };
	/** Statuses of a right answer beside 200. */
	also?: Record<string, object>;
}

export function operation(
	dialect: Dialect,
	{ id, gives, also, body: wanted, ...words }: Operation,
) {
	const content =
		typeof gives === 'string'
			? { 'application/json': { schema: reference(gives) } }
			: Object.fromEntries(
					gives.types.map((type) => [type, { schema: gives.schema ?? { type: 'string' } }]),
				);
	const error = { 'application/json': { schema: reference(ERRORS[dialect]) } };
	return {
		operationId: id,
		tags: [TAGS[dialect]],
		...words,
		...(dialect === 'stableDiffusionApi' ? { security: [{}] } : {}),
		...wanted,
		responses: {
			'200': { description: typeof gives === 'string' ? gives : gives.what, content },
			...also,
			'4XX': { description: 'What is wrong with the request.', content: error },
			'5XX': { description: 'What is wrong with the server.', content: error },
		},
	};
}

export const parameter = (
	place: 'path' | 'query',
	name: string,
	description: string,
	schema: Schema = { type: 'string', ...(place === 'path' ? { pattern: PATH_PART } : {}) },
) => ({ in: place, name, description, required: place === 'path', schema });

const PATH_PART = '^[A-Za-z0-9._-]{1,128}$';

/** @param form where the server takes forms of this body, too */
export const body = (schema: Schema, form = schema) => ({
	requestBody: {
		required: true,
		content: {
			'application/json': { schema },
			'application/x-www-form-urlencoded': { schema: form },
			'multipart/form-data': { schema: form },
		},
	},
});

export const jsonBody = (schema: Schema) => ({
	requestBody: { required: true, content: { 'application/json': { schema } } },
});

/** A body that can be left out. */
export const optional = (schema: Schema) => {
	const { requestBody } = body(schema);
	return { requestBody: { ...requestBody, required: false } };
};
