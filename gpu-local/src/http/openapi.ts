import { modelslabV6, modelslabV6Ultra, modelslabV7 } from '../../../providers/modelslab';
import type { Provider } from '../../../providers/contract';
import { fieldsOf } from '../../../providers/schema/fields';
import type { Field } from '../../../providers/schema/fields';
import { localGpu } from '../../../providers/localGpu';
import { novita } from '../../../providers/novita';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../../providers/stableDiffusionApi';
import { wirePath } from '../../../providers/schema/wire';
import { JOB_NUMBER, reference, SCHEMAS, VIDEO_ID } from './openapiSchemas.ts';
import type { Schema } from './openapiSchemas.ts';

const PROMPT: Schema = { type: 'string', minLength: 1, maxLength: 32_000, pattern: '\\S' };

/** OpenAPI 3.1, its request bodies generated from the providers' own declarations. */
export function openapi(version: string): object {
	return {
		openapi: '3.1.0',
		info: {
			title: 'gpu-local',
			version,
			description:
				'One queue, four dialects: OpenAI Videos, Stable Diffusion API, ModelsLab and Novita txt2video.',
			license: { name: 'MIT', identifier: 'MIT' },
		},
		servers: [{ url: '/' }],
		tags: Object.values(TAGS).map((name) => ({ name, description: `The calls of ${name}.` })),
		components: {
			securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
			schemas: SCHEMAS,
		},
		security: [{ bearer: [] }, {}],
		paths: { ...videoPaths(), ...callbackPaths(), ...stableDiffusionPaths(), ...novitaPaths() },
	};
}

const TAGS = {
	openai: 'OpenAI Videos',
	stableDiffusionApi: 'Stable Diffusion API and ModelsLab',
	novita: 'Novita',
	operations: 'the server itself',
};
type Dialect = keyof typeof TAGS;

const ERRORS: Record<Dialect, string> = {
	openai: 'OpenaiError',
	stableDiffusionApi: 'StableDiffusionError',
	novita: 'NovitaError',
	operations: 'OpenaiError',
};

interface Operation {
	/** `operationId`. */
	id: string;
	summary: string;
	description?: string;
	parameters?: object[];
	body?: object;
	/** Name of the schema of a right answer, or what else it is. */
	gives: string | { types: string[]; what: string };
	/** Statuses of a right answer beside 200. */
	also?: Record<string, object>;
}

