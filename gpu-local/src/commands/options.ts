import { DEFAULT_LIMITS } from '../videos/limits.ts';

export interface Option {
	/** Environment variable. */
	env: string;
	/** What stands behind the flag in the help; none for a switch. */
	value?: string;
	many?: boolean;
	fallback?: string;
	help: string;
	/** Which commands know it. */
	group: 'server' | 'both';
}

/** Bytes in what the help calls a GB. */
export const GIB = 1024 ** 3;

/** Everything that can be typed, with its words for the help. */
export const OPTIONS = {
	config: {
		env: 'GPU_LOCAL_CONFIG',
		value: 'FILE',
		help: 'A YAML file with any of these options, by their names. What the command line or the environment says goes before it.',
		group: 'both',
	},
	host: {
		env: 'GPU_LOCAL_HOST',
		value: 'ADDRESS',
		fallback: '127.0.0.1',
		help: 'Address to listen on. Anything but this machine itself needs an API key.',
		group: 'server',
	},
	port: {
		env: 'GPU_LOCAL_PORT',
		value: 'NUMBER',
		fallback: '8484',
		help: 'Port to listen on. 0 takes any free one.',
		group: 'server',
	},
	data: {
		env: 'GPU_LOCAL_DATA',
		value: 'FOLDER',
		help: 'Where jobs and videos are kept. One server a folder.',
		group: 'both',
	},
	'database-url': {
		env: 'DATABASE_URL',
		value: 'URL',
		help: 'A PostgreSQL server instead of the built-in database, to share the work over machines.',
		group: 'both',
	},
	engine: {
		env: 'GPU_LOCAL_ENGINE',
		value: 'NAME',
		fallback: 'preview',
		help: 'What makes the videos: preview, diffusers or openai-videos.',
		group: 'both',
	},
	'no-work': {
		env: 'GPU_LOCAL_NO_WORK',
		help: 'Only answer requests; the videos are made by "gpu-local worker".',
		group: 'server',
	},
	models: {
		env: 'GPU_LOCAL_MODELS',
		value: 'FOLDER',
		help: 'The one folder that models are read from.',
		group: 'both',
	},
	'default-model': {
		env: 'GPU_LOCAL_DEFAULT_MODEL',
		value: 'NAME',
		help: 'The model for requests that name none. Otherwise the first one.',
		group: 'server',
	},
	'model-alias': {
		env: 'GPU_LOCAL_MODEL_ALIASES',
		value: 'NAME=MODEL',
		many: true,
		help: 'Another name for a model, such as midjourney=wan-1.3b. Can be given several times.',
		group: 'server',
	},
	artifacts: {
		env: 'GPU_LOCAL_ARTIFACTS',
		value: 'PLACE',
		help: 'Where finished videos go: a folder, or s3://BUCKET/PREFIX (with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for other services than Amazon, AWS_ENDPOINT_URL_S3).',
		group: 'both',
	},
	'api-key': {
		env: 'GPU_LOCAL_API_KEYS',
		value: '[NAME=]KEY',
		many: true,
		help: 'A key that callers must send; KEY is what they send. Jobs belong to the name, so that a key can be changed: give the new one the same name, and leave the old one out later. Safer in the environment than on the command line. Can be given several times.',
		group: 'server',
	},
	'public-url': {
		env: 'GPU_LOCAL_PUBLIC_URL',
		value: 'URL',
		help: 'How others reach this server, for example https://videos.example.com.',
		group: 'server',
	},
	'allow-host': {
		env: 'GPU_LOCAL_ALLOW_HOSTS',
		value: 'NAME',
		many: true,
		help: 'A host name under which this server may be called. Can be given several times.',
		group: 'server',
	},
	'allow-origin': {
		env: 'GPU_LOCAL_ALLOW_ORIGINS',
		value: 'ORIGIN',
		many: true,
		help: 'A web page that may call this server from a browser. Can be given several times.',
		group: 'server',
	},
	'webhook-allow': {
		env: 'GPU_LOCAL_WEBHOOK_ALLOW',
		value: 'ORIGIN',
		many: true,
		help: 'An address on this machine or network that may be called back, such as http://localhost:5678. Can be given several times.',
		group: 'both',
	},
	'webhook-secret': {
		env: 'GPU_LOCAL_WEBHOOK_SECRETS',
		value: 'WHSEC',
		many: true,
		help: 'What callbacks are signed with, as whsec_… Otherwise one is made; "gpu-local webhook-secret" shows it. Two at once while one is replaced.',
		group: 'server',
	},
	'keep-days': {
		env: 'GPU_LOCAL_KEEP_DAYS',
		value: 'DAYS',
		fallback: '7',
		help: 'How long a finished video is kept.',
		group: 'both',
	},
	'history-days': {
		env: 'GPU_LOCAL_HISTORY_DAYS',
		value: 'DAYS',
		fallback: '30',
		help: 'How long a job can be looked up after its video is gone.',
		group: 'server',
	},
	'quota-gb': {
		env: 'GPU_LOCAL_QUOTA_GB',
		value: 'GB',
		fallback: String(DEFAULT_LIMITS.quotaBytes / GIB),
		help: 'Room for all videos together.',
		group: 'server',
	},
	'min-free-gb': {
		env: 'GPU_LOCAL_MIN_FREE_GB',
		value: 'GB',
		fallback: String(DEFAULT_LIMITS.minFreeBytes / GIB),
		help: 'Room on the disk that is never used.',
		group: 'server',
	},
	'max-queued': {
		env: 'GPU_LOCAL_MAX_QUEUED',
		value: 'NUMBER',
		fallback: String(DEFAULT_LIMITS.maxQueued),
		help: 'How many jobs may wait.',
		group: 'server',
	},
	'max-queued-per-key': {
		env: 'GPU_LOCAL_MAX_QUEUED_PER_KEY',
		value: 'NUMBER',
		fallback: String(DEFAULT_LIMITS.maxQueuedPerKey),
		help: 'How many jobs of one key may wait.',
		group: 'server',
	},
	'max-pixels': {
		env: 'GPU_LOCAL_MAX_PIXELS',
		value: 'NUMBER',
		fallback: String(DEFAULT_LIMITS.maxPixels),
		help: 'Largest width × height.',
		group: 'server',
	},
	'max-frames': {
		env: 'GPU_LOCAL_MAX_FRAMES',
		value: 'NUMBER',
		fallback: String(DEFAULT_LIMITS.maxFrames),
		help: 'Longest video in frames.',
		group: 'server',
	},
	'max-work': {
		env: 'GPU_LOCAL_MAX_WORK',
		value: 'NUMBER',
		fallback: String(DEFAULT_LIMITS.maxWork),
		help: 'Largest width × height × frames × steps.',
		group: 'server',
	},
	'job-seconds': {
		env: 'GPU_LOCAL_JOB_SECONDS',
		value: 'SECONDS',
		fallback: String(DEFAULT_LIMITS.jobSeconds),
		help: 'How long one job may run.',
		group: 'both',
	},
	attempts: {
		env: 'GPU_LOCAL_ATTEMPTS',
		value: 'NUMBER',
		fallback: String(DEFAULT_LIMITS.maxAttempts),
		help: 'How often a job is started when the process that runs it is lost.',
		group: 'both',
	},
	'shutdown-seconds': {
		env: 'GPU_LOCAL_SHUTDOWN_SECONDS',
		value: 'SECONDS',
		fallback: '10',
		help: 'How long a running job may still take when the server is stopped. Jobs that will not end in that time go back into the queue at once.',
		group: 'both',
	},
	'access-log': {
		env: 'GPU_LOCAL_ACCESS_LOG',
		help: 'Log every request: method, path, status, time, address and the name of the key. At the level info.',
		group: 'server',
	},
	'log-level': {
		env: 'GPU_LOCAL_LOG_LEVEL',
		value: 'LEVEL',
		fallback: 'info',
		help: 'debug, info, warn or error. Logs go to standard error, one JSON object a line.',
		group: 'both',
	},
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
