/** What a node remembers of how long its jobs took. */
import { describe, expect, it } from 'vitest';
import { providerById } from '../../../providers/registry';
import { LearnedDurations } from '../../src/jobs/learnedDurations';
import { until } from '../support/helper';
import { nodeWithContext } from '../support/keptContext';

const provider = providerById('localGpu');

function learnedOf(id: string, kept: Record<string, unknown>, module = 'localfilesystem') {
	const { RED, node } = nodeWithContext(id, kept, module);
	return new LearnedDurations(RED, node);
}
const seconds = async (learned: LearnedDurations, kind: string | undefined) =>
	(await learned.known(provider, kind)).limits.learnedSeconds;

describe('the durations of a node', () => {
	it('are known from the third job of the kind on, after a redeploy and after a restart', async () => {
		const kept: Record<string, unknown> = {};
		const first = learnedOf('first', kept);
		for (const took of [30, 10]) first.note('kind', took, 1);
		expect(await seconds(first, 'kind')).toBeUndefined();
		first.note('kind', 20, 2);
		await until(() => JSON.stringify(kept).includes('20'));
		expect(await seconds(first, 'kind')).toEqual([10, 20, 30]);
		expect(await seconds(learnedOf('first', {}), 'kind')).toEqual([10, 20, 30]);
		expect(await seconds(learnedOf('another process', kept), 'kind')).toEqual([10, 20, 30]);
		expect(await seconds(first, 'other')).toBeUndefined();
		expect(await seconds(first, undefined)).toBeUndefined();
	});

	it('last as long as the process where nothing else does, and forgive what someone wrote there', async () => {
		const kept: Record<string, unknown> = { durations: 'nonsense' };
		const learned = learnedOf('memory', kept, 'memory');
		for (const took of [3, 1, 2]) learned.note('kind', took, 1);
		await new Promise((resolve) => setImmediate(resolve));
		expect(await seconds(learned, 'kind')).toEqual([1, 2, 3]);
		expect(kept).toEqual({ durations: 'nonsense' });
		const odd = learnedOf('odd', { durations: 'nonsense' });
		expect(await seconds(odd, 'kind')).toBeUndefined();
	});

	it('are written one after the other, and what can not be written is told and known all the same', async () => {
		const { RED, node } = nodeWithContext('full', {}, 'localfilesystem');
		const warnings: string[] = [];
		const refuses = { get: (_key: string, _store: string, done: () => void) => done() };
		const set = (...[, , , done]: [string, unknown, string, (error: Error) => void]) =>
			done(new Error('No room'));
		Object.assign(node, {
			context: () => ({ ...refuses, set }),
			warn: (text: string) => warnings.push(text),
		});
		const learned = new LearnedDurations(RED, node);
		for (const took of [3, 1, 2]) learned.note('kind', took, 1);
		await until(() => warnings.length === 3);
		expect(warnings).toEqual(['No room', 'No room', 'No room']);
		expect(await seconds(learned, 'kind')).toEqual([1, 2, 3]);
	});

	it('are kept under the name that an earlier version reads, and of no kind not at all', async () => {
		const kept: Record<string, unknown> = {};
		const learned = learnedOf('names', kept);
		learned.note(undefined, 5, 1);
		learned.note('kind', 5, 7);
		await until(() => kept.durations !== undefined);
		expect(kept).toEqual({ durations: { kind: { seconds: [5], atMs: 7 } } });
	});

	it('do not change what the store gave', async () => {
		const kept = { durations: { kind: { seconds: [1, 2], atMs: 1 } } };
		const given = kept.durations;
		const learned = learnedOf('given', kept);
		learned.note('kind', 3, 2);
		await until(() => kept.durations !== given);
		expect(given.kind.seconds).toEqual([1, 2]);
	});
});