function operation(dialect: Dialect, { id, gives, also, body: wanted, ...words }: Operation) {
	const content =
		typeof gives === 'string'
			? { 'application/json': { schema: reference(gives) } }
			: Object.fromEntries(gives.types.map((type) => [type, { schema: { type: 'string' } }]));
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

function videoPaths(): Record<string, object> {
	const id = parameter('path', 'id', 'The id that the submit answered with.');
	const make = (more: Operation) => operation('openai', more);
	const stream = { types: ['text/event-stream'], what: 'A video object at each change.' };
	const file = {
		types: ['video/mp4', 'image/gif', 'image/jpeg'],
		what: 'The file, or a picture of it.',
	};
	const idempotency = {
		in: 'header',
		name: 'Idempotency-Key',
		description: 'With the same key, the same request is never made twice.',
		schema: { type: 'string', maxLength: 255, pattern: '^[!-~]*$' },
	};
	const part = { description: 'A part of the file.', content: { 'video/mp4': {} } };
	return {
		'/v1/videos': {
			post: make({
				id: 'createVideo',
				summary: 'Make a video (OpenAI Videos).',
				description:
					'JSON or a form. In multipart/form-data the picture that the video begins with can be a file.',
				parameters: [idempotency],
				body: body(wireSchema(localGpu), formSchema(localGpu)),
				gives: 'Video',
			}),
			get: make({
				id: 'listVideos',
				summary: 'List videos, newest first.',
				parameters: [
					parameter('query', 'limit', 'At most so many.', {
						type: 'integer',
						minimum: 1,
						maximum: 100,
						default: 20,
					}),
					parameter('query', 'after', 'Go on behind this id.', {
						type: 'string',
						pattern: VIDEO_ID,
					}),
					parameter('query', 'order', 'By time.', {
						type: 'string',
						enum: ['asc', 'desc'],
						default: 'desc',
					}),
				],
				gives: 'VideoList',
			}),
		},
		'/v1/videos/{id}': {
			get: make({ id: 'getVideo', summary: 'One video.', parameters: [id], gives: 'Video' }),
			delete: make({
				id: 'deleteVideo',
				summary: 'Cancel a video that is not finished; remove one that is.',
				parameters: [id],
				gives: 'VideoDeleted',
			}),
		},
		'/v1/videos/{id}/content': {
			get: make({
				id: 'getVideoContent',
				summary: 'The file. Parts of it by a Range header.',
				parameters: [
					id,
					parameter('query', 'variant', 'The video, or a picture of it.', {
						type: 'string',
						enum: ['video', 'thumbnail', 'spritesheet'],
						default: 'video',
					}),
				],
				gives: file,
				also: { '206': part, '304': { description: 'Not changed.' } },
			}),
		},
		'/v1/videos/{id}/remix': {
			post: make({
				id: 'remixVideo',
				summary: 'Make a video with the same settings and another prompt.',
				parameters: [id, idempotency],
				body: body({
					type: 'object',
					properties: { prompt: PROMPT },
					required: ['prompt'],
				}),
				gives: 'Video',
			}),
		},
		'/v1/videos/{id}/events': {
			get: make({
				id: 'watchVideo',
				summary: 'Its changes as server-sent events, until it is final.',
				parameters: [id],
				gives: stream,
			}),
		},
		'/v1/videos/events': {
			get: make({
				id: 'watchVideos',
				summary: 'Changes of all videos as server-sent events.',
				gives: stream,
			}),
		},
		'/v1/videos/estimate': {
			post: make({
				id: 'estimateVideo',
				summary:
					'Seconds that such a video would take, by the last runs of its model. Makes nothing.',
				body: body(wireSchema(localGpu), formSchema(localGpu)),
				gives: 'VideoEstimate',
			}),
		},
		'/v1/videos/{id}/cancel': {
			post: make({
				id: 'cancelVideo',
				summary: 'Cancel a video.',
				parameters: [id],
				gives: 'Video',
			}),
		},
		'/v1/videos/{id}/retry': {
			post: make({
				id: 'retryVideo',
				summary: 'Make the same video again, as a new job.',
				parameters: [id],
				gives: 'Video',
			}),
		},
		'/v1/models': {
			get: make({
				id: 'listModels',
				summary: 'The models, LoRAs and embeddings that can be named.',
				parameters: [
					parameter('query', 'type', 'model, lora or textualinversion.'),
					parameter('query', 'query', 'Part of the name.'),
				],
				gives: 'ModelList',
			}),
		},
		'/v1/models/{id}': {
			get: make({
				id: 'getModel',
				summary: 'One model.',
				parameters: [parameter('path', 'id', 'Its id.')],
				gives: 'Model',
			}),
		},
		'/v1/status': {
			get: operation('operations', {
				id: 'getStatus',
				summary: 'The queue and the machines.',
				gives: 'Status',
			}),
		},
		'/healthz': {
			get: operation('operations', {
				id: 'getHealth',
				summary: 'Whether the server lives.',
				gives: 'Health',
			}),
		},
		'/readyz': {
			get: operation('operations', {
				id: 'getReadiness',
				summary: 'Whether a job would run.',
				gives: 'Readiness',
			}),
		},
	};
}

function callbackPaths(): Record<string, object> {
	const id = parameter('path', 'id', 'The id that the submit answered with.');
	return {
		'/v1/videos/{id}/callbacks': {
			get: operation('openai', {
				id: 'listVideoCallbacks',
				summary: 'What was called back for a video, and what the receiver answered.',
				parameters: [id],
				gives: 'CallbackList',
			}),
		},
		'/v1/videos/{id}/callbacks/resend': {
			post: operation('openai', {
				id: 'resendVideoCallback',
				summary: 'Send the callback of a finished video once more.',
				parameters: [id],
				gives: 'CallbackList',
			}),
		},
		'/v1/callbacks/disabled': {
			get: operation('openai', {
				id: 'listDisabledCallbacks',
				summary: 'Addresses that answered 410 Gone and are not called any more.',
				gives: 'DisabledCallbacks',
			}),
		},
		'/v1/callbacks/enable': {
			post: operation('openai', {
				id: 'enableCallbacks',
				summary: 'Call such an address again.',
				body: body({
					type: 'object',
					properties: { url: { type: 'string', minLength: 1 } },
					required: ['url'],
				}),
				gives: 'EnabledCallbacks',
			}),
		},
	};
}

function novitaPaths(): Record<string, object> {
	return {
		'/v3/async/txt2video': {
			post: operation('novita', {
				id: 'createNovitaTask',
				summary: 'Make a video (Novita).',
				body: jsonBody(wireSchema(novita)),
				gives: 'NovitaTaskId',
			}),
		},
		'/v3/async/task-result': {
			get: operation('novita', {
				id: 'getNovitaTask',
				summary: 'The state and the result of a task (Novita).',
				parameters: [
					{
						...parameter('query', 'task_id', 'The task id.', { type: 'string', format: 'uuid' }),
						required: true,
					},
				],
				gives: 'NovitaTask',
			}),
		},
		'/v3/model': {
			get: operation('novita', {
				id: 'listNovitaModels',
				summary: 'The models (Novita).',
				parameters: [
					parameter('query', 'filter.types', 'checkpoint, lora or textualinversion.'),
					parameter('query', 'filter.query', 'Part of the name.'),
					parameter('query', 'pagination.limit', 'At most so many, 1 to 100.'),
					parameter('query', 'pagination.cursor', 'Where the last answer said that it goes on.'),
				],
				gives: 'NovitaModels',
			}),
		},
	};
}

const KEY: Schema = { type: 'string', description: 'The API key.' };

function stableDiffusionPaths(): Record<string, object> {
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
		'/api/v4/dreambooth/model_list': {
			post: make({
				id: 'listStableDiffusionModels',
				summary: 'The models (Stable Diffusion API, ModelsLab).',
				body: optional(withKey({ type: 'object' })),
				gives: 'StableDiffusionModels',
			}),
			get: make({
				id: 'listStableDiffusionModelsByGet',
				summary: 'The models (Stable Diffusion API, ModelsLab).',
				parameters: [KEY_PARAMETER],
				gives: 'StableDiffusionModels',
			}),
		},
	};
}

