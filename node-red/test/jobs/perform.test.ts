/** What is done for the job of one message: begun, waited for, put into the message. */
import { describe, expect, it } from 'vitest';
import type { Job, Provider, Reply } from '../../../providers/contract';
import { providerById } from '../../../providers/registry';
import type { AccountHandle } from '../../src/account/account';
import { newJobRun, type JobRun, type PreparedJob } from '../../src/jobs/jobRun';
import type { LearnedDurations } from '../../src/jobs/learnedDurations';
import { perform } from '../../src/jobs/perform';
import { jobOf, SUBMITTED_AT } from '../support/loneNode';

const NOW_MS = Date.parse(SUBMITTED_AT);
const localGpu = providerById('localGpu');

interface Scene {
	run: JobRun;
	/** What happened, in order. */
	told: string[];
	noted: Array<[string | undefined, number]>;
	perform(begin?: () => Promise<Job>): ReturnType<typeof perform>;
}

/** Each question gets the next status, and the last one again and again. */
function scene(
	statuses: string[],
	prepared: Partial<PreparedJob> = {},
	{ provider = localGpu, quoted }: { provider?: Provider; quoted?: number } = {},
): Scene {
	let nowMs = NOW_MS;
	let asked = 0;
	const told: string[] = [];
	const noted: Scene['noted'] = [];
	const host = {
		now: () => nowMs,
		random: () => 0.5,
		async sleep(ms: number) {
			nowMs += ms;
			told.push(`slept ${ms / 1000} s`);
		},
		async http(): Promise<Reply> {
			const status = statuses[Math.min(asked, statuses.length - 1)]!;
			asked += 1;
			if (status === 'refused') return { status: 401, headers: {}, body: {} };
			if (status === 'broken') return { status: 500, headers: {}, body: {} };
			const error = status === 'failed' ? { error: { message: 'No light' } } : {};
			return { status: 200, headers: {}, body: { id: 'a', status, url: '/f.mp4', ...error } };
		},
		async stream() {
			told.push('downloaded');
			return await Promise.reject(new Error('no such file'));
		},
	};
	const handle = { provider, host, account: { baseUrl: 'http://127.0.0.1:8484' } };
	const run: JobRun = {
		...newJobRun(
			{
				...{ plan: { mode: 'job', maxBytes: 1_000 }, deadlineMs: NOW_MS + 3_600_000, wait: true },
				...prepared,
			},
			{ payload: 'A fox' },
			() => undefined,
			() => undefined,
		),
		...(quoted === undefined ? {} : { quoted: Promise.resolve(quoted) }),
	};
	const observer = {
		handle: () => handle as unknown as AccountHandle,
		enter(entered: JobRun, stage: JobRun['stage']) {
			entered.stage = stage;
			told.push(stage);
		},
		jobExists: ({ job }: JobRun) => void told.push(`job ${job!.jobId}`),
		show() {
			const { job, polls } = run;
			const next = polls ? (polls.nextAtMs - NOW_MS) / 1000 : '?';
			told.push(`${job!.status}, asked ${polls?.asked}, next at ${next} s`);
		},
		learned: {
			known: async (of: Provider) => of,
			note: (kind: string | undefined, seconds: number) => void noted.push([kind, seconds]),
		} as unknown as LearnedDurations,
	};
	return {
		...{ run, told, noted },
		perform: async (begin = async () => jobOf('a')) => await perform(run, begin, observer),
	};
}

