/** What the server answers with, as JSON Schema. */
export type Schema = Record<string, unknown> & {
	properties?: Record<string, Schema>;
	required?: string[];
};

export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

export const VIDEO_ID = '^video_[0-9a-f]{32}$';
export const VIDEO_STATUSES = [
	'queued',
	'in_progress',
	'completed',
	'failed',
	'cancelled',
	'expired',
];
export const JOB_NUMBER = '^[0-9]{1,15}$';

const text: Schema = { type: 'string' };
const whole: Schema = { type: 'integer' };
const number: Schema = { type: 'number' };
const maybe = ({ type, ...more }: Schema): Schema => ({ ...more, type: [type, 'null'] });
const list = (items: Schema): Schema => ({ type: 'array', items });
const free: Schema = { type: 'object', additionalProperties: true };
/** All members always there, but for those of `optional`. */
const object = (
	required: Record<string, Schema>,
	optional: Record<string, Schema> = {},
): Schema => ({
	type: 'object',
	properties: { ...required, ...optional },
	required: Object.keys(required),
});
const listOf = (name: string): Schema =>
	object({ object: { type: 'string', const: 'list' }, data: list(reference(name)) });

const stableDiffusionStatus: Schema = {
	type: 'string',
	enum: ['processing', 'success', 'failed', 'error'],
};

/** One server-sent event. */
export const VIDEO_EVENT: Schema = object({
	event: { type: 'string', const: 'video' },
	data: {
		type: 'string',
		contentMediaType: 'application/json',
		contentSchema: reference('Video'),
	},
});

export const SCHEMAS: Record<string, Schema> = {
	Video: object(
		{
			id: { type: 'string', pattern: VIDEO_ID },
			object: { type: 'string', const: 'video' },
			model: text,
			status: { type: 'string', enum: VIDEO_STATUSES },
			progress: { ...number, minimum: 0, maximum: 100 },
			created_at: whole,
			completed_at: maybe(whole),
			expires_at: maybe(whole),
			prompt: text,
			size: text,
			seconds: text,
			remixed_from_video_id: maybe(text),
			error: {
				...maybe({ type: 'object' }),
				properties: { code: text, message: text, param: text },
				required: ['code', 'message'],
			},
			quality: text,
			fps: number,
			num_frames: whole,
			seed: whole,
			output_format: { type: 'string', enum: ['mp4', 'gif'] },
			media_type: text,
			stage: maybe(text),
			step: maybe(whole),
			steps: maybe(whole),
			started_at: maybe(whole),
			finished_at: maybe(whole),
			warnings: list(text),
			track_id: maybe(text),
			settings: maybe(free),
			timings: maybe(free),
		},
		{ eta_seconds: number, url: text },
	),
	VideoList: object({
		object: { type: 'string', const: 'list' },
		data: list(reference('Video')),
		first_id: maybe(text),
		last_id: maybe(text),
		has_more: { type: 'boolean' },
	}),
	VideoDeleted: object({
		id: text,
		object: { type: 'string', const: 'video.deleted' },
		deleted: { type: 'boolean' },
	}),
	/** `seconds` is null before the first run of the model. */
	VideoEstimate: object({
		object: { type: 'string', const: 'video.estimate' },
		model: text,
		seconds: maybe(number),
	}),
	QueuePlace: object({ id: text, place: whole, of: whole }),
	Queue: listOf('QueuePlace'),
	Model: object(
		{
			id: text,
			object: { type: 'string', const: 'model' },
			created: whole,
			owned_by: text,
			name: text,
			type: { type: 'string', enum: ['model', 'lora', 'textualinversion'] },
			family: text,
			available: { type: 'boolean' },
			defaults: free,
		},
		{ description: text, unavailable_reason: maybe(text) },
	),
	ModelList: listOf('Model'),
	Callback: object({
		id: text,
		url: text,
		status: text,
		attempts: whole,
		next_at: maybe(text),
		log: list(free),
	}),
	CallbackList: listOf('Callback'),
	DisabledCallback: object({ url: text, since: text }),
	DisabledCallbacks: listOf('DisabledCallback'),
	EnabledCallbacks: object({ url: text, enabled: { type: 'boolean' }, resent: whole }),
	Status: object({ version: text, database: text, jobs: free, runners: list(free) }),
	Health: object({ status: text, version: text }),
	Readiness: object({ status: text }),
	OpenaiError: object({
		error: object({ message: text, type: text, param: maybe(text), code: text }),
	}),
	StableDiffusionJob: object(
		{ status: stableDiffusionStatus },
		{
			id: whole,
			output: { type: ['array', 'string'], items: text },
			tip: text,
			eta: number,
			messege: text,
			message: text,
			fetch_result: text,
			generationTime: number,
			meta: free,
		},
	),
	StableDiffusionModels: list(
		object({ model_id: text, model_name: text, status: text }, { description: maybe(text) }),
	),
	StableDiffusionSchedulers: object({ schedulers: list(text) }),
	StableDiffusionCount: object({
		status: { type: 'string', const: 'success' },
		processing_count: whole,
	}),
	StableDiffusionError: object(
		{
			status: { type: 'string', const: 'error' },
			message: { type: ['string', 'object'], additionalProperties: list(text) },
		},
		{ retry_after: number },
	),
	NovitaTaskId: object({ task_id: { type: 'string', format: 'uuid' } }),
	NovitaTask: object({
		task: object({
			task_id: text,
			task_type: text,
			status: text,
			reason: text,
			eta: number,
			progress_percent: number,
		}),
		extra: free,
		images: list(free),
		videos: list(object({ video_url: text, video_url_ttl: text, video_type: text })),
		audios: list(free),
	}),
	NovitaModels: object({
		models: list(free),
		pagination: object({ next_cursor: text }),
	}),
	NovitaError: object({ code: whole, reason: text, message: text, metadata: free }),
	AimlapiGeneration: object({
		id: { type: 'string', format: 'uuid' },
		status: { type: 'string', enum: ['queued', 'generating', 'completed', 'error'] },
		video: {
			...maybe({ type: 'object' }),
			properties: { url: text, content_type: text, file_name: text, file_size: whole },
			required: ['url'],
		},
		error: {
			...maybe({ type: 'object' }),
			properties: { name: text, message: text },
			required: ['name', 'message'],
		},
		meta: object({ usage: object({ credits_used: whole }), warnings: list(text) }),
	}),
	AimlapiBalance: object({ current_balance: number, currency: text }),
	AimlapiError: object(
		{ message: text, path: text, requestId: text, statusCode: text, timestamp: text },
		{ field: text },
	),
};
