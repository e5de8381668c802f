/** The Compose file that people start from: read as Compose reads it, and held against a strict schema of what it uses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod/v4';
import { REPOSITORY_FOLDER } from '../../scripts/repository';

export const DEPLOY_FOLDER = join(REPOSITORY_FOLDER, 'examples', 'deploy');
export const deployFile = (name: string): string => readFileSync(join(DEPLOY_FOLDER, name), 'utf8');

const duration = z.string().regex(/^\d+(s|m)$/);
const environment = z.record(z.string(), z.string());

/** The part of the Compose specification that the file uses: any other word is a mistake. */
const service = z.strictObject({
	image: z.string().optional(),
	build: z
		.strictObject({
			context: z.string().optional(),
			dockerfile: z.string(),
			args: environment.optional(),
		})
		.optional(),
	profiles: z.array(z.string()).optional(),
	restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
	init: z.boolean().optional(),
	user: z.string().optional(),
	working_dir: z.string().optional(),
	command: z.array(z.string()).optional(),
	stop_grace_period: duration.optional(),
	environment: environment.optional(),
	volumes: z.array(z.string().regex(/^[\w./-]+:\/[\w./-]+(:ro)?$/)).optional(),
	ports: z.array(z.string()).optional(),
	networks: z.record(z.string(), z.strictObject({ aliases: z.array(z.string()) })).optional(),
	healthcheck: z
		.strictObject({
			test: z.array(z.string()).min(2),
			interval: duration,
			timeout: duration,
			retries: z.number().int(),
			start_period: duration.optional(),
		})
		.optional(),
	depends_on: z
		.record(
			z.string(),
			z.strictObject({
				condition: z.enum(['service_healthy', 'service_completed_successfully']),
			}),
		)
		.optional(),
	deploy: z
		.strictObject({
			resources: z.strictObject({
				reservations: z.strictObject({
					devices: z.array(
						z.strictObject({
							driver: z.string(),
							count: z.union([z.number(), z.literal('all')]),
							capabilities: z.array(z.string()),
						}),
					),
				}),
			}),
		})
		.optional(),
});

const composeFile = z
	.object({
		name: z.string().optional(),
		services: z.record(z.string(), service),
		volumes: z.record(z.string(), z.null()).optional(),
	})
	.catchall(z.unknown());

export type Service = z.infer<typeof service>;
export type ComposeFile = z.infer<typeof composeFile>;

const VARIABLE = /(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}/g;

/** Every variable that the file takes from `.env`. */
export const variablesOf = (text: string): string[] => [
	...new Set([...text.matchAll(VARIABLE)].map(([, name]) => name!)),
];

/** Reads the YAML, then fills in `${NAME}`, `${NAME:-fallback}` and `${NAME:?message}` in its texts, as Compose does. */
export function readCompose(name: string, env: Record<string, string>): ComposeFile {
	const filled = (text: string): string =>
		text
			.replace(
				VARIABLE,
				(_all, variable: string, mark: string | undefined, more: string | undefined) => {
					const value = env[variable];
					if (value) return value;
					if (mark === ':-') return more ?? '';
					throw new Error(more ?? `${variable} is not set`);
				},
			)
			.replaceAll('$$', '$');
	const walk = (value: unknown): unknown => {
		if (typeof value === 'string') return filled(value);
		if (Array.isArray(value)) return value.map(walk);
		if (value === null || typeof value !== 'object') return value;
		return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
	};
	return composeFile.parse(walk(parse(deployFile(name), { merge: true })));
}

/** `NAME=value` a line; comments and blank lines do not count. */
export const readDotEnv = (text: string): Record<string, string> =>
	Object.fromEntries(
		text
			.split('\n')
			.filter((line) => /^\w+=/.test(line))
			.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
	);
