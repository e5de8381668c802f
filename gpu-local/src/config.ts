import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_LIMITS } from './core/limits.ts';
import type { Limits } from './core/limits.ts';

/** Everything a person can set, by flag or by environment variable. */
export interface Config {
	host: string;
	port: number;
	dataFolder: string;
	modelsFolder: string;
	/** A folder, or `s3://bucket/prefix`; shared where several machines work together. */
	artifactsPlace: string;
	databaseUrl: string | undefined;
	engine: string;
	/** False: this process only answers HTTP. */
	work: boolean;
	apiKeys: string[];
	/** How others reach this server, for links in callbacks. */
	publicUrl: string | undefined;
	allowedHosts: string[];
	allowedOrigins: string[];
	callbackAllow: string[];
	/** Standard Webhooks secrets; one is made where none is given. */
	webhookSecrets: string[];
	defaultModel: string | undefined;
	modelAliases: Record<string, string>;
	/** How long a finished video is kept. */
	keepSeconds: number;
	/** How long a job can be read after its file is gone. */
	historySeconds: number;
	shutdownGraceMs: number;
	logLevel: string;
	limits: Limits;
	/** The environment, for engines. */
	env: Record<string, string | undefined>;
}

interface Option {
	/** Environment variable. */
	env: string;
	/** What stands behind the flag in the help; none for a switch. */
	value?: string;
	many?: boolean;
	fallback?: string;
	help: string;
	/** Which commands know it; all where left out. */
	group: 'server' | 'worker' | 'both';
}

const GIB = 1024 ** 3;
const DAY_SECONDS = 24 * 3600;

export const OPTIONS = {
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
		value: 'KEY',
		many: true,
		help: 'A key that callers must send. Safer in the environment than on the command line. Can be given several times.',
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
		help: 'How long running jobs may go on when the server is stopped; then they go back into the queue.',
		group: 'both',
	},
	'log-level': {
		env: 'GPU_LOCAL_LOG_LEVEL',
		value: 'LEVEL',
		fallback: 'info',
		help: 'debug, info, warn or error. Logs go to standard error, one JSON object a line.',
		group: 'both',
	},
} as const satisfies Record<string, Option>;

type Name = keyof typeof OPTIONS;

/** Something that the person who typed it can put right. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

export function readConfig(
	args: string[],
	env: Record<string, string | undefined>,
	command: 'server' | 'worker',
): Config {
	const given = parse(args, command);
	const texts = (name: Name): string[] => {
		const flag = given[name];
		if (Array.isArray(flag)) return flag.map(String);
		if (typeof flag === 'string') return [flag];
		const variable = env[OPTIONS[name].env];
		if (variable === undefined || variable === '') return [];
		const many = 'many' in OPTIONS[name];
		return many ? variable.split(',').map((entry) => entry.trim()) : [variable];
	};
	const text = (name: Name): string | undefined => {
		const option: Option = OPTIONS[name];
		return texts(name)[0] ?? option.fallback;
	};
	const number = (name: Name, least: number, most = Number.MAX_SAFE_INTEGER): number => {
		const value = Number(text(name));
		if (Number.isFinite(value) && value >= least && value <= most) return value;
		throw new UsageError(`--${name} is "${text(name)}". Give a number from ${least} to ${most}.`);
	};
	const whole = (name: Name, least: number, most?: number): number =>
		Math.floor(number(name, least, most));
	const on = (name: Name): boolean =>
		given[name] === true || /^(1|true|yes|on)$/i.test(env[OPTIONS[name].env] ?? '');

	const dataFolder = resolve(text('data') ?? join(homedir(), '.gpu-local'));
	return {
		host: text('host')!,
		port: whole('port', 0, 65535),
		dataFolder,
		modelsFolder: resolve(text('models') ?? join(dataFolder, 'models')),
		artifactsPlace: placeOf(text('artifacts')) ?? join(dataFolder, 'videos'),
		databaseUrl: text('database-url'),
		engine: text('engine')!,
		work: !on('no-work'),
		apiKeys: texts('api-key'),
		publicUrl: text('public-url')?.replace(/\/+$/, ''),
		allowedHosts: texts('allow-host'),
		allowedOrigins: texts('allow-origin'),
		callbackAllow: texts('webhook-allow'),
		webhookSecrets: texts('webhook-secret'),
		defaultModel: text('default-model'),
		modelAliases: aliases(texts('model-alias')),
		keepSeconds: number('keep-days', 0) * DAY_SECONDS,
		historySeconds: number('history-days', 0) * DAY_SECONDS,
		shutdownGraceMs: number('shutdown-seconds', 0) * 1000,
		logLevel: text('log-level')!,
		limits: {
			maxPixels: whole('max-pixels', 4),
			maxFrames: whole('max-frames', 1),
			maxWork: number('max-work', 1),
			maxQueued: whole('max-queued', 1),
			maxQueuedPerKey: whole('max-queued-per-key', 1),
			jobSeconds: whole('job-seconds', 1, DAY_SECONDS - 3600),
			maxAttempts: whole('attempts', 1, 100),
			quotaBytes: number('quota-gb', 0) * GIB,
			minFreeBytes: number('min-free-gb', 0) * GIB,
		},
		env,
	};
}

function parse(
	args: string[],
	command: 'server' | 'worker',
): Record<string, string | boolean | Array<string | boolean> | undefined> {
	const options: Record<string, { type: 'string' | 'boolean'; multiple: boolean }> = {};
	for (const [name, option] of Object.entries<Option>(OPTIONS)) {
		if (command === 'worker' && option.group === 'server') continue;
		options[name] = {
			type: option.value === undefined ? 'boolean' : 'string',
			multiple: option.many === true,
		};
	}
	try {
		return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
	} catch (error) {
		throw new UsageError(
			`${(error as Error).message}. "gpu-local help" lists everything that can be given.`,
		);
	}
}

const placeOf = (text: string | undefined): string | undefined =>
	text === undefined || text.startsWith('s3://') ? text : resolve(text);

function aliases(entries: string[]): Record<string, string> {
	return Object.fromEntries(
		entries.map((entry) => {
			const at = entry.indexOf('=');
			if (at < 1) throw new UsageError(`--model-alias is "${entry}". Give NAME=MODEL.`);
			return [entry.slice(0, at), entry.slice(at + 1)];
		}),
	);
}
