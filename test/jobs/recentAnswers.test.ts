/** One question for all who ask in a while. */
import { describe, expect, it } from 'vitest';
import { keepNewest, RecentAnswers } from '../../jobs/recentAnswers';

describe('recent answers', () => {
	const scene = (keepMs = 100, most = 2) => {
		const answers = new RecentAnswers<string>(keepMs, most);
		let asked = 0;
		return async (key: string, nowMs: number, forget = false) => {
			if (forget) answers.forget(key);
			return await answers.of(key, nowMs, async () => `${key} ${(asked += 1)}`);
		};
	};

	it('are good for as long as they are kept, and no longer', async () => {
		const ask = scene();
		const told = [
			await ask('a', 50),
			await ask('a', 149),
			await ask('a', 150),
			await ask('a', 151),
		];
		expect(told).toEqual(['a 1', 'a 1', 'a 2', 'a 2']);
	});

	it('are one for each who asks for something else', async () => {
		const ask = scene();
		expect([await ask('a', 0), await ask('b', 0), await ask('a', 1)]).toEqual([
			'a 1',
			'b 2',
			'a 1',
		]);
	});

	it('are asked for anew once they were forgotten', async () => {
		const ask = scene();
		expect([await ask('a', 0), await ask('a', 1, true)]).toEqual(['a 1', 'a 2']);
	});

	it('are so many at most: the one that was asked for first goes', async () => {
		const ask = scene();
		for (const key of ['a', 'b', 'c']) await ask(key, 0);
		expect([await ask('b', 1), await ask('c', 1), await ask('a', 1)]).toEqual([
			'b 2',
			'c 3',
			'a 4',
		]);
	});
});

it('keeps what was put last, in that order', () => {
	const entries = new Map<string, number>();
	for (const [index, key] of ['a', 'b', 'a', 'c'].entries()) keepNewest(entries, key, index, 2);
	expect([...entries]).toEqual([
		['a', 2],
		['c', 3],
	]);
});
