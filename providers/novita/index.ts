import type {
	CallbackReading,
	ModelSearch,
	Provider,
	ReadContext,
	RequestValues,
} from '../contract';
import { newJob } from '../replies/job';
import { idOf, nonEmptyString } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { balance } from './account';
import { MAX_TOTAL_FRAMES, request } from './request';
import { readFailure, readFetch, readSubmit, readTask } from './replies';

const ID = 'novita';

function rules(values: RequestValues) {
	const issues = [];
	const prompts = Array.isArray(values.prompts) ? values.prompts.filter(isObject) : [];
	const frames = prompts.reduce((sum, prompt) => sum + Number(prompt.frames ?? 0), 0);
	if (frames > MAX_TOTAL_FRAMES) {
		issues.push({
			field: 'prompts',
			value: frames,
			allowed: `the frames of all prompts together may be at most ${MAX_TOTAL_FRAMES}`,
		});
	}
	const testMode = ['test_mode_enabled', 'test_mode_return_task_status'] as const;
	if (testMode.some((name) => values[name] !== undefined)) {
		for (const name of [...testMode, 'webhook_url'] as const) {
			if (values[name] === undefined) {
				issues.push({
					field: name,
					value: undefined,
					allowed: 'Webhook Test Mode, its result and Webhook URL go together',
				});
			}
		}
	}
	return issues;
}

/** `{event_type, payload: {task-result}}`; one description has the payload without the envelope. */
function readCallback(body: unknown, context: ReadContext): CallbackReading | undefined {
	if (!isObject(body)) return undefined;
	if (body.event_type !== undefined && body.event_type !== 'ASYNC_TASK_RESULT') return undefined;
	const payload = isObject(body.payload) ? body.payload : body;
	const jobId = isObject(payload.task) ? idOf(payload.task.task_id) : undefined;
	if (!isObject(payload.task) || !jobId) return undefined;
	const job = readTask(payload, payload.task, newJob(ID, jobId, context.nowMs), context);
	return isTestEvent(payload) ? { job: { ...job, testEvent: true }, testEvent: true } : { job };
}

function isTestEvent(payload: Record<string, unknown>): boolean {
	const webhook =
		isObject(payload.extra) && isObject(payload.extra.webhook) ? payload.extra.webhook : {};
	return isObject(webhook.test_mode) && webhook.test_mode.enabled === true;
}

/** `GET /v3/model`: checkpoints are named by `sd_name`, the others by `sd_name_in_api`. */
const search = (type: string, key: 'sd_name' | 'sd_name_in_api'): ModelSearch => ({
	call: (query, cursor) => ({
		method: 'GET',
		url: '/v3/model',
		query: {
			'filter.types': type,
			'filter.visibility': 'public',
			// The endpoint takes Stable Diffusion 1.x; someone who types a name gets to see everything that bears it.
			...(query ? { 'filter.query': query } : { 'filter.is_sdxl': 'false' }),
			'pagination.limit': '50',
			'pagination.cursor': cursor ?? 'c_0',
		},
	}),
	read(reply) {
		const body = isObject(reply.body) ? reply.body : {};
		if (reply.status >= 300 || !Array.isArray(body.models)) return { failure: readFailure(reply) };
		const models = body.models.filter(isObject).flatMap((model) => {
			const value = nonEmptyString(model[key]) ?? nonEmptyString(model.sd_name);
			if (!value || model.status === 0) return [];
			const base = nonEmptyString(model.base_model);
			return [
				{
					value,
					label: nonEmptyString(model.name) ?? value,
					...(base ? { description: base } : {}),
				},
			];
		});
		const pagination = isObject(body.pagination) ? body.pagination : {};
		const nextCursor = nonEmptyString(pagination.next_cursor);
		return models.length > 0 && nextCursor ? { models, nextCursor } : { models };
	},
});

export const novita: Provider = {
	id: ID,
	title: 'Novita txt2video',
	description: 'Stable Diffusion 1.x checkpoints with several prompts, LoRAs and embeddings',
	documentationUrl: 'https://novita.ai/docs/api-reference/model-apis-txt2video',
	credential: 'textToVideoNovitaApi',
	account: {
		title: 'Novita',
		defaultBaseUrl: 'https://api.novita.ai',
		authentication: { kind: 'bearer' },
		keyHosts: ['api.novita.ai'],
		cloud: true,
	},
	request,
	limits: { requestsPerMinute: 2, parallelJobs: 4, typicalSeconds: 90 },
	capabilities: {
		callback: {
			field: 'webhook_url',
			signature: 'none',
			progress: false,
			eventType: { member: 'event_type', ours: /^ASYNC_TASK_RESULT$/ },
		},
		cancel: false,
		progress: true,
	},
	submitCall: { method: 'POST', url: '/v3/async/txt2video' },
	rules,
	readSubmit: (reply, _values, context) => readSubmit(ID, reply, context),
	fetchCall: (job) => ({
		method: 'GET',
		url: '/v3/async/task-result',
		query: { task_id: job.jobId },
	}),
	readFetch,
	readCallback,
	balance,
	modelSearch: {
		checkpoint: search('checkpoint', 'sd_name'),
		lora: search('lora', 'sd_name_in_api'),
		textualinversion: search('textualinversion', 'sd_name_in_api'),
	},
};
