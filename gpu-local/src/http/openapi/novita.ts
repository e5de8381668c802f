import { novita } from '../../../../providers/novita';
import { wireSchema } from './fields.ts';
import { jsonBody, operation, parameter } from './operation.ts';

export function novitaPaths(): Record<string, object> {
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
					parameter('query', 'pagination.limit', 'At most so many.', {
						type: 'integer',
						minimum: 1,
						maximum: 100,
						default: 20,
					}),
					parameter('query', 'pagination.cursor', 'Where the last answer said that it goes on.'),
				],
				gives: 'NovitaModels',
			}),
		},
	};
}
