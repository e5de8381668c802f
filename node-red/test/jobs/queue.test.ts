/** The messages of one node: each ends exactly once, is sent on, failed, or handed on to the next instance. */
import { describe, expect, it, vi } from 'vitest';
import type { Job } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import type { Begin } from '../../src/jobs/jobRun';
import { allHandedOn, takeLeft } from '../../src/jobs/handedOn';
import { intentsOf } from '../../src/jobs/submitIntents';
import { JobError } from '../../src/messages/errors';
import { jobOf, LoneNode, settled } from '../support/loneNode';

let nodes = 0;
const newId = () => `queue ${(nodes += 1)}`;
const fileOf = { url: 'http://127.0.0.1:8484/f.mp4' };

/** A submit that is answered when the test says so. */
function submits() {
	const waiting: Array<{ resolve(job: Job): void; reject(error: unknown): void }> = [];
	const begin: Begin = async (run, writeIntent) => {
		const key = `key ${String(run.msg.payload)}`;
		await writeIntent({ key, provider: 'localGpu' });
		return await new Promise<Job>((resolve, reject) => waiting.push({ resolve, reject }));
	};
	const answer = async (job: Job | Error) => {
		const next = waiting.shift()!;
		if (job instanceof Error) next.reject(job);
		else next.resolve(job);
		await settled();
	};
	return { begin, answer, waiting };
}
const accepts: Begin = async (run) => jobOf(String(run.msg.payload));

describe('a message that goes well', () => {
	it('is sent on once with its job, and leaves nothing under the node', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		lone.receive({ payload: 'a' });
		await settled();
		expect(lone.texts.at(-1)).toMatch(/^queued.*asks in/);
		lone.says('a', 'in_progress', { progress: 40 });
		await lone.tick();
		expect(lone.texts.at(-1)).toMatch(/in progress · 40 % · asked once/);
		lone.says('a', 'completed', fileOf);
		await lone.tick();
		expect(lone.sent).toMatchObject([{ job: { jobId: 'a', status: 'succeeded' } }]);
		expect(lone.ended).toEqual([{ msg: lone.sent[0] }]);
		expect(lone.statuses.at(-1)).toEqual({});
	});

	it('tells of its way in order: on its way to the provider, waiting', async () => {
		const { begin, answer } = submits();
		const lone = new LoneNode(newId()).attach({ begin, parallel: 1 });
		lone.receive({ payload: 'a' });
		await settled();
		lone.receive({ payload: 'b' });
		await settled();
		expect(lone.texts).toEqual(['submitting', 'submitting, 1 in line']);
		await answer(jobOf('a'));
		expect(lone.texts.at(-1)).toMatch(/^queued.*, 1 in line$/);
	});

	it('says while it downloads that it does', async () => {
		const prepared = { plan: { mode: 'buffer', maxBytes: 1_000 } } as const;
		const lone = new LoneNode(newId()).attach({ begin: accepts, prepared });
		lone.says('a', 'completed', fileOf);
		lone.receive({ payload: 'a' });
		await lone.tick();
		expect(lone.texts.at(-1)).toBe('downloading');
	});

	it('says the same only once', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		lone.receive({ payload: 'a' });
		await settled();
		const texts = lone.texts;
		expect(new Set(texts).size).toBe(texts.length);
	});
});

describe('the line', () => {
	it.each([
		[1, 1],
		[3, 3],
		[0, 1],
	])('lets %i at once through as %i', async (parallel, most) => {
		const { begin, waiting } = submits();
		const lone = new LoneNode(newId()).attach({ begin, parallel });
		for (const payload of ['a', 'b', 'c', 'd']) lone.receive({ payload });
		await settled();
		expect(waiting).toHaveLength(most);
	});

	it('takes so many and no more, and says how many there are', async () => {
		const { begin, answer, waiting } = submits();
		const lone = new LoneNode(newId()).attach({ begin, parallel: 1, longestLine: 2 });
		for (const payload of ['a', 'b', 'c', 'd']) {
			lone.receive({ payload });
			await settled();
		}
		expect(lone.ended.map(({ msg }) => msg.payload)).toEqual(['d']);
		expect(lone.ended[0]!.error!.message).toMatch(
			/^There are 2 messages in line already\. This one was not submitted\. .+/,
		);
		expect(lone.ended[0]!.msg.failure).toMatchObject({ accepted: 'no' });
		await answer(new JobError(failure('invalid_key', 'No', { accepted: 'no' })));
		expect(waiting).toHaveLength(1);
		lone.receive({ payload: 'e' });
		await settled();
		expect(lone.ended.map(({ msg }) => msg.payload)).toEqual(['d', 'a']);
	});

	it('does not refuse a message that gets its turn at once', async () => {
		const { begin, waiting } = submits();
		const lone = new LoneNode(newId()).attach({ begin, parallel: 2, longestLine: 0 });
		for (const payload of ['a', 'b', 'c']) {
			lone.receive({ payload });
			await settled();
		}
		expect(waiting).toHaveLength(2);
		expect(lone.ended.map(({ msg }) => msg.payload)).toEqual(['c']);
	});

	it('is as fast as the provider allows, and says so', async () => {
		const { begin } = submits();
		const lone = new LoneNode(newId()).attach({ begin, parallel: 1 });
		const handle = lone.account as Exclude<typeof lone.account, Error>;
		const limits = { ...handle.provider.limits, requestsPerMinute: 2 };
		lone.account = { ...handle, provider: { ...handle.provider, limits } };
		for (const payload of ['a', 'b']) lone.receive({ payload });
		await settled();
		expect(lone.texts.at(-1)).toBe('submitting; 1 in line: 2 a minute');
	});
});

