import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod/v4';
import { UsageError } from '../lib/usageError.ts';

/** `hub:owner/name`, with `@revision` (a branch, tag or commit) and `:file` where wanted. */
export interface HubSource {
	repository: string;
	revision: string;
	/** One file of the repository; the whole pipeline folder where left out. */
	file?: string;
}

export interface HubOptions {
	/** The hub's address; `HF_ENDPOINT` names a mirror. */
	endpoint: string;
	/** For models behind a licence; sent to the hub alone. */
	token?: string;
	/** Called often while bytes come in. */
	progress(doneBytes: number, allBytes: number): void;
}

/** Something that the person who asked for the download can act on. */
class HubError extends UsageError {
	override readonly name = 'HubError';
}

const SOURCE = /^hub:([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?(?::([\w./ -]+))?$/;

export function parseHubSource(text: string): HubSource | undefined {
	const [, repository, revision, file] = SOURCE.exec(text) ?? [];
	if (repository === undefined) return undefined;
	return { repository, revision: revision ?? 'main', ...(file === undefined ? {} : { file }) };
}

const infoSchema = z.object({
	sha: z.string().regex(/^[0-9a-f]{40}$/),
	siblings: z.array(
		z.object({
			rfilename: z.string(),
			size: z.number().optional(),
			blobId: z.string().optional(),
			lfs: z.object({ sha256: z.string(), size: z.number() }).nullish(),
		}),
	),
});

interface HubFile {
	name: string;
	bytes: number;
	/** Of the content for large files; of git's blob for small ones. */
	checksum: { algorithm: 'sha256' | 'git-sha1'; hex: string };
}

/** Which weights of a pipeline are wanted: `others` are those of all parts but the denoiser. */
export type Weights = 'all' | 'others' | 'none';

/** Which of a repository's files a pipeline folder needs: no pickles, no half-precision doubles. */
function wantedFiles(names: string[], file: string | undefined, weights: Weights): string[] {
	if (file !== undefined) return names.filter((name) => name === file);
	return names.filter((name) => {
		if (/(^|\/)\.|\.(bin|ckpt|pt|pth|pkl|msgpack|onnx|h5)$/i.test(name)) return false;
		if (/\.(json|txt|model|jinja)$/.test(name)) return true;
		// A whole-model file at the top is the same model once more.
		const part = /\.safetensors$/.test(name) && name.includes('/');
		const denoiser = /^(transformer|transformer_2|unet)\//.test(name);
		const wanted = weights === 'all' || (weights === 'others' && !denoiser);
		return part && wanted && !/\.(fp16|non_ema|bf16)\./.test(name);
	});
}

/**
 * Downloads into `folder`: the commit is pinned before the first byte, every file is held to the hub's
 * checksum, and what an interrupted download left is continued. Returns the commit.
 */
export async function downloadFromHub(
	source: HubSource,
	folder: string,
	weights: Weights,
	options: HubOptions,
): Promise<string> {
	const { sha, files } = await lookUp(source, weights, options);
	const allBytes = files.reduce((sum, file) => sum + file.bytes, 0);
	let doneBytes = 0;
	for (const file of files) {
		const target = resolve(folder, source.file === undefined ? file.name : basenameOf(file.name));
		if (!target.startsWith(resolve(folder) + sep)) {
			throw new HubError(`The hub names a file "${file.name}" outside the folder.`);
		}
		await fetchFile(source, sha, file, target, options, (bytes) =>
			options.progress(doneBytes + bytes, allBytes),
		);
		doneBytes += file.bytes;
		options.progress(doneBytes, allBytes);
	}
	return sha;
}

const basenameOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

async function lookUp(
	source: HubSource,
	weights: Weights,
	options: HubOptions,
): Promise<{ sha: string; files: HubFile[] }> {
	const { repository, revision } = source;
	const url = `${options.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
	const reply = await ask(url, options);
	if (!reply.ok) throw refusal(source, reply.status);
	const { sha, siblings } = infoSchema.parse(await reply.json());
	const names = new Set(
		wantedFiles(
			siblings.map(({ rfilename }) => rfilename),
			source.file,
			weights,
		),
	);
	const files = siblings
		.filter(({ rfilename }) => names.has(rfilename))
		.map(({ rfilename, size, blobId, lfs }): HubFile => {
			const hex = lfs?.sha256 ?? blobId;
			if (hex === undefined) {
				throw new HubError(`The hub gives no checksum for ${rfilename}, so it is not downloaded.`);
			}
			return {
				name: rfilename,
				bytes: lfs?.size ?? size ?? 0,
				checksum: { algorithm: lfs ? 'sha256' : 'git-sha1', hex },
			};
		});
	if (files.length === 0) {
		throw new HubError(`${repository} has nothing to download for "${source.file ?? 'a model'}".`);
	}
	return { sha, files };
}

function refusal({ repository, revision }: HubSource, status: number): HubError {
	const why =
		status === 401 || status === 403
			? 'It is behind a licence: accept it on the hub, then set HF_TOKEN to your access token.'
			: status === 404
				? 'Check the name and the revision.'
				: 'Try again later.';
	return new HubError(`The hub answered ${status} for ${repository}@${revision}. ${why}`);
}

async function ask(
	url: string,
	options: HubOptions,
	more: Record<string, string> = {},
): Promise<Response> {
	return await fetch(url, { headers: { ...headers(options), ...more } }).catch((error: Error) => {
		throw new HubError(
			`The hub ${options.endpoint} does not answer (${reasonOf(error)}). Check the connection, or name a mirror with HF_ENDPOINT.`,
		);
	});
}

/** fetch says only that it failed; why is in its cause. */
const reasonOf = (error: Error): string =>
	error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;

const headers = ({ token }: HubOptions): Record<string, string> =>
	token === undefined ? {} : { authorization: `Bearer ${token}` };

async function fetchFile(
	source: HubSource,
	sha: string,
	file: HubFile,
	target: string,
	options: HubOptions,
	progress: (bytes: number) => void,
): Promise<void> {
	if (await matches(target, file)) return;
	const part = `${target}.part`;
	await mkdir(dirname(target), { recursive: true });
	const have = await stat(part).then(
		({ size }) => size,
		() => 0,
	);
	const path = file.name.split('/').map(encodeURIComponent).join('/');
	const reply = await ask(
		`${options.endpoint}/${source.repository}/resolve/${sha}/${path}`,
		options,
		have > 0 ? { range: `bytes=${have}-` } : {},
	);
	// 416: the part is already whole; its checksum decides.
	if (reply.status !== 416) {
		if (!reply.ok || !reply.body) throw refusal(source, reply.status);
		const resumed = reply.status === 206;
		let bytes = resumed ? have : 0;
		const body = Readable.fromWeb(reply.body as Parameters<typeof Readable.fromWeb>[0]);
		body.on('data', (chunk: Buffer) => progress((bytes += chunk.length)));
		await pipeline(body, createWriteStream(part, { flags: resumed ? 'a' : 'w' })).catch(
			(error: Error) => {
				throw new HubError(
					`The download of ${file.name} broke off (${reasonOf(error)}). Run the command again: it goes on where it stopped.`,
				);
			},
		);
	}
	if (!(await matches(part, file))) {
		await rm(part, { force: true });
		throw new HubError(
			`${file.name} did not arrive as the hub describes it, and was thrown away. Try again.`,
		);
	}
	await rename(part, target);
}

async function matches(path: string, { bytes, checksum }: HubFile): Promise<boolean> {
	const info = await stat(path).catch(() => undefined);
	if (!info || (bytes > 0 && info.size !== bytes)) return false;
	const hash =
		checksum.algorithm === 'sha256'
			? createHash('sha256')
			: createHash('sha1').update(`blob ${info.size}\0`);
	return (await digestFile(path, hash)) === checksum.hex;
}

export async function digestFile(path: string, hash: Hash = createHash('sha256')): Promise<string> {
	for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
	return hash.digest('hex');
}

/** Where a download of this source lies in the models folder. */
export function downloadFolder(modelsFolder: string, { repository, revision }: HubSource): string {
	const safe = `${repository}@${revision}`.replaceAll(/[^\w.@-]/g, '--');
	return join(modelsFolder, 'downloads', safe);
}