/** JSON Schema of a body as it goes over the wire, nested as the provider nests it. */
function wireSchema(provider: Provider): Schema {
	const root: Schema = { type: 'object', properties: {}, required: [] };
	for (const field of fieldsOf(provider.request)) {
		if (field.header || field.spread) continue;
		const keys = wirePath(field).split('.');
		let node = root;
		for (const key of keys.slice(0, -1)) {
			node = node.properties![key] ??= { type: 'object', properties: {} };
		}
		node.properties![keys.at(-1)!] = fieldSchema(field);
		if (field.required && keys.length === 1) root.required!.push(keys[0]!);
	}
	return root;
}

/** What may be left out may also be null, and a text empty: it is then as if it were left out. */
function fieldSchema(field: Field): Schema {
	const schema = requiredSchema(field);
	if (field.required) return schema;
	const { minLength: _none, format, ...others } = schema;
	if (field.media) return { ...schema, pattern: PICTURE };
	const more = format === 'uri' ? { ...others, pattern: ADDRESS_OR_NONE } : others;
	if (Array.isArray(schema.enum)) return { ...more, enum: [...(schema.enum as unknown[]), null] };
	return { ...more, type: [schema.type, 'null'].flat() };
}

const PICTURE = '^(https?://|data:image/)';
const ADDRESS_OR_NONE = '^(https?://\\S+)?$';