describe('the line under a node', () => {
	it('counts down by itself, and rests where nothing counts down', async () => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		lone.receive({ payload: 'a' });
		await settled();
		const nextIn = () => /in (\d+ \w+)$/.exec(lone.texts.at(-1)!)?.[1];
		const before = nextIn();
		vi.advanceTimersByTime(5_000);
		expect(nextIn()).not.toBe(before);
		expect(vi.getTimerCount()).toBe(1);
		lone.receive({ payload: 'b' });
		await settled();
		expect(lone.texts.at(-1)).toBe('2 running');
		expect(vi.getTimerCount()).toBe(0);
		vi.useRealTimers();
	});
});

describe('a message that goes badly', () => {
	it('fails once with its job, in red until the next one comes', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		lone.receive({ payload: 'a' });
		await settled();
		lone.says('a', 'failed', { error: { message: 'No light' } });
		await lone.tick();
		expect(lone.sent).toEqual([]);
		expect(lone.ended).toHaveLength(1);
		expect(lone.ended[0]!.error!.message).toContain('No light');
		expect(lone.ended[0]!.msg).toMatchObject({
			...{ job: { jobId: 'a', status: 'failed' }, failure: { code: 'generation_failed' } },
		});
		expect(lone.statuses.at(-1)).toEqual({ fill: 'red', shape: 'ring', text: 'failed: job a' });
		lone.receive({ payload: 'b' });
		await settled();
		expect(lone.statuses.at(-1)).toMatchObject({ fill: 'blue' });
	});

	it('does not hide under the node that another goes on', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		for (const payload of ['a', 'b']) lone.receive({ payload });
		await settled();
		lone.says('a', 'failed');
		await lone.tick();
		expect(lone.ended).toHaveLength(1);
		expect(lone.statuses.at(-1)).toMatchObject({ fill: 'blue' });
		expect(lone.texts.at(-1)).toMatch(/^in progress · .*asked once/);
	});

	it('loses a job of another node where this one submits, and keeps it where it does not', async () => {
		const refusal = new JobError(failure('invalid_key', 'No', { accepted: 'no' }));
		const refuses: Begin = async () => await Promise.reject(refusal);
		for (const [submitting, job] of [
			[true, undefined],
			[false, jobOf('earlier')],
		] as const) {
			const lone = new LoneNode(newId()).attach({ begin: refuses, submits: submitting });
			lone.receive({ payload: 'a', job: jobOf('earlier') });
			await settled();
			expect(lone.ended[0]!.msg.job).toEqual(job);
			expect(lone.ended[0]!.msg.failure).toMatchObject({ code: 'invalid_key' });
			expect(lone.statuses.at(-1)).toMatchObject({ text: 'failed' });
		}
	});

	it('is told of as one of which nobody knows where anything else broke', async () => {
		const breaks: Begin = async () => await Promise.reject(new Error('odd'));
		const lone = new LoneNode(newId()).attach({ begin: breaks });
		lone.receive({ payload: 'a' });
		await settled();
		expect(lone.ended[0]!.msg.failure).toMatchObject({ accepted: 'unknown', message: 'odd' });
	});
});

