/** From one instance of a node to the next, with a context store that takes its time. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { describe, expect, it, vi } from 'vitest';
import { handOn, takeLeft } from '../../src/jobs/handedOn';
import type { Pending, PendingJob } from '../../src/jobs/pendingJob';
import { RELEASE_010 } from '../../../test/support/release010';
import { PendingJobs } from '../../src/jobs/pendingJobs';
import { addIntent, removeIntent } from '../../src/jobs/submitIntents';

const pending = (jobId: string): PendingJob => ({
	job: {
		...{ provider: 'localGpu', jobId, status: 'processing', videos: [] },
		submittedAt: '2026-01-01T00:00:00.000Z',
	},
	msg: { _msgid: 'm', payload: 'A fox' },
	plan: { mode: 'job', maxBytes: 1 },
	...{ deadlineMs: 1, wait: true },
});

/** A store that answers when it is told to. */
function slowStore(kept?: unknown) {
	const due: Array<() => void> = [];
	const context = {
		get: (_key: string, _store: string, done: (error: null, value: unknown) => void) =>
			due.push(() => done(null, kept)),
		set: (_key: string, value: unknown, _store: string, done: () => void) =>
			due.push(() => {
				kept = structuredClone(value);
				done();
			}),
	};
	const RED = { settings: { contextStorage: { default: { module: 'remote' } } } };
	return {
		RED: RED as unknown as NodeAPI,
		nodeOf: (id: string) =>
			({ id, context: () => context, warn: () => undefined }) as unknown as Node,
		/** Answers everything that was asked until there is no more. */
		async answer() {
			for (let idle = 0; idle < 3; idle += 1) {
				const next = due.shift();
				if (next) idle = -1;
				next?.();
				await new Promise((resolve) => setImmediate(resolve));
			}
		},
		kept: () => kept as PendingJob[] | undefined,
	};
}

describe('pending jobs', () => {
	it('give a job once, though memory and a slow store both tell of it', async () => {
		const store = slowStore();
		const node = store.nodeOf('twice');
		const before = new PendingJobs(store.RED, node);
		const ready = before.takeOver(() => undefined);
		await store.answer();
		await ready;
		before.write([pending('a'), pending('b')]);
		await store.answer();
		before.end();
		handOn('twice', pending('a'));

		const taken: Pending[] = [];
		const after = new PendingJobs(store.RED, node).takeOver((one) => taken.push(one));
		expect(taken.map(({ job }) => job?.jobId)).toEqual(['a']);
		await store.answer();
		await after;
		expect(taken.map(({ job }) => job?.jobId)).toEqual(['a', 'b']);
	});

	it('are written when the store has the newest state', async () => {
		const store = slowStore();
		const jobs = new PendingJobs(store.RED, store.nodeOf('settled'));
		const ready = jobs.takeOver(() => undefined);
		await store.answer();
		await ready;
		jobs.write([pending('a')]);
		jobs.write([]);
		let settled = false;
		const end = jobs.written().then(() => (settled = true));
		await new Promise((resolve) => setImmediate(resolve));
		expect(settled).toBe(false);
		await store.answer();
		await end;
		expect(store.kept()).toBeUndefined();
	});
});

