import { localGpu } from '../../../../providers/localGpu';
import { STILLS } from '../../videos/stills.ts';
import { formSchema, wireSchema } from './fields.ts';
import { body, operation, parameter } from './operation.ts';
import type { Operation } from './operation.ts';
import { VIDEO_EVENT, VIDEO_ID, VIDEO_STATUSES } from './replies.ts';
import type { Schema } from './replies.ts';

const PROMPT: Schema = { type: 'string', minLength: 1, maxLength: 32_000, pattern: '\\S' };

/** What a video is made of: one prompt, or several one after another. */
function createVideo(): Schema {
	const schema = wireSchema(localGpu);
	const { prompt, prompts, ...others } = schema.properties!;
	const { minLength: _none, ...words } = prompt!;
	return {
		anyOf: [
			schema,
			{
				...schema,
				properties: {
					prompt: { ...words, type: [words.type, 'null'].flat() },
					prompts: { ...prompts, type: 'array', minItems: 1 },
					...others,
				},
				required: ['prompts'],
			},
		],
	};
}

/** OpenAI Videos, and what this server has beside them. */
export const openaiPaths = (): Record<string, object> => ({ ...videoPaths(), ...callbackPaths() });

function videoPaths(): Record<string, object> {
	const id = parameter('path', 'id', 'The id that the submit answered with.');
	const make = (more: Operation) => operation('openai', more);
	const stream = {
		types: ['text/event-stream'],
		what: 'A video object at each change.',
		schema: VIDEO_EVENT,
	};
	const file = {
		types: ['video/mp4', 'image/gif', 'image/jpeg'],
		what: 'The file, or a picture of it.',
	};
	const idempotency = {
		in: 'header',
		name: 'Idempotency-Key',
		description: 'With the same key, the same request is never made twice.',
		schema: { type: 'string', maxLength: 255 },
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
				body: body(createVideo(), formSchema(localGpu)),
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
					parameter('query', 'status', 'One status, or several with commas between them.', {
						type: 'string',
						pattern: `^((${VIDEO_STATUSES.join('|')})(,(${VIDEO_STATUSES.join('|')}))*)?$`,
					}),
					parameter('query', 'query', 'Part of the prompt or the tracking id.'),
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
						enum: ['video', ...STILLS],
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
				body: body(createVideo(), formSchema(localGpu)),
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
		'/v1/queue': {
			get: make({
				id: 'getQueue',
				summary: 'Where the waiting videos stand.',
				gives: 'Queue',
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
