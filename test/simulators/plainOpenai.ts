/**
 * OpenAI Videos servers that are not ours, with what they leave out of the format: SGLang's and vLLM-Omni's. No callback,
 * no ETA, no idempotency, no models of other kinds; errors in the manner of FastAPI.
 */
import type { JsonObject } from '../../providers/contract';
import { isObject } from '../../providers/schema/wire';
import { uuid } from './novita';
import type {
	Answer,
	ErrorKind,
	FamilyContext,
	FamilySimulator,
	Incoming,
	SimulatedJob,
	Snapshot,
} from './types';
import { localGpu } from './localGpu';

/** `openai` is the format as it was published. */
export type PlainServer = 'openai' | 'sglang' | 'vllmOmni';

const ERRORS: Record<ErrorKind, [status: number, detail: string]> = {
	invalidKey: [401, 'Unauthorized'],
	invalidRequest: [422, 'Field required'],
	modelUnknown: [404, 'The model does not exist.'],
	noCredit: [403, 'Forbidden'],
	notFound: [404, 'Video not found'],
	promptRefused: [400, 'The prompt was refused'],
	rateLimited: [429, 'Too many requests'],
	serverError: [500, 'Internal Server Error'],
};

const detail = (status: number, text: unknown): Answer => ({ status, body: { detail: text } });

function videoObject(server: PlainServer, job: SimulatedJob, now: Snapshot): JsonObject {
	const failed = now.status === 'failed' || now.status === 'cancelled';
	const done = now.status === 'succeeded';
	const common: JsonObject = {
		id: job.id,
		object: 'video',
		created_at: Math.floor(job.acceptedAtMs / 1000),
		size: String(job.request.size ?? '832x480'),
		seconds: String(job.request.seconds ?? '4'),
	};
	if (server === 'vllmOmni') {
		return {
			...common,
			model: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
			status: done
				? 'completed'
				: failed
					? 'failed'
					: now.status === 'queued'
						? 'queued'
						: 'in_progress',
			progress: now.progress,
			error: failed ? { code: 'generation_failed', message: now.reason } : null,
			...(done
				? { media_type: 'video/mp4', file_name: `${job.id}.mp4`, inference_time_s: 61.5 }
				: {}),
		};
	}
	if (server === 'openai') {
		return {
			...common,
			...{ model: String(job.request.model ?? 'sora-2'), quality: 'standard' },
			status: done
				? 'completed'
				: failed
					? 'failed'
					: now.status === 'queued'
						? 'queued'
						: 'in_progress',
			progress: now.progress,
			error: failed ? { code: 'server_error', message: now.reason } : null,
		};
	}
	return {
		...common,
		// Whatever was asked for.
		...{ model: 'sora-2', quality: 'standard', remixed_from_video_id: null, expires_at: null },
		// It never says that it has begun, nor how far it is.
		status: done ? 'completed' : failed ? 'failed' : 'queued',
		progress: done ? 100 : 0,
		completed_at: done ? Math.floor(job.acceptedAtMs / 1000) : null,
		error: failed ? { message: now.reason } : null,
		...(done ? { file_path: `/outputs/${job.id}.mp4`, peak_memory_mb: 20_000 } : {}),
	};
}

/** What FastAPI says of a body that it can not read. */
function objection(server: PlainServer, { headers, body }: Incoming): string | undefined {
	const form = /^multipart\/form-data/.test(headers['content-type'] ?? '');
	if (server === 'vllmOmni' && !form) return 'body.prompt: Field required';
	if (server === 'sglang' && form) return 'input_reference is required';
	if (!form && !(isObject(body) && typeof body.prompt === 'string'))
		return 'body.prompt: Field required';
	return undefined;
}

export const plainOpenai = (server: PlainServer): FamilySimulator => {
	const { idempotencyHeader: _none, callback: _silent, ...format } = localGpu;
	const answer = (job: SimulatedJob, now: Snapshot, _context: FamilyContext): Answer => ({
		status: 200,
		body: videoObject(server, job, now),
	});
	return {
		...format,
		objection: (incoming) => objection(server, incoming),
		newJobId: ({ random }) =>
			server === 'sglang'
				? uuid(random)
				: `video_gen_${uuid(random).replaceAll('-', '').slice(0, 16)}`,
		trackingIdOf: () => undefined,
		callbackUrlOf: () => undefined,
		submitted: answer,
		fetched: answer,
		noContent: (now) =>
			now.status === 'failed'
				? detail(500, 'Video generation failed')
				: detail(404, 'Generation is still in-progress'),
		cancelled: (job, now) =>
			server === 'sglang'
				? { status: 200, body: { ...videoObject(server, job, now), status: 'deleted' } }
				: { status: 200, body: { id: job.id, deleted: true, object: 'video.deleted' } },
		error(kind, { message, status }) {
			const [http, said] = ERRORS[kind];
			const text = message ?? said;
			return kind === 'invalidRequest'
				? detail(status ?? http, [{ loc: ['body'], msg: text, type: 'missing' }])
				: detail(status ?? http, text);
		},
		models: () => ({
			status: 200,
			body: { object: 'list', data: [{ id: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers', object: 'model' }] },
		}),
	};
};