describe('a submit', () => {
	it('is written down until its answer is there, with its job then', async () => {
		const { begin, answer } = submits();
		const lone = new LoneNode(newId(), {}, 'localfilesystem').attach({ begin });
		await lone.start();
		lone.receive({ payload: 'a' });
		await settled();
		expect(intentsOf(lone.id)).toMatchObject([{ key: 'key a', wait: true, provider: 'localGpu' }]);
		expect(Date.parse(intentsOf(lone.id)[0]!.sentAt)).toBeGreaterThan(0);
		expect(lone.kept.submitIntents).toMatchObject([{ key: 'key a', msg: { payload: 'a' } }]);
		expect(lone.kept.pendingJobs).toBeUndefined();
		await answer(jobOf('a'));
		expect(intentsOf(lone.id)).toEqual([]);
		expect(lone.kept.submitIntents).toBeUndefined();
		expect(lone.kept.pendingJobs).toMatchObject([{ job: { jobId: 'a' }, msg: { payload: 'a' } }]);
		lone.says('a', 'completed', fileOf);
		await lone.tick();
		expect(lone.kept.pendingJobs).toBeUndefined();
	});

	it('that is refused is written down no longer', async () => {
		const { begin, answer } = submits();
		const lone = new LoneNode(newId(), {}, 'localfilesystem').attach({ begin });
		await lone.start();
		lone.receive({ payload: 'a' });
		await settled();
		await answer(new JobError(failure('no_credit', 'No', { accepted: 'no' })));
		expect(intentsOf(lone.id)).toEqual([]);
		expect(lone.kept).toEqual({});
	});

	it('does not leave before the store has it', async () => {
		const lone = new LoneNode(newId(), {}, 'localfilesystem');
		const stores: Array<() => void> = [];
		const { get } = lone.node.context();
		const set = (...[, , , done]: [string, unknown, string, () => void]) => void stores.push(done);
		Object.assign(lone.node, { context: () => ({ get, set }) });
		const { begin, waiting } = submits();
		lone.attach({ begin });
		await lone.start();
		for (const done of stores.splice(0)) done();
		lone.receive({ payload: 'a' });
		await settled();
		expect([stores.length, waiting.length]).toEqual([1, 0]);
		for (let writes = 0; writes < 2; writes += 1) {
			for (const done of stores.splice(0)) done();
			await settled();
		}
		expect(waiting).toHaveLength(1);
	});

	it('that is sent again is the one that is written down already', async () => {
		const keys: string[] = [];
		const lone = new LoneNode(newId());
		const twice: Begin = async (_run, writeIntent) => {
			for (const sending of [1, 2]) {
				await writeIntent({ key: 'the same', provider: `sending ${sending}` });
				keys.push(...intentsOf(lone.id).map(({ provider }) => provider));
			}
			return jobOf('a');
		};
		lone.attach({ begin: twice }).receive({ payload: 'a' });
		await settled();
		expect(keys).toEqual(['sending 1', 'sending 1']);
	});
});

