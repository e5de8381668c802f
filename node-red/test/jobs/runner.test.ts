/** What comes into a node: messages, questions, and the wish to end others. */
import { describe, expect, it, vi } from 'vitest';
import type { Job } from '../../../providers/contract';
import { failure } from '../../../providers/replies/failures';
import { newJobRun, type Begin, type JobRun } from '../../src/jobs/jobRun';
import { JobError } from '../../src/messages/errors';
import { jobOf, LoneNode, settled } from '../support/loneNode';

let nodes = 0;
const newId = () => `runner ${(nodes += 1)}`;
const accepts: Begin = async (run) => jobOf(String(run.msg.payload));

/** A node with these jobs under way. */
async function waiting(...payloads: string[]): Promise<LoneNode> {
	const lone = new LoneNode(newId()).attach({ begin: accepts, parallel: 9 });
	for (const payload of payloads) lone.receive({ payload });
	await lone.tick();
	return lone;
}
const failed = ({ ended }: LoneNode) =>
	ended
		.filter(({ error }) => error)
		.map(({ msg, error }) => [msg.payload ?? 'the wish', error!.message]);

describe('a message', () => {
	it('bears no failure of an earlier node any more', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts });
		const earlier = failure('network', 'Earlier', { accepted: 'no' });
		lone.receive({ payload: 'a', failure: earlier });
		await settled();
		lone.says('a', 'completed', { url: 'http://127.0.0.1:8484/f.mp4' });
		await lone.tick();
		expect(lone.sent).toHaveLength(1);
		expect(lone.sent[0]).not.toHaveProperty('failure');
	});

	it('that is not right fails before it gets in line', async () => {
		const lone = new LoneNode(newId()).attach({
			prepare: async () => await Promise.reject(new Error('Seconds is "x".')),
		});
		lone.receive({ payload: 'a' });
		await settled();
		expect(lone.ended[0]!.msg.failure).toMatchObject({
			accepted: 'no',
			message: 'Seconds is "x".',
		});
		expect([lone.sent, lone.statuses]).toEqual([[], []]);
	});

	it('that only asks something gets its answer, and no line', async () => {
		const signals: AbortSignal[] = [];
		const lone = new LoneNode(newId()).attach({
			prepare: async (msg) => ({
				async answer(signal) {
					signals.push(signal);
					return { ...msg, payload: 'the answer' };
				},
			}),
		});
		lone.receive({ payload: 'a question' });
		await settled();
		expect(lone.sent).toEqual([{ payload: 'the answer' }]);
		expect(lone.ended).toEqual([{ msg: { payload: 'a question' } }]);
		expect([lone.statuses, signals[0]!.aborted]).toEqual([[], false]);
		await lone.close();
		expect(signals[0]!.aborted).toBe(true);
	});

	it('whose fields are still being read is ended by a wish to end all, and by no other', async () => {
		for (const [cancel, isEnded] of [
			[true, true],
			[['other'], false],
			[[], false],
		] as const) {
			const reading: Array<() => void> = [];
			const lone = new LoneNode(newId());
			lone.attach({
				async prepare() {
					await new Promise<void>((resolve) => reading.push(resolve));
					return {
						...{ plan: { mode: 'job', maxBytes: 1 }, deadlineMs: Date.now() + 9_999 },
						...{ wait: false, begin: accepts },
					};
				},
			});
			lone.receive({ payload: 'a' });
			await settled();
			lone.receive({ cancel });
			await settled();
			reading[0]!();
			await settled();
			const own = lone.ended.filter(({ msg }) => msg.payload !== undefined);
			expect(own.map(({ error }) => error !== undefined)).toEqual([isEnded]);
			const told = own[0]!.msg.failure?.message;
			expect(told).toBe(isEnded ? 'The message was cancelled before it was submitted.' : undefined);
		}
	});
});

