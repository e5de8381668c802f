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
});
