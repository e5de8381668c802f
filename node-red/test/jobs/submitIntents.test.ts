/** Submits that are written down before they are sent. */
import { describe, expect, it } from 'vitest';
import { interruptedSubmit, stillInDoubt } from '../../src/jobs/interruptedSubmit';
import type { Pending } from '../../src/jobs/pendingJob';
import { PendingJobs } from '../../src/jobs/pendingJobs';
import {
	addIntent,
	allIntents,
	intentsOf,
	removeIntent,
	type SubmitIntent,
} from '../../src/jobs/submitIntents';
import { refused } from '../../src/messages/errors';
import { english } from '../support/texts';
import { nodeWithContext } from '../support/keptContext';

const intent = (key: string, more: Partial<SubmitIntent> = {}): SubmitIntent => ({
	...{ key, provider: 'localGpu', sentAt: '2026-01-01T00:00:00.000Z', wait: true },
	...{ msg: { _msgid: 'm', payload: 'A fox' }, plan: { mode: 'job', maxBytes: 1 } },
	...more,
});

function nodeWith(id: string, kept: Record<string, unknown> = {}, module = 'localfilesystem') {
	const { RED, node } = nodeWithContext(id, kept, module);
	return { jobs: new PendingJobs(RED, node), kept };
}

async function takenOver(jobs: PendingJobs): Promise<Pending[]> {
	const taken: Pending[] = [];
	await jobs.takeOver((pending) => taken.push(pending));
	return taken;
}

describe('a submit', () => {
	it('is in the store when its writing has ended, and gone with its answer', async () => {
		const { jobs, kept } = nodeWith('written');
		await takenOver(jobs);
		addIntent('written', intent('a', { values: { prompt: 'A fox' } }));
		jobs.write([]);
		await jobs.written();
		expect(kept.submitIntents).toMatchObject([{ key: 'a', values: { prompt: 'A fox' } }]);
		removeIntent('written', 'a');
		jobs.write([]);
		await jobs.written();
		expect(kept.submitIntents).toBeUndefined();
	});

	it('is kept without a request that is too large for the store', async () => {
		const { jobs, kept } = nodeWith('large');
		await takenOver(jobs);
		addIntent('large', intent('a', { values: { image: 'x'.repeat(100_000) } }));
		jobs.write([]);
		await jobs.written();
		removeIntent('large', 'a');
		expect(kept.submitIntents).toMatchObject([{ key: 'a' }]);
		expect(JSON.stringify(kept).length).toBeLessThan(1000);
	});

	it('of an earlier process is taken up, what is not one is not, and one that still runs here neither', async () => {
		addIntent('earlier', intent('alive'));
		const submitIntents = [intent('dead'), intent('alive'), { key: 5 }, null];
		const { jobs } = nodeWith('earlier', { submitIntents });
		expect((await takenOver(jobs)).map((pending) => pending.intent?.key)).toEqual(['dead']);
		removeIntent('earlier', 'alive');
	});

	it('is one of several, by node, until its answer is there', () => {
		for (const key of ['a', 'b']) addIntent('several', intent(key));
		addIntent('another', intent('c'));
		addIntent('several', intent('a', { wait: false }));
		const keys = () => allIntents().map(([node, { key }]) => `${node} ${key}`);
		expect(keys()).toEqual(['several a', 'several b', 'another c']);
		expect(intentsOf('several').map(({ wait }) => wait)).toEqual([false, true]);
		removeIntent('several', 'a');
		removeIntent('several', 'unknown');
		removeIntent('nobody', 'a');
		expect(keys()).toEqual(['several b', 'another c']);
		removeIntent('several', 'b');
		removeIntent('another', 'c');
		expect(keys()).toEqual([]);
	});

	it.each([
		[65_536, true],
		[65_537, false],
	])('is kept with a request of %i characters of JSON: %s', async (length, isKept) => {
		const id = `bounded ${length}`;
		const { jobs, kept } = nodeWith(id);
		await takenOver(jobs);
		const values = { prompt: 'x'.repeat(length - '{"prompt":""}'.length) };
		addIntent(id, intent('a', { values }));
		jobs.write([]);
		await jobs.written();
		removeIntent(id, 'a');
		expect(kept.submitIntents).toMatchObject([{ key: 'a' }]);
		expect('values' in (kept.submitIntents as SubmitIntent[])[0]!).toBe(isKept);
	});

	it('is written nowhere where nothing lasts', async () => {
		const { jobs, kept } = nodeWith('memory', {}, 'memory');
		await takenOver(jobs);
		addIntent('memory', intent('a'));
		jobs.write([]);
		await jobs.written();
		removeIntent('memory', 'a');
		expect(kept).toEqual({});
		expect(intentsOf('memory')).toEqual([]);
	});
});

describe('a submit that nobody heard the answer of', () => {
	it('may have made a job, and the error says since when, by which id and where it was looked for', () => {
		const error = interruptedSubmit(intent('k', { requestId: 'order.k' }), english, 'The log: no.');
		expect(error.failure).toMatchObject({ accepted: 'unknown', requestId: 'order.k' });
		expect(error.message).toContain('Node-RED ended on 2026-01-01T00:00:00.000Z');
		expect(error.message).toContain('submitted to Local GPU');
		expect(error.message).toContain('(request order.k). The log: no.');
	});

	it('stays in doubt when the second sending is refused', () => {
		expect(stillInDoubt(refused('No connection.', ''))).toMatchObject({
			failure: { accepted: 'unknown' },
		});
		const other = new Error('x');
		expect(stillInDoubt(other)).toBe(other);
	});
});