describe('a context store', () => {
	const plan = { mode: 'job', maxBytes: 1 } as const;
	const intent = { key: 'k', provider: 'localGpu', sentAt: 't', msg: {}, plan, wait: true };

	/** A store that tells what was written to it, in order, and can be made to fail or fall silent. */
	function storeOf(id: string, kept: Record<string, unknown> = {}) {
		const written: Array<[string, unknown]> = [];
		const warnings: string[] = [];
		const fault: { read?: unknown; write?: unknown; silent?: boolean } = {};
		const context = {
			get: (key: string, _store: string, done: (error: unknown, value?: unknown) => void) =>
				done(fault.read ?? null, kept[key]),
			set: (key: string, value: unknown, _store: string, done: (error?: unknown) => void) => {
				written.push([key, value]);
				if (!fault.silent) done(fault.write ?? null);
			},
		};
		const RED = { settings: { contextStorage: { default: { module: 'remote' } } } };
		const warn = (text: string) => void warnings.push(text);
		const node = { id, context: () => context, warn } as unknown as Node;
		return { jobs: new PendingJobs(RED as unknown as NodeAPI, node), written, warnings, fault };
	}
	const ready = async (id: string, kept: Record<string, unknown> = {}) => {
		const store = storeOf(id, kept);
		const taken: Pending[] = [];
		await store.jobs.takeOver((one) => taken.push(one));
		return { ...store, taken };
	};

	it('is written under the names that an earlier version reads, the jobs first', async () => {
		const { jobs, written } = await ready('names');
		addIntent('names', intent);
		jobs.write([pending('a')]);
		await jobs.written();
		removeIntent('names', 'k');
		expect(written).toEqual([
			['pendingJobs', [pending('a')]],
			['submitIntents', [intent]],
		]);
	});

	it('hears nothing of submits where there were none, and once that there are none any more', async () => {
		const { jobs, written } = await ready('counted');
		jobs.write([pending('a')]);
		await jobs.written();
		addIntent('counted', intent);
		jobs.write([]);
		await jobs.written();
		removeIntent('counted', 'k');
		jobs.write([]);
		await jobs.written();
		jobs.write([]);
		await jobs.written();
		expect(written.map(([key, value]) => [key, Array.isArray(value)])).toEqual([
			['pendingJobs', true],
			...[
				['pendingJobs', false],
				['submitIntents', true],
			],
			...[
				['pendingJobs', false],
				['submitIntents', false],
			],
			['pendingJobs', false],
		]);
	});

	it('is emptied of the submits of an earlier process once they were taken up', async () => {
		const { jobs, written, taken } = await ready('earlier', { submitIntents: [intent] });
		expect(taken).toEqual([{ msg: {}, intent }]);
		jobs.write([]);
		await jobs.written();
		expect(written).toContainEqual(['submitIntents', undefined]);
	});

	it('is not written before it was read, and then with the newest state alone', async () => {
		const { jobs, written } = storeOf('unread');
		jobs.write([pending('a')]);
		jobs.write([pending('b')]);
		await jobs.written();
		expect(written).toEqual([]);
		await jobs.takeOver(() => undefined);
		await jobs.written();
		expect(written).toEqual([['pendingJobs', [pending('b')]]]);
	});

	it('is written once with the newest of what comes at one moment', async () => {
		const { jobs, written } = await ready('moment');
		for (const id of ['a', 'b', 'c']) jobs.write([pending(id)]);
		await jobs.written();
		expect(written).toEqual([['pendingJobs', [pending('c')]]]);
	});

	it('that can not be read is told of, and what is under way is kept all the same', async () => {
		const store = storeOf('broken');
		store.fault.read = new Error('No store');
		await store.jobs.takeOver(() => undefined);
		expect(store.warnings).toEqual(['No store']);
		store.jobs.write([pending('a')]);
		await store.jobs.written();
		expect(store.written).toHaveLength(1);
	});

	it('that can not be written is told of, and is written again the next time', async () => {
		const { jobs, written, warnings, fault } = await ready('full');
		fault.write = 'no room';
		jobs.write([pending('a')]);
		await jobs.written();
		delete fault.write;
		jobs.write([pending('b')]);
		await jobs.written();
		expect(warnings).toEqual(['no room']);
		expect(written).toHaveLength(2);
	});

	it('that falls silent is waited for three seconds', async () => {
		const { jobs, fault } = await ready('silent');
		fault.silent = true;
		vi.useFakeTimers();
		let isOver = false;
		jobs.write([pending('a')]);
		const over = jobs.written().then(() => (isOver = true));
		await vi.advanceTimersByTimeAsync(2_999);
		expect(isOver).toBe(false);
		await vi.advanceTimersByTimeAsync(1);
		expect(isOver).toBe(true);
		vi.useRealTimers();
		await over;
	});

	it('holds what people wrote there: only jobs are taken up', async () => {
		const pendingJobs = [null, 'x', { job: {} }, pending('a')];
		expect((await ready('odd', { pendingJobs })).taken).toEqual([pending('a')]);
		expect((await ready('odder', { pendingJobs: 'x', submitIntents: {} })).taken).toEqual([]);
	});

	it('gets nothing that is no data', async () => {
		const { jobs, written } = await ready('data');
		jobs.write([{ ...pending('a'), msg: { payload: 'A fox', req: { not: 'data' } } as never }]);
		await jobs.written();
		expect(written[0]![1]).toMatchObject([{ msg: { payload: 'A fox' } }]);
		expect(JSON.stringify(written)).not.toContain('req');
	});
});

describe('an instance that goes', () => {
	it('takes nothing more: the next one does, each what is for its node', async () => {
		const { RED, nodeOf, answer } = slowStore();
		const first = new PendingJobs(RED, nodeOf('goes'));
		const taken: Pending[] = [];
		const taking = first.takeOver((one) => taken.push(one));
		await answer();
		await taking;
		first.handOn(pending('a'));
		first.end();
		first.handOn(pending('b'));
		expect(taken.map(({ job }) => job?.jobId)).toEqual(['a']);
		expect(takeLeft('goes').map(({ job }) => job?.jobId)).toEqual(['b']);
	});
});

describe('pending jobs that version 0.1.0 wrote', () => {
	const folder = path.join(RELEASE_010, 'node-red');
	const files = ['4', '5'].flatMap((version) =>
		readdirSync(path.join(folder, version, 'context', 'tab'))
			.map((name) => path.join(version, 'context', 'tab', name))
			.map((file) => [file, JSON.parse(readFileSync(path.join(folder, file), 'utf8'))] as const)
			.filter(([_file, { pendingJobs }]) => pendingJobs),
	);

	it.each(files)('are all taken up (%s)', async (_file, { pendingJobs }) => {
		const store = slowStore(pendingJobs);
		const taken: Pending[] = [];
		const ready = new PendingJobs(store.RED, store.nodeOf('upgraded')).takeOver((one) =>
			taken.push(one),
		);
		await store.answer();
		await ready;
		expect(taken).toEqual(pendingJobs);
		expect(taken).toHaveLength(1);
	});

	it('are of every node that had one', () => {
		expect(files).toHaveLength(10);
	});
});
