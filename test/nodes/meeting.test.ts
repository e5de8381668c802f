import { expect, it } from 'vitest';
import { Meeting } from '../../nodes/TextToVideo/submit/meeting';

const settled = async (promise: Promise<unknown>) =>
	await Promise.race([promise.then(() => true), new Promise((go) => setImmediate(go, false))]);

it('decides once for all, when the last one has come, and anew when they meet again', async () => {
	const decided: string[] = ['finish', 'asleep'];
	const meeting = new Meeting(3, async () => await Promise.resolve(decided.pop()));
	const first = meeting.arrive(0);
	const second = meeting.arrive(2);
	expect(await settled(Promise.race([first, second]))).toBe(false);
	expect(decided).toHaveLength(2);
	expect(await Promise.all([first, second, meeting.arrive(1)])).toEqual(Array(3).fill('asleep'));
	const again = [meeting.arrive(0), meeting.arrive(1)];
	expect(await settled(Promise.race(again))).toBe(false);
	expect(await Promise.all([...again, meeting.arrive(2)])).toEqual(Array(3).fill('finish'));
	expect(decided).toEqual([]);
});

it('tells all of them why nothing could be decided', async () => {
	const meeting = new Meeting(2, async () => await Promise.reject<string>(new Error('No.')));
	const results = await Promise.allSettled([meeting.arrive(0), meeting.arrive(1)]);
	expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
