import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '../src/compose.ts';
import type { VideoRequest } from '../src/engines/engine.ts';
import { Admission } from '../src/videos/admission.ts';
import { DEFAULT_LIMITS } from '../src/videos/limits.ts';
import { OpenJobs } from '../src/videos/openJobs.ts';
import { openTestCore } from './support/core.ts';

const GB = 1024 ** 3;
const REQUEST: VideoRequest = {
	model: 'preview',
	prompt: 'A boat',
	width: 576,
	height: 320,
	fps: 8,
	num_frames: 24,
	seed: 1,
	output_format: 'mp4',
	strict: false,
};

describe('room for waiting jobs', () => {
	let core: Core;
	let stop: () => Promise<void>;
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'gpu-local-admission-'));
		({ core, stop } = await openTestCore(['--data', folder]));
	});
	afterAll(async () => {
		await stop();
		await rm(folder, { recursive: true, force: true });
	});

	const admission = (quotaBytes: number) =>
		new Admission(
			core.database,
			core.artifacts,
			new OpenJobs(core.database),
			{
				...DEFAULT_LIMITS,
				...{ maxQueued: 100_000, maxQueuedPerKey: 100_000, minFreeBytes: 0, quotaBytes },
			},
			1,
		);

	it('is what their own sizes may need: thousands of small ones fit in the usual quota', async () => {
		const usual = admission(DEFAULT_LIMITS.quotaBytes);
		for (let nth = 0; nth < 3000; nth++) await usual.take('me', REQUEST);
		await expect(usual.take('me', REQUEST)).resolves.toBeTypeOf('function');
	});

	it('ends where they may fill the quota, and the refusal says by what', async () => {
		const small = admission(GB);
		const large = { ...REQUEST, width: 1920, height: 1080, num_frames: 2000 };
		for (let nth = 0; nth < 4; nth++) await small.take('me', large);
		await expect(small.take('me', large)).rejects.toMatchObject({
			status: 507,
			message: expect.stringMatching(/the videos take 0\.0 GB.*1\.0 GB more.*--quota-gb/),
		});
	});
});
