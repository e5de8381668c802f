import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { UsageError } from '../lib/usageError.ts';
import { readGiven } from './optionReader.ts';
import type { Command } from './optionReader.ts';
import { GIB } from './options.ts';

const DAY_SECONDS = 24 * 3600;

/** Reads the flags of a command and the environment. */
export function readConfig(
	args: string[],
	env: Record<string, string | undefined>,
	command: Command,
): Config {
	const { texts, text, number, whole, on } = readGiven(args, env, command);
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
		accessLog: on('access-log'),
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
