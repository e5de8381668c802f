import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { submitOnce } from '../../../../jobs/submit';
import type { Job, Reply } from '../../../../providers/contract';
import { isObject } from '../../../../providers/schema/wire';
import { EngineError } from '../engine.ts';
import { engineError } from './failures.ts';
import type { Flavour } from './flavours.ts';
import { bytesOf, keyHeader, remoteProvider, replyOf } from './remote.ts';
import type { Remote } from './remote.ts';

export interface Submission {
	body: Record<string, string | number>;
	/** The same at every attempt to submit this job: a server that honours it makes one job of them. */
	idempotencyKey: string;
	/** Where a video goes that comes with the answer. */
	outputPath: string;
	/** What the video begins with. */
	picture?: { path: string; mimeType: string };
}

/** @returns the job to wait for; undefined where the video came with the answer and is in place */
export async function submit(
	remote: Remote,
	submission: Submission,
	signal: AbortSignal,
): Promise<Job | undefined> {
	let file: Response | undefined;
	let body: unknown;
	const reading = await submitOnce(
		async () => {
			const response = await post(remote, submission, signal);
			const isVideo = /^video\//.test(response.headers.get('content-type') ?? '');
			file = isVideo ? response : undefined;
			const reply = isVideo ? DONE : await replyOf(response);
			({ body } = reply);
			return reply;
		},
		(reply) =>
			remoteProvider.readSubmit(reply, {}, { nowMs: remote.host.now(), baseUrl: remote.baseUrl }),
		remote.host,
		{ signal },
	);
	signal.throwIfAborted();
	if (file) {
		await saveResponse(file, submission.outputPath);
		return undefined;
	}
	if (await saveInline(remote, body, submission, signal)) return undefined;
	if (reading.failure) throw engineError(reading.failure);
	return reading.job;
}

/** Stands for the answer that was the video itself. */
const DONE: Reply = { status: 200, headers: {}, body: { id: 'inline', status: 'completed' } };

const saveResponse = async (response: Response, path: string): Promise<void> =>
	await pipeline(bytesOf(response), createWriteStream(path));

async function post(
	{ baseUrl, flavour, apiKey }: Remote,
	submission: Submission,
	signal: AbortSignal,
): Promise<Response> {
	const encoded = await encode(submission, flavour);
	return await fetch(`${baseUrl}${flavour.submitPath}`, {
		method: 'POST',
		signal,
		headers: {
			...keyHeader(apiKey),
			'idempotency-key': submission.idempotencyKey,
			...(typeof encoded === 'string' ? { 'content-type': 'application/json' } : {}),
		},
		body: encoded,
	});
}

async function encode({ body, picture }: Submission, flavour: Flavour): Promise<string | FormData> {
	if (flavour.encoding === 'json' && !picture) return JSON.stringify(body);
	const form = new FormData();
	for (const [name, value] of Object.entries(body)) form.set(name, String(value));
	if (picture) {
		const { path, mimeType } = picture;
		const file = new Blob([await readFile(path)], { type: mimeType });
		form.set('input_reference', file, `picture.${mimeType.replace('image/', '')}`);
	}
	return form;
}

/** Servers that answer only when the video is done send it, or where it is, with the answer. */
async function saveInline(
	remote: Remote,
	body: unknown,
	{ outputPath }: Submission,
	signal: AbortSignal,
): Promise<boolean> {
	const first = isObject(body) && Array.isArray(body.data) ? body.data[0] : undefined;
	if (!isObject(first)) return false;
	if (typeof first.b64_json === 'string') {
		await writeFile(outputPath, Buffer.from(first.b64_json, 'base64'));
		return true;
	}
	if (typeof first.url !== 'string') return false;
	const { url, own } = placeOf(remote, first.url);
	const response = await fetch(url, {
		signal,
		headers: own ? keyHeader(remote.apiKey) : {},
		redirect: own ? 'follow' : 'error',
	});
	if (!response.ok) {
		throw new EngineError(
			'worker_lost',
			`The video server did not give the video out: HTTP ${response.status}.`,
		);
	}
	await saveResponse(response, outputPath);
	return true;
}

/**
 * Only on the server itself or on a host that was allowed: its answer may not send us to other places. The key goes to
 * the server alone.
 */
export function placeOf(
	{ baseUrl, fileHosts }: Pick<Remote, 'baseUrl' | 'fileHosts'>,
	text: string,
): { url: string; own: boolean } {
	const target = URL.canParse(text, baseUrl) ? new URL(text, baseUrl) : undefined;
	const own = target?.origin === new URL(baseUrl).origin;
	if (target && (own || isAllowed(target, fileHosts))) return { url: target.toString(), own };
	throw new EngineError(
		'invalid_request',
		`The video server put the video at ${text.slice(0, 200)}, which is not on the server itself.`,
		{
			remedy: `Let it give videos out at /v1/videos/{id}/content, or allow the host: GPU_LOCAL_OPENAI_FILE_HOSTS=${target?.host ?? 'HOST'}.`,
		},
	);
}

/** `storage.example.com`, with a port where it has one; `*.example.com` is every host below. */
function isAllowed({ protocol, host }: URL, fileHosts: string[]): boolean {
	if (!/^https?:$/.test(protocol)) return false;
	return fileHosts.some((allowed) =>
		allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed,
	);
}
