/**
 * Novita's models beside txt2video: `/v3/async/{model}`, Seedance 2 in its maker's format, Veo in Google's. The results of
 * all but Seedance are asked for where those of txt2video are.
 */
import type { JobStatus, JsonObject } from '../../providers/contract';
import { novitaAnyModel } from '../../providers/novita/anyModel';
import { ofModel } from '../../providers/schema/ofModel';
import { isObject } from '../../providers/schema/wire';
import { objection } from './documents/check';
import { asyncModels, isSeedance, seedance, veo } from './documents/novita';
import { novita, uuid } from './novita';
import type { FamilySimulator, Incoming } from './types';

const TASKS = '/v3/bytedance/metered/contents/generations/tasks';
const VEO =
	/^\/v3\/veo-3\.1\/v1(?:beta1)?\/models\/(veo-3\.1-(?:fast-|lite-)?generate-001):predictLongRunning$/;
const ASYNC = /^\/v3\/async\/([^/]+)$/;

const STATUSES: Record<JobStatus, string> = {
	queued: 'queued',
	processing: 'running',
	succeeded: 'succeeded',
	failed: 'failed',
	cancelled: 'cancelled',
};

/** The model that the request is for, by its path or by its body. */
function modelOf({ path, body }: Incoming): string | undefined {
	if (path === TASKS) return isObject(body) ? String(body.model) : undefined;
	const name = decodeURIComponent((VEO.exec(path) ?? ASYNC.exec(path))?.[1] ?? '');
	return VEO.test(path) || name in asyncModels ? name : undefined;
}

export const novitaModels: FamilySimulator = {
	...novita,
	family: 'novitaModels',
	requestsPerMinute: 20,
	route(incoming) {
		const { method, path } = incoming;
		if (path.startsWith(`${TASKS}/`)) {
			const jobId = decodeURIComponent(path.slice(TASKS.length + 1));
			if (method === 'GET') return { call: 'fetch', jobId };
			return method === 'DELETE' ? { call: 'cancel', jobId } : undefined;
		}
		const model = method === 'POST' ? modelOf(incoming) : undefined;
		return model === undefined
			? undefined
			: { call: 'submit', provider: ofModel(novitaAnyModel, { model }) };
	},
	objection(incoming) {
		const body = incoming.body as JsonObject;
		if (incoming.path === TASKS) return seedanceObjection(body);
		if (VEO.test(incoming.path)) return objection(veo, body);
		const problem = objection(asyncModels[String(modelOf(incoming))]!, body);
		const both = body.prompt !== undefined && body.multi_prompt !== undefined;
		return problem ?? (both ? 'multi_prompt and prompt are mutually exclusive' : undefined);
	},
	newJobId: ({ random }) => uuid(random),
	submitted({ id, request }) {
		if (request.instances) return { status: 200, body: { name: id, done: false } };
		return { status: 200, body: request.content ? { id } : { task_id: id } };
	},
	fetched(job, now, context) {
		const { status, reason } = now;
		return {
			status: 200,
			body: {
				id: job.id,
				model: job.request.model ?? '',
				status: STATUSES[status],
				...(status === 'succeeded'
					? {
							content: { video_url: context.fileUrl(job) },
							usage: { completion_tokens: 108900, total_tokens: 108900 },
						}
					: {}),
				...(reason ? { error: { code: 'GenerationFailed', message: reason } } : {}),
			},
		};
	},
	cancelled: () => ({ status: 200, body: {} }),
};

function seedanceObjection(body: JsonObject): string | undefined {
	if (!isSeedance(body.model)) return `The model ${String(body.model)} does not exist`;
	const problem = objection(seedance(body.model), body);
	if (problem) return problem;
	const parts = (body.content as JsonObject[]).map(({ type, role }) => String(role ?? type));
	const has = (role: string) => parts.includes(role);
	if (has('last_frame') && !has('first_frame')) return 'last_frame needs first_frame';
	const references = parts.filter((role) => role.startsWith('reference_'));
	if (has('first_frame') && references.length > 0)
		return 'frames and references exclude each other';
	if (parts.filter((role) => role === 'reference_image').length > 9) return 'too many images';
	if (parts.every((role) => role === 'text') && body.ratio === 'adaptive') {
		return 'adaptive is not for text alone';
	}
	return references.length > 0 && references.every((role) => role === 'reference_audio')
		? 'audio needs an image or a video'
		: undefined;
}
