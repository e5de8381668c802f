/** Replies that are not quite as documented, and what a person sees of them. */
import { describe, expect, it } from 'vitest';
import type { Job, Provider, RequestValues } from '../../providers/contract';
import { aimlapiPixverse } from '../../providers/aimlapi';
import { localGpu } from '../../providers/localGpu';
import { modelslabV6 } from '../../providers/modelslab';
import { novita } from '../../providers/novita';
import { providerById } from '../../providers/registry';
import { expiryOf, newJob, updated, withTracking } from '../../providers/replies/job';
import { validate } from '../../providers/schema/validate';
import { stableDiffusionV4 } from '../../providers/stableDiffusionApi';

const NOW_MS = Date.UTC(2026, 0, 1);
const jobOf = (provider: Provider): Job => newJob(provider.id, 'j1', NOW_MS);
const fetched = (provider: Provider, body: unknown, status = 200) =>
	provider.readFetch({ status, headers: {}, body }, jobOf(provider), {
		nowMs: NOW_MS,
		baseUrl: provider.account.defaultBaseUrl,
	});

describe('a reply', () => {
	it('with an entry that is no video gives the others (Novita)', () => {
		const video = { video_url: 'https://files.example.com/a.mp4', video_url_ttl: '60' };
		const { job } = fetched(novita, {
			task: { task_id: 'j1', status: 'TASK_STATUS_SUCCEED' },
			videos: [null, 'text', { video_url: 7 }, video],
		});
		expect(job?.videos.map(({ url }) => url)).toEqual([video.video_url]);
	});

	it('with warnings of every kind passes on those that are texts (Local GPU)', () => {
		const { job } = fetched(localGpu, {
			...{ id: 'j1', status: 'queued' },
			warnings: [null, {}, 'The seed was not used.', ''],
		});
		expect(job?.warnings).toEqual(['The seed was not used.']);
	});

	it("tells the provider's own words for a failure (AI/ML API)", () => {
		const { job } = fetched(aimlapiPixverse, {
			...{ id: 'j1', status: 'error', video: null, meta: null },
			error: { name: 'ModerationError', message: 'The prompt shows a brand' },
		});
		expect(job?.failure?.message).toMatch(/^The prompt shows a brand/);
	});

	it.each(['Not Found', 'Request not found', 'Invalid Request ID', 'NO SUCH REQUEST'])(
		'that says "%s" is about a job that is not known (Stable Diffusion API)',
		(message) => {
			const { failure } = fetched(stableDiffusionV4, { status: 'error', message });
			expect(failure?.code).toBe('not_found');
		},
	);

	it.each([
		['yes', new Date(NOW_MS + 24 * 3_600_000).toISOString()],
		['no', undefined],
	])('says when a temporary file ends (temp: %s)', (temp, expiresAt) => {
		const { job } = fetched(modelslabV6, {
			...{ status: 'success', id: 1, output: ['https://files.example.com/a.mp4'] },
			meta: { temp },
		});
		expect(job?.videos[0]?.expiresAt).toBe(expiresAt);
	});

	it.each([
		[novita, { task: { task_id: 'j1', status: 'TASK_STATUS_SUCCEED' }, videos: [] }],
		[novita, { task: { task_id: 'j1', status: 'TASK_STATUS_SUCCEED' } }],
		[stableDiffusionV4, { status: 'success', id: 1, output: [] }],
		[stableDiffusionV4, { status: 'success', id: 1, output: '' }],
		[modelslabV6, { status: 'success', id: 1, output: ['not an address'] }],
		[aimlapiPixverse, { id: 'j1', status: 'completed', video: null }],
	])(
		'that tells of success without a video is no end: the job is paid, and can be asked for again ($id)',
		(provider, body) => {
			const { job, failure } = fetched(provider, body);
			expect(job).toBeUndefined();
			expect(failure).toMatchObject({
				...{ code: 'unreadable_reply', accepted: 'yes', httpStatus: 200 },
				advice: expect.stringContaining('Fetch Result') as string,
			});
		},
	);

	it('of a job that is over leaves no estimate behind', () => {
		const open: Job = { ...jobOf(novita), etaSeconds: 30, nextPollSeconds: 5, progress: 40 };
		const done = updated(open, { status: 'succeeded' }, NOW_MS);
		expect(done).toMatchObject({ progress: 100, finishedAt: new Date(NOW_MS).toISOString() });
		expect(done).not.toHaveProperty('etaSeconds');
		expect(done).not.toHaveProperty('nextPollSeconds');
	});
});

describe('a job', () => {
	it('bears the tracking id that it was given, and none where it was given none', () => {
		const job = jobOf(stableDiffusionV4);
		expect(withTracking(stableDiffusionV4, job, { track_id: 7 }).trackingId).toBe('7');
		const untracked: RequestValues[] = [{}, { track_id: '' }];
		for (const values of untracked) {
			expect(withTracking(stableDiffusionV4, job, values)).not.toHaveProperty('trackingId');
		}
	});

	it.each([
		[
			'https://x.test/a.mp4?X-Amz-Date=20260101T000000Z&X-Amz-Expires=60',
			'2026-01-01T00:01:00.000Z',
		],
		['https://x.test/a.mp4?Expires=1767225660', '2026-01-01T00:01:00.000Z'],
		['https://x.test/a.mp4?X-Amz-Expires=60', undefined],
		['https://x.test/a.mp4?X-Amz-Date=20260101T000000Z', undefined],
		['https://x.test/a.mp4?Expires=soon', undefined],
		['https://x.test/a.mp4', undefined],
	])('knows from %s when it ends', (url, expected) => {
		expect(expiryOf(url)).toBe(expected);
	});
});

describe('a request', () => {
	const problems = (provider: Provider, values: object) =>
		validate(provider, values as never, provider.account.defaultBaseUrl).issues ?? [];

	it.each(['x512x512', '512x512x', '0x512', '512', '512X512'])('has no size %s', (size) => {
		expect(problems(localGpu, { prompt: 'A boat', size })).toHaveLength(1);
	});

	it('may have a prompt of one character', () => {
		expect(problems(aimlapiPixverse, { model: 'pixverse/v5/text-to-video', prompt: '猫' })).toEqual(
			[],
		);
	});

	it('to a provider that is not known names those that are', () => {
		expect(() => providerById('veo')).toThrow(
			/There is no provider "veo"\. The providers are: .*localGpu/,
		);
	});
});