describe('the job of a message', () => {
	it('is begun, waited for and put into the message, and each step is told', async () => {
		const { told, perform: go, noted, run } = scene(['in_progress', 'completed'], { kind: 'k' });
		const msg = await go();
		expect(msg).toMatchObject({ job: { jobId: 'a', status: 'succeeded' } });
		expect(msg.payload).toEqual(msg.job);
		const [first, second] = told.filter((one) => one.startsWith('slept')) as [string, string];
		const firstAt = Number(first.split(' ')[1]);
		const secondAt = firstAt + Number(second.split(' ')[1]);
		expect(told).toEqual([
			...['submitting', 'waiting', 'job a', `queued, asked 0, next at ${firstAt} s`, first],
			...[`processing, asked 0, next at ${firstAt} s`],
			...[`processing, asked 1, next at ${secondAt} s`, second],
			...[`succeeded, asked 1, next at ${secondAt} s`],
		]);
		expect(noted).toEqual([['k', (firstAt + secondAt) / 2]]);
		expect(run.usualSeconds).toBe(localGpu.limits.typicalSeconds);
	});

	it('that is known already is not said to be on its way to the provider', async () => {
		const { told, perform: go } = scene(['completed'], { job: jobOf('a') });
		await go();
		expect(told.slice(0, 3)).toEqual(['waiting', 'waiting', 'job a']);
	});

	it('is passed on as it stands where nobody waits, with when to ask', async () => {
		const { told, perform: go } = scene(['completed'], { wait: false });
		const { job } = await go();
		expect(job).toMatchObject({ jobId: 'a', status: 'queued' });
		expect(job!.nextPollSeconds).toBeGreaterThan(0);
		expect(told).toEqual(['submitting', 'waiting', 'job a']);
	});

	it('is passed on as it stands at the deadline', async () => {
		const { perform: go } = scene(['in_progress'], { deadlineMs: NOW_MS + 120_000 });
		expect((await go()).job).toMatchObject({ status: 'processing' });
	});

	it('is passed on as it stands where nobody can be asked any more, and says so', async () => {
		const { job } = await scene(['broken']).perform();
		expect(job).toMatchObject({
			...{ jobId: 'a', status: 'queued' },
			warnings: [expect.stringContaining('could not be asked any more')],
		});
	});

	it('bears what it was quoted at, and nothing where there was no quote', async () => {
		const quoted = scene(['completed'], {}, { quoted: 0.4 });
		expect((await quoted.perform()).job?.cost).toEqual({ quoted: 0.4 });
		expect((await scene(['completed']).perform()).job).not.toHaveProperty('cost');
	});

	it('takes as long as its model usually does', async () => {
		const provider = providerById('aimlapi');
		const catalogue = provider.models!.catalogue.models;
		const slow = catalogue.find(({ run }) => run?.seconds !== undefined)!;
		const asked = { model: slow.id };
		const { run, perform: go } = scene(['completed'], { asked, wait: false }, { provider });
		await go();
		expect(run.usualSeconds).toBe(slow.run!.seconds);
	});
});

describe('a job that ended without a video', () => {
	it('fails the message with its reason', async () => {
		await expect(scene(['failed']).perform()).rejects.toMatchObject({
			...{ code: 'generation_failed', job: { jobId: 'a', status: 'failed' }, title: 'Local GPU' },
		});
	});

	it('fails it too where it was cancelled, unless that is what was asked for', async () => {
		await expect(scene(['cancelled']).perform()).rejects.toMatchObject({ code: 'cancelled' });
		const { job } = await scene(['cancelled'], { cancels: true }).perform();
		expect(job?.status).toBe('cancelled');
		await expect(scene(['failed'], { cancels: true }).perform()).rejects.toThrow('No light');
	});

	it('fails it where the provider refuses to say, and the job is named', async () => {
		await expect(scene(['refused']).perform()).rejects.toMatchObject({
			...{ code: 'invalid_key', job: { jobId: 'a' } },
		});
	});
});

describe('a message whose node goes', () => {
	it('is not begun', async () => {
		const { run, perform: go, told } = scene(['completed']);
		run.controller.abort();
		let begun = 0;
		await expect(go(async () => jobOf(`${(begun += 1)}`))).rejects.toThrow('aborted');
		expect([begun, told]).toEqual([0, []]);
	});

	it('is not waited for, though its job is known', async () => {
		const { run, perform: go, told } = scene(['completed']);
		const begin = async () => {
			run.controller.abort();
			return jobOf('a');
		};
		await expect(go(begin)).rejects.toThrow('aborted');
		expect(told).toEqual(['submitting', 'waiting', 'job a']);
		expect(run.job?.jobId).toBe('a');
	});
});

describe('a download', () => {
	const buffer = { mode: 'buffer', maxBytes: 1_000 } as const;

	it('is told of where there is a video that is wanted', async () => {
		const { perform: go, told } = scene(['completed'], { plan: buffer });
		await expect(go()).rejects.toThrow(/download/);
		expect(told.filter((one) => one.startsWith('download'))[0]).toBe('downloading');
	});

	it.each([
		['there is none yet', ['in_progress'], { plan: buffer, wait: false }],
		['the job is wanted', ['completed'], {}],
		['it was cancelled as wished', ['cancelled'], { plan: buffer, cancels: true }],
	])('is not told of where %s', async (_what, statuses, prepared) => {
		const { perform: go, told } = scene(statuses, prepared);
		await go();
		expect(told).not.toContain('downloading');
	});
});
