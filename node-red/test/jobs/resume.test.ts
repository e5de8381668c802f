/** What a node takes up of its earlier self, from memory or from a context store that lasts. */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import { allHandedOn, handOn, takeLeft } from '../../src/jobs/handedOn';
import type { Begin } from '../../src/jobs/jobRun';
import type { Pending, PendingJob } from '../../src/jobs/pendingJob';
import { intentsOf, type SubmitIntent } from '../../src/jobs/submitIntents';
import { JobError } from '../../src/messages/errors';
import { jobOf, LoneNode, settled } from '../support/loneNode';

let nodes = 0;
const newId = () => `resume ${(nodes += 1)}`;
const DONE = { url: 'http://127.0.0.1:8484/f.mp4' };
const pending = (jobId: string, more: Partial<PendingJob> = {}): PendingJob => ({
	...{ job: jobOf(jobId), msg: { payload: jobId }, deadlineMs: Date.now() + 3_600_000 },
	...{ plan: { mode: 'job', maxBytes: 1_000 }, wait: true },
	...more,
});
const intent = (more: Partial<SubmitIntent> = {}): SubmitIntent => ({
	...{ key: 'key', provider: 'localGpu', sentAt: '2026-01-01T00:00:00.000Z', wait: true },
	...{ msg: { payload: 'sent' }, plan: { mode: 'job', maxBytes: 1_000 } },
	...more,
});
const nothing: Begin = async () => await Promise.reject(new Error('must not be begun'));

/** The next instance of a node for which this was left. */
async function resumed(left: Pending[], options: Parameters<LoneNode['attach']>[0] = {}) {
	const lone = new LoneNode(newId());
	for (const one of left) handOn(lone.id, one);
	lone.attach({ begin: nothing, ...options });
	await settled();
	expect(lone.requests).toEqual([]);
	await lone.start();
	return lone;
}

describe('a job under way', () => {
	it('is asked after at once when all flows run, waited for and sent on once', async () => {
		const lone = await resumed([pending('a')]);
		expect(lone.logs).toEqual(['Waiting for job a again']);
		expect(lone.asked('GET')).toEqual(['a']);
		lone.says('a', 'completed', DONE);
		await lone.tick();
		expect(lone.sent).toMatchObject([{ payload: { jobId: 'a' }, job: { status: 'succeeded' } }]);
		expect(lone.ended).toHaveLength(1);
	});

	it('that is done meanwhile is sent on at once', async () => {
		const lone = new LoneNode(newId());
		lone.says('a', 'completed', DONE);
		handOn(lone.id, pending('a'));
		lone.attach({ begin: nothing });
		await lone.start();
		expect(lone.sent).toMatchObject([{ job: { jobId: 'a', status: 'succeeded' } }]);
	});

	it('goes on though nobody can be asked just then', async () => {
		const lone = new LoneNode(newId());
		lone.videos.set('a', new Error('offline'));
		handOn(lone.id, pending('a'));
		lone.attach({ begin: nothing });
		await lone.start();
		lone.says('a', 'completed', DONE);
		await lone.tick();
		expect(lone.sent).toHaveLength(1);
	});

	it('whose end was wished for is ended, and that is no error', async () => {
		const lone = await resumed([pending('a', { cancels: true })]);
		expect(lone.asked('DELETE')).toEqual(['a']);
		expect(lone.sent).toMatchObject([{ job: { status: 'cancelled' } }]);
		expect(lone.ended.map(({ error }) => error)).toEqual([undefined]);
	});

	it('of a node without an input is sent and failed by the node itself', async () => {
		const lone = new LoneNode(newId());
		for (const jobId of ['a', 'b']) handOn(lone.id, pending(jobId));
		handOn(lone.id, { msg: { payload: 'in line' } });
		lone.says('a', 'completed', DONE);
		lone.says('b', 'failed', { error: { message: 'No light' } });
		lone.attach({ submits: false });
		await lone.start();
		expect(lone.sent).toMatchObject([{ job: { jobId: 'a' } }]);
		expect(lone.errors).toMatchObject([{ msg: { job: { jobId: 'b' } } }]);
		expect(lone.errors[0]!.error!.message).toContain('No light');
		expect(lone.ended).toEqual([]);
	});

	it('is no other message: one that comes in by itself is begun', async () => {
		const begun: unknown[] = [];
		const begin: Begin = async ({ msg }) => {
			begun.push(msg.payload);
			return jobOf('new');
		};
		const left = [pending('a'), { msg: { payload: 'in line' } }];
		const lone = await resumed(left, { begin, parallel: 9 });
		expect(begun).toEqual(['in line']);
		lone.receive({ payload: 'a' });
		await settled();
		expect(begun).toEqual(['in line', 'a']);
	});
});

