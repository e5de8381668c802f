import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Host, HttpRequest, HttpStream } from '../../../../jobs/host';
import type { Provider, Reply } from '../../../../providers/contract';
import { localGpu } from '../../../../providers/localGpu';
import { UsageError } from '../../lib/usageError.ts';
import type { EngineOptions } from '../engine.ts';
import { FLAVOURS } from './flavours.ts';
import type { Flavour } from './flavours.ts';

/** The video server behind the engine. */
export interface Remote {
	baseUrl: string;
	apiKey: string | undefined;
	flavour: Flavour;
	/** Hosts beside it that it may put videos on. */
	fileHosts: string[];
	host: Host & { stream: HttpStream };
}

const ANSWER_WITHIN_MS = 30_000;
/** Its first answer comes a second after the submit: a machine of one's own may be asked often. */
const TYPICAL_SECONDS = 2.5;

/**
 * The provider "Local GPU", for a server that knows its jobs from the moment it took them: one that it does
 * not know is lost, and need not be asked for again.
 */
export const remoteProvider: Provider = {
	...localGpu,
	limits: { ...localGpu.limits, typicalSeconds: TYPICAL_SECONDS },
	readFetch: (reply, job, context) => {
		const reading = localGpu.readFetch(reply, job, context);
		if (reading.failure?.code !== 'not_found') return reading;
		return { job: { ...job, status: 'failed', failure: reading.failure } };
	},
};

/** @throws UsageError where the environment names no usable server */
export function openRemote({ env, log }: Pick<EngineOptions, 'env' | 'log'>): Remote {
	const url = env.GPU_LOCAL_OPENAI_URL;
	const name = env.GPU_LOCAL_OPENAI_FLAVOUR ?? 'openai';
	const flavour = Object.hasOwn(FLAVOURS, name) ? FLAVOURS[name] : undefined;
	if (!url || !/^https?:\/\//.test(url)) {
		throw new UsageError(
			'The engine openai-videos needs the address of a video server: set GPU_LOCAL_OPENAI_URL, for example http://127.0.0.1:30000.',
		);
	}
	if (!flavour) {
		throw new UsageError(
			`GPU_LOCAL_OPENAI_FLAVOUR is "${name}". Give one of ${Object.keys(FLAVOURS).join(', ')}.`,
		);
	}
	const apiKey = env.GPU_LOCAL_OPENAI_KEY;
	return {
		baseUrl: url.replace(/\/+$/, '').replace(/\/v1$/, ''),
		apiKey,
		flavour,
		fileHosts: (env.GPU_LOCAL_OPENAI_FILE_HOSTS ?? '')
			.split(',')
			.map((host) => host.trim().toLowerCase())
			.filter(Boolean),
		host: createHost(apiKey, log),
	};
}

function createHost(apiKey: string | undefined, log: EngineOptions['log']): Remote['host'] {
	const send = async (request: HttpRequest, signal: AbortSignal | undefined) => {
		const { url, query, authenticate, method, headers, body } = request;
		return await fetch(query ? `${url}?${new URLSearchParams(query)}` : url, {
			method,
			redirect: 'manual',
			...(signal ? { signal } : {}),
			headers: {
				...headers,
				...(authenticate ? keyHeader(apiKey) : {}),
				...(body ? { 'content-type': 'application/json' } : {}),
			},
			...(body ? { body: JSON.stringify(body) } : {}),
		});
	};
	return {
		now: Date.now,
		random: Math.random,
		sleep: async (ms, signal) => {
			await sleep(ms, undefined, signal ? { signal } : {});
		},
		log,
		http: async (request, signal) => {
			const patience = AbortSignal.timeout(ANSWER_WITHIN_MS);
			return await replyOf(
				await send(request, signal ? AbortSignal.any([signal, patience]) : patience),
			);
		},
		stream: async (request, signal) => {
			const response = await send(request, signal);
			return {
				status: response.status,
				headers: Object.fromEntries(response.headers),
				stream: bytesOf(response),
			};
		},
	};
}

export const keyHeader = (apiKey: string | undefined): Record<string, string> =>
	apiKey ? { authorization: `Bearer ${apiKey}` } : {};

export const bytesOf = (response: Response): Readable =>
	response.body ? Readable.fromWeb(response.body as unknown as ReadableStream) : Readable.from([]);

/** JSON, or the text where it is none. */
export async function replyOf(response: Response): Promise<Reply> {
	const text = await response.text();
	const headers = Object.fromEntries(response.headers);
	try {
		return { status: response.status, headers, body: JSON.parse(text) as unknown };
	} catch {
		return { status: response.status, headers, body: text };
	}
}