describe('the wish to end jobs', () => {
	it('ends all, each with a failure of its own, and is done then', async () => {
		const lone = await waiting('a', 'b');
		lone.receive({ cancel: true });
		await settled();
		expect(lone.asked('DELETE')).toEqual(['a', 'b']);
		expect(lone.ended).toHaveLength(3);
		const [first, second, wish] = lone.ended;
		expect([first!.msg, second!.msg]).toMatchObject([
			{ job: { jobId: 'a', status: 'cancelled' }, failure: { code: 'cancelled' } },
			{ job: { jobId: 'b', status: 'cancelled' }, failure: { code: 'cancelled' } },
		]);
		expect(wish).toEqual({ msg: { cancel: true } });
		expect(lone.sent).toEqual([]);
	});

	it('ends those it names, and no others', async () => {
		const lone = await waiting('a', 'b', 'c');
		lone.receive({ reset: ['a', 'c'] });
		await settled();
		expect(lone.asked('DELETE')).toEqual(['a', 'c']);
		expect(lone.ended.at(-1)).toEqual({ msg: { reset: ['a', 'c'] } });
		expect(lone.texts.at(-1)).toMatch(/in progress/);
	});

	it('names what the node does not wait for, beside what it does', async () => {
		const lone = await waiting('a');
		lone.receive({ cancel: ['x', 'a', 'y'] });
		await settled();
		expect(lone.asked('DELETE')).toEqual(['a']);
		expect(failed(lone).at(-1)![1]).toMatch(/^This node is not waiting for job x, y\. .+/);
		expect(lone.ended.at(-1)!.msg.failure).toMatchObject({
			code: 'invalid_request',
			accepted: 'no',
		});
	});

	it('says so of a single job that the node does not wait for', async () => {
		const lone = await waiting('a');
		lone.receive({ reset: 'x' });
		await settled();
		expect(failed(lone).map(([, message]) => message)).toEqual([
			expect.stringMatching(/^This node is not waiting for job x\. .+/),
		]);
		expect(lone.asked('DELETE')).toEqual([]);
	});

	it('ends nothing where it names no job', async () => {
		const lone = await waiting('a');
		lone.receive({ reset: [{}] });
		await settled();
		expect(lone.asked('DELETE')).toEqual([]);
		expect(failed(lone)).toEqual([
			['the wish', expect.stringMatching(/^Msg\.reset is \[\{\}\], which /)],
		]);
		expect(failed(lone)[0]![1]).toMatch(/names no job.*\. .+/);
	});

	it('ends a message in line, of which nothing was submitted', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts, parallel: 1 });
		for (const payload of ['a', 'b']) lone.receive({ payload });
		await lone.tick();
		lone.receive({ cancel: true });
		await settled();
		const inLine = lone.ended.find(({ msg }) => msg.payload === 'b')!;
		expect(inLine.msg.failure).toMatchObject({ code: 'cancelled', accepted: 'no' });
		expect(lone.asked('DELETE')).toEqual(['a']);
	});
});

describe('a job that the provider does not end', () => {
	const broken = { status: 500, headers: {}, body: { error: { message: 'Broken' } } };

	it('is waited for on after msg.cancel, and whoever wished it is told so', async () => {
		const lone = await waiting('a', 'b');
		lone.onCancel = broken;
		lone.receive({ cancel: true });
		await settled();
		expect(lone.ended).toHaveLength(1);
		expect(lone.texts.at(-1)).toBe('2 running');
		const [[, message]] = failed(lone) as [[string, string]];
		expect(message).toMatch(/job a.*Broken\. .*job b.*Broken\. .*goes on waiting/);
		lone.says('a', 'completed', { url: 'http://127.0.0.1:8484/f.mp4' });
		await lone.tick();
		expect(lone.sent).toMatchObject([{ job: { jobId: 'a', status: 'succeeded' } }]);
	});

	it('keeps its turn in the meantime', async () => {
		const lone = new LoneNode(newId()).attach({ begin: accepts, parallel: 1 });
		for (const payload of ['a', 'b']) lone.receive({ payload });
		await lone.tick();
		lone.onCancel = broken;
		lone.receive({ cancel: 'a' });
		await settled();
		expect(lone.texts.at(-1)).toMatch(/, 1 in line$/);
	});

	it('is waited for no longer after msg.reset', async () => {
		const lone = await waiting('a');
		lone.onCancel = broken;
		lone.receive({ reset: true });
		await settled();
		expect(failed(lone)).toHaveLength(2);
		expect(lone.ended[0]!.msg).toMatchObject({ payload: 'a', job: { jobId: 'a' } });
		expect(failed(lone)[1]![1]).toMatch(/Broken.* no longer waits/);
		lone.says('a', 'completed', { url: 'http://127.0.0.1:8484/f.mp4' });
		await lone.tick();
		expect(lone.sent).toEqual([]);
		expect(lone.statuses.at(-1)).toMatchObject({ fill: 'red', text: 'failed: job a' });
	});

	it('is waited for no longer where msg.cancel and msg.reset come together', async () => {
		const lone = await waiting('a');
		lone.onCancel = broken;
		lone.receive({ reset: 'a' });
		lone.receive({ cancel: 'a' });
		await settled();
		// Both wishes are answered, and the message ends once.
		expect(lone.ended).toHaveLength(3);
		expect(lone.ended.filter(({ msg }) => msg.payload === 'a')).toHaveLength(1);
		await lone.tick();
		expect(lone.asked('DELETE')).toEqual(['a']);
	});

	it('can be ended at the next try', async () => {
		const lone = await waiting('a');
		lone.onCancel = broken;
		lone.receive({ cancel: true });
		await settled();
		lone.onCancel = { status: 200, headers: {}, body: { deleted: true } };
		lone.receive({ cancel: true });
		await settled();
		expect(lone.ended.map(({ msg }) => msg.job?.status)).toEqual([
			undefined,
			'cancelled',
			undefined,
		]);
		expect(failed(lone).map(([what]) => what)).toEqual(['the wish', 'a']);
	});

	it('was done already: its download is what ends', async () => {
		const lone = await waiting('a');
		lone.says('a', 'completed', { url: 'http://127.0.0.1:8484/f.mp4' });
		lone.receive({ cancel: true });
		await settled();
		expect(lone.asked('DELETE')).toEqual([]);
		expect(lone.ended[0]!.msg).toMatchObject({
			...{ job: { status: 'succeeded' }, failure: { code: 'cancelled', accepted: 'yes' } },
		});
	});
});