describe('a failure that nobody was told of', () => {
	it('is told now, with whose words it is and which job', async () => {
		const reason = failure('invalid_key', 'Unauthorized', { accepted: 'no', httpStatus: 401 });
		const msg = { payload: 'a' };
		const lone = await resumed([
			{ msg, failure: reason, title: 'Local GPU', failedJob: jobOf('j'), submitKey: 'k' },
		]);
		expect(lone.ended[0]!.error!.message).toMatch(/^Local GPU, job j \(HTTP 401\): Unauthorized/);
		expect(lone.ended[0]!.msg).toMatchObject({
			job: { jobId: 'j' },
			failure: { code: 'invalid_key' },
		});
	});
});

describe('a submit that an earlier process did not hear the answer of', () => {
	const kept = () => ({ submitIntents: [intent()] });
	const stored = (
		options: Parameters<LoneNode['attach']>[0],
		content: Record<string, unknown> = kept(),
	) => new LoneNode(newId(), content, 'localfilesystem').attach({ begin: nothing, ...options });
	const plan = { plan: intent().plan, deadlineMs: Date.now() + 3_600_000, wait: true };

	it('is said to be unknown where nobody can be asked', async () => {
		const lone = stored({});
		await lone.start();
		expect(lone.ended).toMatchObject([
			{ msg: { payload: 'sent', failure: { code: 'network', accepted: 'unknown' } } },
		]);
		expect(lone.kept).toEqual({});
	});

	it('is found out about, and stays written down until that is done', async () => {
		let answer = (_job: Job) => {};
		const begin: Begin = async () => await new Promise<Job>((resolve) => (answer = resolve));
		const lone = stored({ findOut: () => ({ ...plan, begin }) });
		await lone.start();
		expect(lone.logs).toEqual([expect.stringContaining('request key')]);
		expect(intentsOf(lone.id)).toMatchObject([{ key: 'key' }]);
		expect(lone.kept.submitIntents).toMatchObject([{ key: 'key' }]);
		answer(jobOf('a'));
		await settled();
		expect([intentsOf(lone.id), lone.kept.submitIntents]).toEqual([[], undefined]);
		expect(lone.kept.pendingJobs).toMatchObject([{ job: { jobId: 'a' } }]);
	});

	it('names the request by which the provider knows it', async () => {
		const content = { submitIntents: [intent({ requestId: 'order.1' })] };
		const lone = stored({ findOut: () => ({ ...plan, begin: async () => jobOf('a') }) }, content);
		await lone.start();
		expect(lone.logs[0]).toContain('request order.1');
	});

	it('stays in doubt where the second sending is refused, and keeps nothing written', async () => {
		const refusal = new JobError(failure('rate_limited', 'Too many', { accepted: 'no' }));
		const begin: Begin = async () => await Promise.reject(refusal);
		const lone = stored({ findOut: () => ({ ...plan, begin }) });
		await lone.start();
		expect(lone.ended[0]!.msg.failure).toMatchObject({ code: 'rate_limited', accepted: 'unknown' });
		expect(intentsOf(lone.id)).toEqual([]);
		expect(lone.kept).toEqual({});
	});

	it('is the next instance’s to find out about where this one goes first', async () => {
		const begin: Begin = async ({ controller }) =>
			await new Promise<Job>((_resolve, reject) =>
				controller.signal.addEventListener('abort', () =>
					reject(controller.signal.reason as Error),
				),
			);
		const lone = stored({ findOut: () => ({ ...plan, begin }) });
		await lone.start();
		await lone.close();
		expect(takeLeft(lone.id)).toMatchObject([{ msg: { payload: 'sent' }, intent: { key: 'key' } }]);
		expect(lone.kept.submitIntents).toMatchObject([{ key: 'key' }]);
	});
});

