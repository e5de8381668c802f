/**
 * OpenAI Videos servers that are not ours, with what they leave out of the format: SGLang's and vLLM-Omni's. No callback,
 * no ETA, no idempotency, no models of other kinds; errors in the manner of FastAPI.
 */
import type { JobStatus, JsonObject } from '../../providers/contract';
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

const secondsAt = (ms: number): number => Math.floor(ms / 1000);

const WORDS: Record<JobStatus, string> = {
	queued: 'queued',
	processing: 'in_progress',
	succeeded: 'completed',
	failed: 'failed',
	cancelled: 'failed',
};

const common = ({ id, request, acceptedAtMs }: SimulatedJob): JsonObject => ({
	...{ id, object: 'video', created_at: secondsAt(acceptedAtMs) },
	size: String(request.size ?? '720x1280'),
	seconds: String(request.seconds ?? '4'),
});

/** The video object as each server prints it. */
const DESCRIBED: Record<
	PlainServer,
	(job: SimulatedJob, now: Snapshot, context: FamilyContext) => JsonObject
> = {
	/** `completed_at`, `expires_at` and `error` are there once the job is over. */
	openai(job, now, { nowMs, fileTtlSeconds }) {
		const endedMs = Math.min(nowMs, job.acceptedAtMs + job.durationMs);
		const ended: Partial<Record<JobStatus, JsonObject>> = {
			succeeded: {
				...{ completed_at: secondsAt(endedMs), error: null },
				expires_at: secondsAt(endedMs) + fileTtlSeconds,
			},
			failed: { error: { code: 'server_error', message: now.reason } },
		};
		return {
			...common(job),
			...{ model: String(job.request.model ?? 'sora-2'), quality: 'standard' },
			...{ status: WORDS[now.status], progress: now.progress },
			...ended[now.status],
		};
	},
	/** It never says that it has begun, nor how far it is, and echoes no model but its default. */
	sglang(job, now) {
		const done = now.status === 'succeeded';
		return {
			...common(job),
			...{ model: 'sora-2', quality: 'standard', remixed_from_video_id: null, expires_at: null },
			status: now.status === 'processing' ? 'queued' : WORDS[now.status],
			progress: done ? 100 : 0,
			completed_at: done ? secondsAt(job.acceptedAtMs) : null,
			error: WORDS[now.status] === 'failed' ? { message: now.reason } : null,
			...(done ? { file_path: `/outputs/${job.id}.mp4`, peak_memory_mb: 20_000 } : {}),
		};
	},
	/** No progress before the end, and the name of a Python exception as the code of a failure. */
	vllmOmni(job, now) {
		const done = now.status === 'succeeded';
		return {
			...common(job),
			model: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
			...{ status: WORDS[now.status], progress: done ? 100 : 0 },
			error: WORDS[now.status] === 'failed' ? { code: 'RuntimeError', message: now.reason } : null,
			...(done
				? { media_type: 'video/mp4', file_name: `${job.id}.mp4`, inference_time_s: 61.5 }
				: {}),
		};
	},
};

/** What FastAPI says of a body that it can not read. */
function objection(server: PlainServer, { headers, body }: Incoming): string | undefined {
	const form = /^multipart\/form-data/.test(headers['content-type'] ?? '');
	const { prompt, seconds } = body as JsonObject;
	if (typeof prompt !== 'string' || (server === 'vllmOmni' && !form)) {
		return 'body.prompt: Field required';
	}
	if (server === 'sglang' && form) return 'input_reference is required';
	// SGLang's is a whole number, for which a text of digits is taken too.
	const isText = typeof seconds === 'string' || server === 'sglang';
	return seconds === undefined || (isText && /^[1-9]\d*$/.test(String(seconds)))
		? undefined
		: 'body.seconds: Input should be a valid string';
}

/** Of a failed job, vLLM-Omni's question is answered with an error, and the job in it. */
const statusOfAnswer = (server: PlainServer, { status }: Snapshot): number =>
	server === 'vllmOmni' && WORDS[status] === 'failed' ? 500 : 200;

export const plainOpenai = (server: PlainServer): FamilySimulator => {
	const { idempotency: _none, callback: _silent, ...format } = localGpu;
	const describe = DESCRIBED[server];
	return {
		...format,
		objection: (incoming) => objection(server, incoming),
		newJobId: ({ random }) =>
			server === 'sglang'
				? uuid(random)
				: `video_gen_${uuid(random).replaceAll('-', '').slice(0, 16)}`,
		trackingIdOf: () => undefined,
		callbackUrlOf: () => undefined,
		submitted: (job, now, context) => ({ status: 200, body: describe(job, now, context) }),
		fetched: (job, now, context) => ({
			status: statusOfAnswer(server, now),
			body: describe(job, now, context),
		}),
		forgetsCancelled: true,
		noContent: (now) =>
			server === 'vllmOmni' && now.status === 'failed'
				? detail(422, 'Video generation failed. Check job status for error details.')
				: detail(404, 'Generation is still in-progress'),
		cancelled: (job, now, context) =>
			server === 'sglang'
				? { status: 200, body: { ...describe(job, now, context), status: 'deleted' } }
				: { status: 200, body: { id: job.id, deleted: true, object: 'video.deleted' } },
		error(kind, given, context) {
			if (server === 'openai') return format.error(kind, given, context);
			const [http, said] = ERRORS[kind];
			const { status = http, message = said } = given;
			return kind === 'invalidRequest'
				? detail(status, [{ loc: ['body'], msg: message, type: 'missing' }])
				: detail(status, message);
		},
		models: () => ({
			status: 200,
			body: { object: 'list', data: [{ id: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers', object: 'model' }] },
		}),
	};
};
