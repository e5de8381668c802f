import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createConcurrencyLimit } from '../../jobs/concurrency';

/** Tasks that end when the test says so. */
function tasks(pass: ReturnType<typeof createConcurrencyLimit>) {
	const started: string[] = [];
	const ends = new Map<string, () => void>();
	const run = (name: string, signal?: AbortSignal) =>
		pass(async () => {
			started.push(name);
			await new Promise<void>((resolve) => ends.set(name, resolve));
			return name;
		}, signal);
	const end = async (name: string) => {
		ends.get(name)?.();
		await new Promise((resolve) => setImmediate(resolve));
	};
	return { started, run, end };
}

describe('the line of waiting jobs', () => {
	it('lets so many run at once and the others in order', async () => {
		const { started, run, end } = tasks(createConcurrencyLimit(2));
		const all = ['a', 'b', 'c', 'd'].map((name) => run(name));
		expect(started).toEqual(['a', 'b']);
		await end('b');
		expect(started).toEqual(['a', 'b', 'c']);
		await end('a');
		await end('c');
		await end('d');
		expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
	});

	it('lets one that is stopped leave at once, without its place being lost for those behind', async () => {
		const { started, run, end } = tasks(createConcurrencyLimit(1));
		const stop = new AbortController();
		const first = run('first');
		const stopped = run('stopped', stop.signal);
		const last = run('last');
		stop.abort();
		await expect(stopped).rejects.toThrow(/abort/i);
		expect(started).toEqual(['first']);
		await end('first');
		await end('last');
		expect(await Promise.all([first, last])).toEqual(['first', 'last']);
		expect(started).toEqual(['first', 'last']);
	});

	it('lets the next one start at once where the line was empty for a while', async () => {
		const { started, run, end } = tasks(createConcurrencyLimit(1));
		for (const name of ['a', 'b', 'c']) {
			const running = run(name);
			await new Promise((resolve) => setImmediate(resolve));
			expect(started.at(-1)).toBe(name);
			await end(name);
			expect(await running).toBe(name);
		}
	});

	it('sends one that is stopped already away instead of letting it wait for ever', async () => {
		const { started, run, end } = tasks(createConcurrencyLimit(1));
		const first = run('first');
		await expect(run('late', AbortSignal.abort())).rejects.toThrow(/abort/i);
		await end('first');
		expect(await first).toBe('first');
		expect(started).toEqual(['first']);
	});

	it('loses nobody in it when one is stopped that has left it, or long after it has ended', async () => {
		const { started, run, end } = tasks(createConcurrencyLimit(1));
		const stop = new AbortController();
		const first = run('first');
		const second = run('second', stop.signal);
		const third = run('third');
		await end('first');
		expect(started).toEqual(['first', 'second']);
		stop.abort();
		await end('second');
		expect(started).toEqual(['first', 'second', 'third']);
		await end('third');
		expect(await Promise.all([first, second, third])).toEqual(['first', 'second', 'third']);
		expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
	});

	it('tells one that leaves it why, and lets all go on behind one that fails', async () => {
		const pass = createConcurrencyLimit(2);
		const stop = new AbortController();
		const never = [1, 2].map(() => pass(async () => await new Promise<void>(() => undefined)));
		const waits = pass(async () => 'began', stop.signal);
		stop.abort(new Error('Stopped by its user'));
		await expect(waits).rejects.toThrow('Stopped by its user');
		expect(never).toHaveLength(2);
		const failing = createConcurrencyLimit(1);
		const fails = async () => await Promise.reject<never>(new Error('No'));
		for (const _turn of [1, 2, 3]) await expect(failing(fails)).rejects.toThrow('No');
		expect(await failing(async () => 'began')).toBe('began');
	});

	it('keeps its length where it is used again and again', async () => {
		const { started, run, end } = tasks(createConcurrencyLimit(2));
		for (const round of ['1', '2', '3']) {
			const all = ['a', 'b', 'c'].map((name) => run(`${name}${round}`));
			expect(started.slice(-2)).toEqual([`a${round}`, `b${round}`]);
			for (const name of ['a', 'b', 'c']) await end(`${name}${round}`);
			await Promise.all(all);
		}
		expect(started).toHaveLength(9);
	});
});
