/** What a stopping Node-RED says that it loses. */
import type { NodeAPI } from 'node-red';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newJob } from '../../../providers/replies/job';
import type { JobRun } from '../../src/jobs/jobRun';
import { lossText } from '../../src/jobs/stopReport';
import { english } from '../support/texts';

/** A process of its own for each test: what it watches is kept for its life. */
let stop: () => string[];
let watch: (id: string, lasts: boolean, runs: Array<Partial<JobRun>>) => void;
beforeEach(async () => {
	vi.resetModules();
	const once = vi.spyOn(process, 'once').mockReturnThis();
	const report = await import('../../src/jobs/stopReport');
	const warnings: string[] = [];
	const RED = {
		_: (key: string, values: Record<string, string>) =>
			english(key.replace(/^.*:runtime\./, ''), values),
		log: { warn: (text: string) => warnings.push(text) },
	} as unknown as NodeAPI;
	watch = (id, lasts, runs) =>
		report.watchForStop(RED, id, { lasts, runs: new Set(runs as JobRun[]) });
	stop = () => {
		const exits = once.mock.calls.filter(([event]) => event === 'exit');
		for (const [, listener] of exits) (listener as () => void)();
		return warnings;
	};
});
afterEach(() => vi.restoreAllMocks());

const runOf = (jobId: string, status: 'processing' | 'succeeded' = 'processing') => ({
	stage: 'waiting' as never,
	job: { ...newJob('localGpu', jobId, 0), status },
});

describe('a process that ends', () => {
	it('says in one warning what all its nodes lose', () => {
		watch('a', false, [runOf('job-1'), { stage: 'queued' }]);
		watch('b', false, [runOf('job-2'), runOf('job-1')]);
		expect(stop()).toEqual([expect.stringMatching(/: job-1, job-2\. .*dropped: 1\./)]);
	});

	it('names no job that is taken up again, and none that is over', () => {
		watch('a', true, [runOf('kept')]);
		watch('b', false, [runOf('over', 'succeeded'), runOf('lost')]);
		const [text] = stop();
		expect(text).toContain('lost');
		expect(text).not.toMatch(/kept|over[,.]/);
	});

	it('counts what was handed on, and submits without an answer, of nodes that lose them', async () => {
		const { handOn } = await import('../../src/jobs/handedOn');
		const { addIntent } = await import('../../src/jobs/submitIntents');
		watch('lasting', true, [{ stage: 'queued' }]);
		watch('losing', false, [runOf('own')]);
		const left = {
			msg: {},
			deadlineMs: 0,
			wait: true,
			plan: { mode: 'job', maxBytes: 1 },
		} as const;
		for (const node of ['lasting', 'losing', 'gone']) {
			handOn(node, { ...left, job: newJob('localGpu', `of ${node}`, 0) });
			handOn(node, { msg: {} });
			const intent = { key: node, provider: 'localGpu', sentAt: '', msg: {}, wait: true };
			addIntent(node, { ...intent, plan: left.plan });
		}
		const [text, ...more] = stop();
		expect(more).toEqual([]);
		expect(text).toContain('no context store lasts: of losing, of gone, own.');
		expect(text).toContain('Submits without an answer yet: 2.');
		expect(text).toContain('Messages in line that are dropped: 4.');
	});

	it('names what it knows of a node last', () => {
		watch('a', false, [runOf('earlier')]);
		watch('a', false, [runOf('later')]);
		expect(stop()).toEqual([expect.stringMatching(/: later\. /)]);
	});

	it('says nothing where nothing is lost', () => {
		watch('a', true, [runOf('kept')]);
		watch('b', false, []);
		expect(stop()).toEqual([]);
	});
});

describe('the warning at a stop', () => {
	it('is empty where nothing is lost', () => {
		expect(lossText({ jobIds: [], submits: 0, queued: 0 }, english)).toBe('');
	});

	it('names every job, counts submits without an answer, and messages in line', () => {
		const text = lossText({ jobIds: ['a', 'b'], submits: 3, queued: 2 }, english);
		expect(text).toContain('no context store lasts: a, b.');
		expect(text).toContain('Submits without an answer yet: 3.');
		expect(text).toContain('Messages in line that are dropped: 2.');
	});

	it('tells of a single one of each', () => {
		const text = lossText({ jobIds: ['a'], submits: 1, queued: 1 }, english);
		expect(text).toContain('no context store lasts: a.');
		expect(text).toContain('Submits without an answer yet: 1.');
		expect(text).toContain('dropped: 1.');
	});

	it('says nothing of what is not lost', () => {
		const text = lossText({ jobIds: [], submits: 0, queued: 1 }, english);
		expect(text).toMatch(/dropped: 1\. Nothing was paid for them\.$/);
		expect(text).not.toMatch(/jobs under way|Submits/i);
	});
});
