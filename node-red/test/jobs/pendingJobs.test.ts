/** From one instance of a node to the next, with a context store that takes its time. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { describe, expect, it } from 'vitest';
import { handOn } from '../../src/jobs/handedOn';
import type { Pending, PendingJob } from '../../src/jobs/pendingJob';
import { RELEASE_010 } from '../../../test/support/release010';
import { PendingJobs } from '../../src/jobs/pendingJobs';

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
