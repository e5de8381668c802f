/** A video that is too large for an n8n that keeps files in memory. */
import { Readable } from 'node:stream';
import type { IBinaryData } from 'n8n-workflow';
import { expect, it } from 'vitest';
import type { HttpStream } from '../../jobs/host';
import { storeVideo } from '../../nodes/shared/output';
import { newJob } from '../../providers/replies/job';
import { providerById } from '../../providers/registry';
import { virtualHost } from '../support/virtualClock';

const MIB = 1024 ** 2;
const novita = providerById('novita');

/** What is stored, where the server announces a video of so many bytes and sends a few. */
async function store(sizeBytes: number, id: string | undefined) {
	const stored: string[] = [];
	const prepareBinaryData = async (source: unknown, fileName = '') => {
		stored.push(fileName);
		if (source instanceof Readable) await source.toArray();
		return { mimeType: 'video/mp4', data: '', ...(id ? { id } : {}) } satisfies IBinaryData;
	};
	const stream: HttpStream = async () =>
		await Promise.resolve({
			status: 200,
			headers: { 'content-type': 'video/mp4', 'content-length': String(sizeBytes) },
			stream: Readable.from([Buffer.alloc(8, 1)]),
		});
	const job = {
		...newJob('novita', 'j1', 0),
		status: 'succeeded' as const,
		videos: [{ url: 'https://files.test/v.mp4', mimeType: 'video/mp4' }],
	};
	// Silence is never so long here that the download is given up.
	const sleep = async () => await new Promise<void>(() => undefined);
	const host = { ...virtualHost(novita, 'a-key'), stream, sleep };
	const choice = { binaryProperty: 'data', maxBytes: 2048 * MIB };
	const storing = storeVideo(
		{ helpers: { prepareBinaryData } },
		novita,
		{ baseUrl: 'https://api.novita.ai' },
		job,
		host as never,
		choice,
	);
	const error = await storing.then(
		() => undefined,
		(thrown: Error) => thrown.message,
	);
	return { stored, error };
}

it('is refused before it is downloaded', async () => {
	const { stored, error } = await store(400 * MIB, undefined);
	expect(error).toBe('The video of job j1 is too large for n8n to keep in memory.');
	expect(stored).not.toContain('video-j1.mp4');
});

it.each([
	['larger, where n8n keeps files on disk', 400 * MIB, 'filesystem-v2:1'],
	['small enough', 300 * MIB, undefined],
])('is not one that is %s', async (_what, sizeBytes, id) => {
	const { stored, error } = await store(sizeBytes, id);
	expect(error).toBeUndefined();
	expect(stored).toContain('video-j1.mp4');
});
