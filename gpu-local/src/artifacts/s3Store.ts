import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AwsClient } from 'aws4fetch';
import { UsageError } from '../lib/usageError.ts';
import { describeSystemErrors } from '../../../jobs/systemErrors';
import { ARTIFACT_NAME, StorageError } from './store.ts';
import type { ArtifactStore } from './store.ts';

/**
 * S3 or anything that speaks its API, for several machines without a shared folder.
 *
 * @param place `s3://bucket/prefix`
 * @param env `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3` as
 * Amazon's own tools know them
 */
export function openS3Store(place: string, env: Record<string, string | undefined>): ArtifactStore {
	const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(place);
	if (!match) throw new UsageError(`--artifacts is "${place}". Give s3://BUCKET/PREFIX.`);
	const [, bucket, prefix = ''] = match;
	const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
	if (!accessKeyId || !secretAccessKey) {
		throw new UsageError(
			'S3 storage needs the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
		);
	}
	const region = env.AWS_REGION ?? 'us-east-1';
	const endpoint = env.AWS_ENDPOINT_URL_S3 ?? `https://s3.${region}.amazonaws.com`;
	const client = new AwsClient({
		accessKeyId,
		secretAccessKey,
		...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
		service: 's3',
		region,
		// A body that is a stream can be sent once only; who calls tries again with a fresh one.
		retries: 0,
	});
	const base = `${endpoint.replace(/\/+$/, '')}/${bucket}`;
	const keyOf = (name: string): string => {
		if (!ARTIFACT_NAME.test(name)) throw new Error(`"${name}" is no name of a video file`);
		return prefix ? `${prefix}/${name}` : name;
	};
	const call = async (
		path: string,
		init: RequestInit & { duplex?: 'half' },
		accept: number[],
	): Promise<Response> => {
		const response = await client.fetch(`${base}${path}`, init).catch((error: Error) => {
			const reason = describeSystemErrors(
				(error.cause as Error | undefined)?.message ?? error.message,
			);
			throw new StorageError(`The storage ${base} does not answer: ${reason}.`, { cause: error });
		});
		if (response.ok || accept.includes(response.status)) return response;
		const text = (await response.text()).slice(0, 300);
		throw new StorageError(`The storage ${base} answered ${response.status}: ${text}`);
	};
	return {
		description: place,
		put: async (path, name, mimeType) => {
			const { size } = await stat(path);
			await call(
				`/${keyOf(name)}`,
				{
					method: 'PUT',
					body: Readable.toWeb(createReadStream(path)) as ReadableStream,
					duplex: 'half',
					headers: {
						'content-type': mimeType,
						'content-length': String(size),
						'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
					},
				},
				[],
			);
			await rm(path, { force: true });
		},
		open: async (name, range) => {
			const response = await call(
				`/${keyOf(name)}`,
				{ headers: range ? { range: `bytes=${range.start}-${range.end}` } : {} },
				[404],
			);
			if (response.status === 404) return undefined;
			return Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
		},
		remove: async (name) => {
			await call(`/${keyOf(name)}`, { method: 'DELETE' }, [404]);
		},
		freeBytes: async () => undefined,
		check: async () => {
			await call(`?${new URLSearchParams({ 'list-type': '2', 'max-keys': '1' })}`, {}, []);
		},
	};
}
