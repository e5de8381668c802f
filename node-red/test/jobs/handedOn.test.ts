/** What one instance of a node leaves for the next one. */
import { describe, expect, it } from 'vitest';
import { adoptAll, allHandedOn, handOn, stopAdopting, takeLeft } from '../../src/jobs/handedOn';
import type { Pending } from '../../src/jobs/pendingJob';

const message = (payload: string): Pending => ({ msg: { payload } });
const payloads = (list: Pending[]) => list.map(({ msg }) => msg.payload);
const ofNode = (nodeId: string) =>
	payloads(allHandedOn().flatMap(([id, pending]) => (id === nodeId ? [pending] : [])));

describe('what was left', () => {
	it('is given to the next instance in order and once, and what comes late directly', () => {
		handOn('one', message('a'));
		handOn('one', message('b'));
		handOn('other', message('c'));
		expect(ofNode('one')).toEqual(['a', 'b']);
		const given: Pending[] = [];
		adoptAll('one', (pending) => given.push(pending));
		expect(payloads(given)).toEqual(['a', 'b']);
		expect(ofNode('one')).toEqual([]);
		handOn('one', message('late'));
		expect(payloads(given)).toEqual(['a', 'b', 'late']);
		expect(ofNode('one')).toEqual([]);
		expect(payloads(takeLeft('other'))).toEqual(['c']);
	});

	it('waits again once that instance has gone', () => {
		const given: Pending[] = [];
		const adopt = (pending: Pending) => void given.push(pending);
		adoptAll('gone', adopt);
		stopAdopting('gone', adopt);
		handOn('gone', message('a'));
		expect([payloads(given), ofNode('gone')]).toEqual([[], ['a']]);
		const next: Pending[] = [];
		adoptAll('gone', (pending) => next.push(pending));
		expect(payloads(next)).toEqual(['a']);
	});

	it('goes to the newest instance, whatever an older one does late', () => {
		const given: Pending[] = [];
		const old = () => undefined;
		adoptAll('newest', old);
		adoptAll('newest', (pending) => given.push(pending));
		stopAdopting('newest', old);
		stopAdopting('newest', undefined);
		stopAdopting('nobody', old);
		handOn('newest', message('a'));
		expect(payloads(given)).toEqual(['a']);
	});

	it('is kept though an instance goes that never took anything', () => {
		handOn('untaken', message('a'));
		stopAdopting('untaken', undefined);
		stopAdopting('untaken', () => undefined);
		expect(payloads(takeLeft('untaken'))).toEqual(['a']);
	});

	it('while nobody takes it is kept, though an instance stops that takes it while it goes', () => {
		const given: Pending[] = [];
		const adopt = (pending: Pending) => {
			given.push(pending);
			stopAdopting('stops', adopt);
			if (given.length === 1) handOn('stops', message('b'));
		};
		handOn('stops', message('a'));
		adoptAll('stops', adopt);
		stopAdopting('stops', adopt);
		expect([payloads(given), ofNode('stops')]).toEqual([['a'], ['b']]);
	});

	it('by a node that is gone for good is given once, and forgotten', () => {
		handOn('removed', message('a'));
		expect(payloads(takeLeft('removed'))).toEqual(['a']);
		expect(takeLeft('removed')).toEqual([]);
		expect(ofNode('removed')).toEqual([]);
	});
});