describe('a submit in doubt', () => {
	it('is told of as such, though its end was wished for', async () => {
		let answer = (_error: Error) => {};
		const begin: Begin = async () =>
			await new Promise<Job>((_resolve, reject) => (answer = reject));
		const lone = new LoneNode(newId()).attach({ begin });
		lone.receive({ payload: 'a' });
		await settled();
		lone.receive({ cancel: true });
		await settled();
		expect(lone.ended).toEqual([]);
		answer(new JobError(failure('network', 'Cut', { accepted: 'unknown' })));
		await settled();
		expect(lone.ended[0]!.msg).toMatchObject({ payload: 'a', failure: { accepted: 'unknown' } });
		expect(lone.ended[1]).toEqual({ msg: { cancel: true } });
	});
});

describe('a node that submits', () => {
	it('says once in the log that nothing outlives a restart, where that is so', () => {
		const first = new LoneNode(newId()).attach({ begin: accepts });
		const second = new LoneNode(newId());
		Object.assign(second.RED, { events: first.events });
		second.attach({ begin: accepts });
		expect(first.infos).toEqual([expect.stringContaining('no context store lasts over a restart')]);
		expect(second.infos).toEqual([]);
		const lasting = new LoneNode(newId(), {}, 'localfilesystem').attach({ begin: accepts });
		const fetching = new LoneNode(newId()).attach({ begin: accepts, submits: false });
		expect([lasting.infos, fetching.infos]).toEqual([[], []]);
	});
});

describe('a process that ends', () => {
	it('says which jobs of the node are lost', async () => {
		const once = vi.spyOn(process, 'once').mockReturnThis();
		vi.resetModules();
		const fresh = await import('../support/loneNode');
		const lone = new fresh.LoneNode(newId()).attach({ begin: accepts });
		lone.receive({ payload: 'job-1' });
		await settled();
		const [, exit] = once.mock.calls.find(([event]) => event === 'exit')!;
		once.mockRestore();
		exit(0);
		expect(lone.alerts).toEqual([expect.stringContaining(': job-1. They are paid')]);
	});
});

describe('a node without an input', () => {
	it('takes a job that is known already, asks after it, and hears no messages', async () => {
		const lone = new LoneNode(newId()).attach({ submits: false });
		lone.receive({ payload: 'nobody listens' });
		const signal = new AbortController().signal;
		lone.says('a', 'in_progress', { progress: 7 });
		const reading = await lone.runner.ask(jobOf('a'), signal);
		expect(reading.job).toMatchObject({ jobId: 'a', progress: 7 });
		const out: object[] = [];
		const plan = {
			plan: { mode: 'job', maxBytes: 1 },
			deadlineMs: Date.now(),
			wait: false,
		} as const;
		const run: JobRun = newJobRun(
			{ ...plan, job: jobOf('a') },
			{},
			(msg) => void out.push(msg),
			() => {},
		);
		lone.runner.start(run, async () => jobOf('a', { status: 'cancelled' }));
		await settled();
		expect([out, lone.sent, lone.ended]).toEqual([[], [], []]);
		lone.runner.start({ ...run, cancels: true }, async () => jobOf('a', { status: 'cancelled' }));
		await settled();
		expect(out).toMatchObject([{ job: { jobId: 'a', status: 'cancelled' } }]);
	});
});