describe('a node that goes', () => {
	const left = (id: string) => takeLeft(id);

	it('hands on the job, the message in line and nothing that is done, and shows nothing more', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts, parallel: 1 });
		for (const payload of ['a', 'b']) lone.receive({ payload });
		await settled();
		await lone.close();
		const [inLine, underWay] = left(lone.id);
		expect(underWay).toMatchObject({ job: { jobId: 'a' }, msg: { payload: 'a' }, wait: true });
		expect(inLine).toEqual({ msg: { payload: 'b' } });
		expect([lone.ended, lone.sent]).toEqual([[], []]);
		expect(lone.statuses.at(-1)).toEqual({});
		expect(lone.asked('DELETE')).toEqual([]);
	});

	it('hears a submit out, and hands its job on', async () => {
		const { begin, answer } = submits();
		const lone = new LoneNode(newId()).attach({ begin });
		lone.receive({ payload: 'a' });
		await settled();
		let isGone = false;
		const closing = lone.close().then(() => (isGone = true));
		await settled();
		expect(isGone).toBe(false);
		await answer(jobOf('a'));
		await closing;
		expect(left(lone.id)).toMatchObject([{ job: { jobId: 'a' } }]);
		expect(intentsOf(lone.id)).toEqual([]);
	});

	it.each([
		['in doubt', 'unknown', 1],
		['refused', 'no', 0],
	] as const)('hands on that its submit is %s', async (_what, accepted, isDoubtful) => {
		const { begin, answer } = submits();
		const lone = new LoneNode(newId()).attach({ begin });
		lone.receive({ payload: 'a' });
		await settled();
		const closing = lone.close();
		await settled();
		const reason = failure('network', 'Cut', { accepted });
		await answer(new JobError(reason, undefined, 'Local GPU'));
		await closing;
		const told = [
			{ msg: { payload: 'a' }, failure: reason, title: 'Local GPU', submitKey: 'key a' },
		];
		const again = [{ msg: { payload: 'a' } }];
		expect(left(lone.id)).toEqual(isDoubtful === 1 ? told : again);
		// Until somebody has been told, it stays written down.
		expect(intentsOf(lone.id)).toHaveLength(isDoubtful);
	});

	it('hands on which job a failure is about that nobody was told of', async () => {
		const { begin, answer } = submits();
		const lone = new LoneNode(newId()).attach({ begin });
		lone.receive({ payload: 'a' });
		await settled();
		const closing = lone.close();
		await settled();
		await answer(new JobError(failure('expired', 'Gone', { accepted: 'yes' }), jobOf('other')));
		await closing;
		expect(left(lone.id)).toMatchObject([{ failedJob: { jobId: 'other' } }]);
	});

	it('leaves no timer behind', async () => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		lone.receive({ payload: 'a' });
		await settled();
		expect(vi.getTimerCount()).toBe(1);
		await lone.close();
		expect(vi.getTimerCount()).toBe(0);
		vi.useRealTimers();
		left(lone.id);
	});

	it('gives the next one what it begins too late', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		await lone.close();
		lone.receive({ payload: 'a' });
		await settled();
		expect(left(lone.id)).toEqual([{ msg: { payload: 'a' } }]);
		expect([lone.ended, lone.requests]).toEqual([[], []]);
	});

	it('does not send on what came while it went: the next one does', async () => {
		const lone = new LoneNode(newId());
		const handle = lone.account as Exclude<typeof lone.account, Error>;
		let found = () => {};
		handle.host.http = async () => {
			await new Promise<void>((resolve) => (found = resolve));
			const body = { id: 'a', object: 'video', status: 'completed', ...fileOf };
			return { status: 200, headers: {}, body };
		};
		lone.attach({ begin: accepts }).receive({ payload: 'a' });
		await lone.tick();
		const closing = lone.close();
		found();
		await closing;
		expect(lone.sent).toEqual([]);
		expect(left(lone.id)).toMatchObject([{ job: { jobId: 'a' } }]);
	});

	it('writes its jobs down for a restart, those too that it has handed on', async () => {
		const lone = new LoneNode(newId(), {}, 'localfilesystem').attach({ begin: accepts });
		await lone.start();
		for (const payload of ['a', 'b']) lone.receive({ payload });
		await settled();
		await lone.close();
		expect(lone.kept.pendingJobs).toMatchObject([{ job: { jobId: 'a' } }, { job: { jobId: 'b' } }]);
		expect(allHandedOn().filter(([id]) => id === lone.id)).toHaveLength(2);
		left(lone.id);
	});

	it('leaves the writing to the next one, however late its own submit is answered', async () => {
		const kept: Record<string, unknown> = {};
		const id = newId();
		const { begin, answer } = submits();
		const old = new LoneNode(id, kept, 'localfilesystem').attach({ begin });
		await old.start();
		old.receive({ payload: 'a' });
		await settled();
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		const closing = old.close();
		await settled();
		vi.advanceTimersByTime(10_000);
		await closing;
		vi.useRealTimers();
		const next = new LoneNode(id, kept, 'localfilesystem').attach({ begin: accepts });
		await next.start();
		next.receive({ payload: 'b' });
		await settled();
		await answer(jobOf('a'));
		const ids = (kept.pendingJobs as Array<{ job: Job }>).map(({ job }) => job.jobId);
		expect(ids).toEqual(['b', 'a']);
		expect(next.asked('GET')).toEqual(['a']);
	});

	it('for good cancels its jobs with the account that goes with it', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		lone.receive({ payload: 'a' });
		await settled();
		lone.account = new Error('No account');
		await lone.close(true);
		expect(lone.asked('DELETE')).toEqual(['a']);
		expect(lone.ended).toMatchObject([{ msg: { job: { jobId: 'a', status: 'cancelled' } } }]);
		expect(lone.warnings).toHaveLength(1);
		expect(left(lone.id)).toEqual([]);
	});

	it('for good says of a job that can not be cancelled why it goes on', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		lone.onCancel = { status: 500, headers: {}, body: { error: { message: 'Broken' } } };
		lone.receive({ payload: 'a' });
		await settled();
		await lone.close(true);
		expect(lone.ended).toMatchObject([{ msg: { job: { jobId: 'a' } } }]);
		expect(lone.warnings).toEqual([expect.stringContaining('Broken')]);
	});
});
