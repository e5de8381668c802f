import { isIP } from 'node:net';
import { secretOf } from '../http/keys.ts';
import { UsageError } from '../lib/usageError.ts';
import { readConfig } from './config.ts';
import type { Config } from '../config.ts';
import type { Terminal } from './terminal.ts';

const CALLBACKS_HELP = `gpu-local callbacks COMMAND [OPTIONS]

Asks the running server about callbacks. It is found, and its key, by the options and environment variables that the
server was started with (--host, --port, --api-key).

  list VIDEO_ID      What was sent for a job, and what the receiver answered
  resend VIDEO_ID    Send the callback of a finished job once more
  disabled           Addresses that answered 410 Gone and are not called any more
  enable URL         Call such an address again, and send what it has missed`;

/** `gpu-local callbacks`. */
export async function callbacksCommand(args: string[], { env, out }: Terminal): Promise<void> {
	const [command, ...rest] = args;
	if (command === undefined || command === '--help') return out(CALLBACKS_HELP);
	const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
	if (!run) {
		throw new UsageError(
			`There is no "gpu-local callbacks ${command}". The commands are: ${Object.keys(COMMANDS).join(', ')}.`,
		);
	}
	const named = rest[0]?.startsWith('-') ? undefined : rest[0];
	const config = readConfig(named === undefined ? rest : rest.slice(1), env, 'server');
	const ask: Ask = async (method, path, body) => await askServer(config, method, path, body);
	await run({ named, ask, out });
}

type Ask = (method: string, path: string, body?: object) => Promise<unknown>;
interface Tools {
	named: string | undefined;
	ask: Ask;
	out(line: string): void;
}

interface CallbackList {
	data: Array<{
		url: string;
		status: string;
		next_at: string | null;
		log: Array<{ at: string; status?: number; error?: string }>;
	}>;
}

const COMMANDS: Record<string, (tools: Tools) => Promise<void>> = {
	list: async ({ named, ask, out }) => {
		const path = `/v1/videos/${encodeURIComponent(needed(named, 'a VIDEO_ID'))}/callbacks`;
		say((await ask('GET', path)) as CallbackList, out);
	},
	resend: async ({ named, ask, out }) => {
		const path = `/v1/videos/${encodeURIComponent(needed(named, 'a VIDEO_ID'))}/callbacks/resend`;
		say((await ask('POST', path)) as CallbackList, out);
	},
	disabled: async ({ ask, out }) => {
		const { data } = (await ask('GET', '/v1/callbacks/disabled')) as {
			data: Array<{ url: string; since: string }>;
		};
		for (const { url, since } of data) out(`${url}  since ${since}`);
		if (data.length === 0) out('Every address is called.');
	},
	enable: async ({ named, ask, out }) => {
		const url = needed(named, 'a URL');
		const { resent } = (await ask('POST', '/v1/callbacks/enable', { url })) as { resent: number };
		out(`${url} is called again. Callbacks that it missed and that are sent now: ${resent}.`);
	},
};

function needed(value: string | undefined, what: string): string {
	if (value !== undefined) return value;
	throw new UsageError(`Give ${what}.\n\n${CALLBACKS_HELP}`);
}

function say({ data }: CallbackList, out: (line: string) => void): void {
	if (data.length === 0) out('This job named no address to call back, or has not ended yet.');
	for (const { url, status, next_at: nextAt, log } of data) {
		out(`${url}: ${status}${nextAt === null ? '' : `, next attempt at ${nextAt}`}`);
		for (const entry of log) out(`  ${entry.at}  ${entry.status ?? ''} ${entry.error ?? ''}`);
	}
}

/** Addresses that a server listens on and nobody can call. */
const EVERYWHERE = new Set(['0.0.0.0', '::']);

async function askServer(
	{ host, port, apiKeys }: Config,
	method: string,
	path: string,
	body: object | undefined,
): Promise<unknown> {
	const name = EVERYWHERE.has(host) ? '127.0.0.1' : isIP(host) === 6 ? `[${host}]` : host;
	const base = `http://${name}:${port}`;
	const [key] = apiKeys;
	const reply = await fetch(`${base}${path}`, {
		method,
		headers: {
			...(key === undefined ? {} : { authorization: `Bearer ${secretOf(key)}` }),
			...(body === undefined ? {} : { 'content-type': 'application/json' }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	}).catch((error: Error) => {
		throw new UsageError(
			`No gpu-local answers at ${base}. Start it, or give the --host and --port that it has.`,
			{ cause: error },
		);
	});
	const answer = (await reply.json().catch(() => ({}))) as { error?: { message?: string } };
	if (reply.ok) return answer;
	throw new UsageError(answer.error?.message ?? `The server answered ${reply.status}.`);
}