describe('what is left when a node goes', () => {
	it('is given to the next one, also what was on its way into this one', async () => {
		const lone = new LoneNode(newId());
		// A Node-RED that passes messages on in its own time.
		Object.assign(lone.node, { receive: () => undefined });
		handOn(lone.id, pending('a'));
		lone.attach({ begin: nothing });
		await lone.start();
		await lone.close();
		expect(takeLeft(lone.id)).toMatchObject([{ job: { jobId: 'a' } }]);
	});

	/** A node whose context store answers when it is told to. */
	function slow(kept: Record<string, unknown> = {}) {
		const lone = new LoneNode(newId(), kept, 'localfilesystem');
		const due: Array<() => void> = [];
		const get = (key: string, _store: string, done: (error: null, value: unknown) => void) =>
			due.push(() => done(null, kept[key]));
		const set = (...[key, value, , done]: [string, unknown, string, () => void]) =>
			due.push(() => {
				kept[key] = value;
				done();
			});
		Object.assign(lone.node, { context: () => ({ get, set }) });
		const answer = async () => {
			while (due.length > 0) {
				due.shift()!();
				await settled();
			}
		};
		return { lone, kept, answer };
	}
	const isOver = (work: Promise<void>) => {
		const state = { over: false };
		void work.then(() => (state.over = true));
		return state;
	};

	it('is handed on by one that goes before its store has answered, which is waited for', async () => {
		const { lone, answer } = slow({ pendingJobs: [pending('a')] });
		lone.attach({ begin: nothing });
		await lone.start();
		const closing = lone.close();
		const closed = isOver(closing);
		await settled();
		expect(closed.over).toBe(false);
		await answer();
		await closing;
		expect(takeLeft(lone.id)).toMatchObject([{ job: { jobId: 'a' } }]);
		expect(lone.requests).toEqual([]);
	});

	it('is written down, what was only heard while it went too, before the next one reads it', async () => {
		const { lone, kept, answer } = slow();
		let submitted = (_job: Job) => {};
		const begin: Begin = async () => await new Promise<Job>((resolve) => (submitted = resolve));
		lone.attach({ begin });
		await lone.start();
		await answer();
		lone.receive({ payload: 'a' });
		await settled();
		const closing = lone.close();
		const closed = isOver(closing);
		await settled();
		submitted(jobOf('a'));
		await settled();
		expect([closed.over, kept.pendingJobs]).toEqual([false, undefined]);
		await answer();
		await closing;
		expect(kept.pendingJobs).toMatchObject([{ job: { jobId: 'a' } }]);
		takeLeft(lone.id);
	});

	it('is not written where the node is gone for good', async () => {
		const kept: Record<string, unknown> = {};
		const lone = new LoneNode(newId(), kept, 'localfilesystem');
		lone.attach({ begin: async () => jobOf('a') });
		await lone.start();
		lone.receive({ payload: 'a' });
		await settled();
		// Node-RED clears the context of a node that is gone.
		delete kept.pendingJobs;
		await lone.close(true);
		expect(kept).toEqual({});
		expect(lone.events.listenerCount('flows:started')).toBe(0);
	});

	it('is not taken up by one that goes before the flows run', async () => {
		const lone = new LoneNode(newId());
		handOn(lone.id, pending('a'));
		lone.attach({ begin: nothing });
		await lone.close();
		await lone.start();
		expect([lone.requests, lone.logs]).toEqual([[], []]);
		expect(takeLeft(lone.id)).toHaveLength(1);
	});

	it('is cancelled where the node does not come back, and the log says what became of it', async () => {
		const lone = new LoneNode(newId()).attach({
			begin: async (run) => jobOf(String(run.msg.payload)),
		});
		await lone.start();
		for (const payload of ['a', 'b']) lone.receive({ payload });
		await settled();
		await lone.close();
		handOn(lone.id, pending('over', { job: jobOf('over', { status: 'succeeded' }) }));
		handOn(lone.id, { msg: {} });
		lone.exists = false;
		lone.says('b', 'completed', DONE);
		await lone.start();
		expect(lone.asked('DELETE')).toEqual(['a']);
		expect(lone.warnings).toEqual([
			'The node was removed, and job a was cancelled',
			expect.stringMatching(/^The node was removed, but job b could not be cancelled and goes on/),
		]);
		expect(allHandedOn().filter(([id]) => id === lone.id)).toEqual([]);
	});

	it('is said to go on where cancelling fails', async () => {
		const lone = new LoneNode(newId()).attach({ begin: async () => jobOf('a') });
		lone.receive({ payload: 'a' });
		await settled();
		await lone.close();
		lone.exists = false;
		lone.onCancel = new Error('offline');
		await lone.start();
		expect(lone.warnings).toEqual([expect.stringContaining('job a could not be cancelled')]);
	});

	it('is left alone where the node comes back', async () => {
		const lone = new LoneNode(newId()).attach({ begin: async () => jobOf('a') });
		lone.receive({ payload: 'a' });
		await settled();
		await lone.close();
		await lone.start();
		expect(lone.asked('DELETE')).toEqual([]);
		expect(takeLeft(lone.id)).toHaveLength(1);
	});
});
