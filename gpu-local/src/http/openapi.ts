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

type Schema = Record<string, unknown> & {
	properties?: Record<string, Schema>;
	required?: string[];
};

/** OpenAPI 3.1, its request bodies generated from the providers' own declarations. */
export function openapi(version: string): object {
	const id = parameter('path', 'id', 'The id that the submit answered with.');
	const video = reply('The video object.');
	return {
		openapi: '3.1.0',
		info: {
			title: 'gpu-local',
			version,
			description:
				'One queue, three dialects: OpenAI Videos, Stable Diffusion API and Novita txt2video.',
			license: { name: 'MIT', identifier: 'MIT' },
		},
		components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
		security: [{ bearer: [] }, {}],
		paths: {
			'/v1/videos': {
				post: {
					summary: 'Make a video (OpenAI Videos).',
					description:
						'JSON or multipart/form-data. With an Idempotency-Key header, the same request is never made twice.',
					...body(wireSchema(localGpu)),
					...video,
				},
				get: {
					summary: 'List videos, newest first.',
					parameters: [
						parameter('query', 'limit', 'At most so many, 1 to 100.'),
						parameter('query', 'after', 'Go on behind this id.'),
						parameter('query', 'order', 'asc or desc.'),
					],
					...reply('A list of video objects.'),
				},
			},
			'/v1/videos/{id}': {
				get: { summary: 'One video.', parameters: [id], ...video },
				delete: {
					summary: 'Cancel a video that is not finished; remove one that is.',
					parameters: [id],
					...reply('Done.'),
				},
			},
			'/v1/videos/{id}/content': {
				get: {
					summary: 'The file. Parts of it by a Range header.',
					parameters: [id],
					...reply('The file.'),
				},
			},
			'/v1/videos/{id}/events': {
				get: {
					summary: 'Its changes as server-sent events, until it is final.',
					parameters: [id],
					...reply('A stream of events.'),
				},
			},
			'/v1/videos/events': {
				get: { summary: 'Changes of all videos as server-sent events.', ...reply('A stream.') },
			},
			'/v1/videos/estimate': {
				post: {
					summary:
						'Seconds that such a video would take, by the last runs of its model. Makes nothing.',
					...reply('`seconds` is null before the first run.'),
				},
			},
			'/v1/videos/{id}/cancel': {
				post: { summary: 'Cancel a video.', parameters: [id], ...video },
			},
			'/v1/videos/{id}/retry': {
				post: {
					summary: 'Make the same video again, as a new job.',
					parameters: [id],
					...video,
				},
			},
			'/v1/videos/{id}/callbacks': {
				get: {
					summary: 'What was called back for a video, and what the receiver answered.',
					parameters: [id],
					...reply('A list of callbacks.'),
				},
			},
			'/v1/models': {
				get: {
					summary: 'The models, LoRAs and embeddings that can be named.',
					parameters: [
						parameter('query', 'type', 'model, lora or textualinversion.'),
						parameter('query', 'query', 'Part of the name.'),
					],
					...reply('A list of models.'),
				},
			},
			'/v1/status': {
				get: { summary: 'The queue and the machines.', ...reply('Numbers of the server.') },
			},
			...stableDiffusionPaths(),
			'/v3/async/txt2video': {
				post: {
					summary: 'Make a video (Novita).',
					...body(wireSchema(novita)),
					...reply('The task id.'),
				},
			},
			'/v3/async/task-result': {
				get: {
					summary: 'The state and the result of a task (Novita).',
					parameters: [parameter('query', 'task_id', 'The task id.')],
					...reply('The task.'),
				},
			},
			'/v3/model': {
				get: { summary: 'The models (Novita).', ...reply('A list of models.') },
			},
		},
	};
}

function stableDiffusionPaths(): Record<string, object> {
	const submits: Array<[string, string, Provider]> = [
		['/api/v5/text2video', 'v5', stableDiffusionV5],
		['/api/v4/dreambooth/text2video', 'v4', stableDiffusionV4],
		['/api/v1/enterprise/text2video', 'Enterprise', stableDiffusionEnterprise],
	];
	const key: Schema = { type: 'string', description: 'The API key.' };
	const fetchById = {
		post: {
			summary: 'The state and the result of a job (Stable Diffusion API).',
			parameters: [parameter('path', 'id', 'The id of the job, a number.')],
			...body({ type: 'object', properties: { key } }),
			...reply('The job.'),
		},
	};
	const fetchByBody = {
		post: {
			summary: 'The state and the result of a job (Stable Diffusion API).',
			...body({ type: 'object', properties: { key, request_id: { type: 'string' } } }),
			...reply('The job.'),
		},
	};
	return {
		...Object.fromEntries(
			submits.map(([path, name, provider]) => {
				const schema = wireSchema(provider);
				schema.properties = { key, ...schema.properties };
				return [
					path,
					{
						post: {
							summary: `Make a video (Stable Diffusion API ${name}).`,
							...body(schema),
							...reply('The job.'),
						},
					},
				];
			}),
		),
		'/api/v3/fetch/{id}': fetchById,
		'/api/v3/dreambooth/fetch/{id}': fetchById,
		'/api/v4/dreambooth/fetch': fetchByBody,
		'/api/v1/enterprise/fetch': fetchByBody,
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

function fieldSchema(field: Field): Schema {
	const schema: Schema = { title: field.title, description: field.help };
	if (field.type === 'list') {
		const items: Schema = { type: 'object', properties: {} };
		for (const inner of field.items ?? []) {
			items.properties![inner.name] = fieldSchema(inner);
		}
		return { ...schema, type: 'array', items, ...limits(field, 'minItems', 'maxItems') };
	}
	if (field.as === 'yesNo') return { ...schema, enum: ['yes', 'no'] };
	if (field.type === 'choice') return { ...schema, enum: field.choices };
	const type = { text: 'string', json: 'object' }[field.type as string] ?? field.type;
	return {
		...schema,
		type: field.as === 'string' ? ['string', type] : type,
		...limits(field, 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'format'),
		...(field.default === undefined ? {} : { default: field.default }),
	};
}

const limits = (field: Field, ...names: Array<keyof Field>): Schema =>
	Object.fromEntries(
		names.filter((name) => field[name] !== undefined).map((name) => [name, field[name]]),
	);

const parameter = (place: 'path' | 'query', name: string, description: string) => ({
	in: place,
	name,
	description,
	required: place === 'path',
	schema: { type: 'string' },
});

const body = (schema: Schema) => ({
	requestBody: { required: true, content: { 'application/json': { schema } } },
});

const reply = (description: string) => ({
	responses: { '200': { description }, default: { description: 'What went wrong.' } },
});