function requiredSchema(field: Field): Schema {
	const schema: Schema = { title: field.title, description: field.help };
	if (field.type === 'list') {
		const inner = field.items ?? [];
		const items: Schema = {
			type: 'object',
			properties: Object.fromEntries(inner.map((each) => [each.name, fieldSchema(each)])),
			required: inner.filter(({ required }) => required).map(({ name }) => name),
		};
		return { ...schema, type: 'array', items, ...limits(field, 'minItems', 'maxItems') };
	}
	if (field.as === 'yesNo') return { ...schema, enum: ['yes', 'no'] };
	if (field.type === 'choice') return { ...schema, enum: field.choices };
	const type = { text: 'string', json: 'object' }[field.type as string] ?? field.type;
	return {
		...schema,
		type: field.as === 'string' ? ['string', type] : type,
		...(field.as === 'string' ? { pattern: `^(${numberPattern(field)})$` } : {}),
		...limits(field, 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'format'),
		...(field.default === undefined ? {} : { default: field.default }),
	};
}

const MOST_DIGITS = 9;

/** The whole numbers of a field's range, written as text. */
function numberPattern({ minimum = 0, maximum = 10 ** MOST_DIGITS - 1 }: Field): string {
	const [least, most] = [Math.max(0, Math.ceil(minimum)), Math.floor(maximum)];
	const parts: string[] = [];
	for (let digits = String(least).length; digits <= String(most).length; digits++) {
		const from = Math.max(least, digits === 1 ? 0 : 10 ** (digits - 1));
		parts.push(between(String(from), String(Math.min(most, 10 ** digits - 1))));
	}
	return parts.join('|');
}

/** Both of the same number of digits. */
function between(from: string, to: string): string {
	if (from === '') return '';
	const [low, high] = [Number(from[0]), Number(to[0])];
	const [fromRest, toRest] = [from.slice(1), to.slice(1)];
	if (low === high) return `${low}${between(fromRest, toRest)}`;
	if (/^0*$/.test(fromRest) && /^9*$/.test(toRest)) {
		return `[${low}-${high}]${'[0-9]'.repeat(fromRest.length)}`;
	}
	const middle =
		low + 1 < high ? [`[${low + 1}-${high - 1}]${'[0-9]'.repeat(fromRest.length)}`] : [];
	return `(${[
		`${low}${between(fromRest, '9'.repeat(fromRest.length))}`,
		...middle,
		`${high}${between('0'.repeat(toRest.length), toRest)}`,
	].join('|')})`;
}

const limits = (field: Field, ...names: Array<keyof Field>): Schema =>
	Object.fromEntries(
		names.filter((name) => field[name] !== undefined).map((name) => [name, field[name]]),
	);

/** Only what a form can say: texts and numbers at the top. */
function formSchema(provider: Provider): Schema {
	const schema = wireSchema(provider);
	const flat = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
		const types = [field.type ?? 'string'].flat().filter((type) => type !== 'null');
		if (types.includes('array') || types.includes('object')) return [];
		const values = Array.isArray(field.enum)
			? { enum: (field.enum as unknown[]).filter((value) => value !== null) }
			: { type: types };
		return [[name, { ...field, ...values }] as const];
	});
	return { ...schema, properties: Object.fromEntries(flat) };
}

const parameter = (
	place: 'path' | 'query',
	name: string,
	description: string,
	schema: Schema = { type: 'string', ...(place === 'path' ? { pattern: PATH_PART } : {}) },
) => ({ in: place, name, description, required: place === 'path', schema });

const PATH_PART = '^[A-Za-z0-9._-]{1,128}$';

/** @param form where the server takes forms of this body, too */
const body = (schema: Schema, form = schema) => ({
	requestBody: {
		required: true,
		content: {
			'application/json': { schema },
			'application/x-www-form-urlencoded': { schema: form },
			'multipart/form-data': { schema: form },
		},
	},
});

const jsonBody = (schema: Schema) => ({
	requestBody: { required: true, content: { 'application/json': { schema } } },
});

/** A body that can be left out. */
const optional = (schema: Schema) => {
	const { requestBody } = body(schema);
	return { requestBody: { ...requestBody, required: false } };
};

const KEY_PARAMETER = parameter('query', 'key', 'The API key.');
