/** The runner of faults, on a copy of the repository with a vitest of its own: what it calls noticed, and what not. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RepositoryCopy } from '../../scripts/mutate/copies';
import { Judge } from '../../scripts/mutate/judge';
import { REPOSITORY_FOLDER } from '../../scripts/repository';

const FILE = 'jobs/redactKey.ts';
const whole = readFileSync(join(REPOSITORY_FOLDER, FILE), 'utf8');

/** What the tests of the file need, and vitest. */
const files = [
	...['vitest.config.mts', 'package.json', 'tsconfig.json', 'gpu-local/package.json'],
	...['jobs', 'providers', 'test/jobs', 'test/support', 'gpu-local/src', 'gpu-local/test'].flatMap(
		(folder) =>
			readdirSync(join(REPOSITORY_FOLDER, folder), { recursive: true, encoding: 'utf8' }).map(
				(name) => join(folder, name),
			),
	),
].filter((name) => statSync(join(REPOSITORY_FOLDER, name)).isFile());

const TESTS = 'test/jobs/redactKey.test.ts';
const inHeaders = {
	file: TESTS,
	names: ['what a provider says > is shown without the key in headers'],
};

function withFault(was: string, now: string) {
	expect(whole.split(was)).toHaveLength(2);
	return { file: FILE, whole, text: whole.replace(was, now) };
}

const wrongWord = withFault("'[API key]'", "'[API key]_X'");
const unencoded = withFault('[...new Set([key, encodeURIComponent(key)])]', '[key]');
/** Replaced twice, the second time in vain: nobody could notice. */
const equivalent = withFault(
	'[...new Set([key, encodeURIComponent(key)])]',
	'[key, encodeURIComponent(key), key]',
);

describe('a fault', { timeout: 180_000 }, () => {
	const copy = new RepositoryCopy(files);
	afterAll(() => copy.close());
	const written = (name: string, text: string) => {
		const file = `test/jobs/${name}.test.ts`;
		writeFileSync(join(copy.folder, file), `import { expect, it } from 'vitest';\n${text}\n`);
		return file;
	};

	it('that a test notices is killed, one that none can notice survives, in any order', async () => {
		const judge = new Judge();
		const killed = { end: 'killed', by: `${TESTS}: ${inHeaders.names[0]}` };
		expect(await judge.of(copy, wrongWord, [inHeaders])).toEqual(killed);
		expect(await judge.of(copy, equivalent, [inHeaders])).toEqual({ end: 'survived' });
		expect(await judge.of(copy, unencoded, [inHeaders])).toEqual(killed);
		expect(await judge.of(copy, equivalent, [inHeaders])).toEqual({ end: 'survived' });
		expect(judge.unfit).toEqual(new Set());
	});

	it('that keeps the file from being loaded is killed', async () => {
		const broken = withFault('const SHORTEST_KEY = 8;', 'const SHORTEST_KEY = nothing;');
		expect(await new Judge().of(copy, broken, [inHeaders])).toEqual({
			end: 'killed',
			by: `${TESTS}: `,
		});
	});

	it('is tried on the whole file where no test has the name asked for', async () => {
		const renamed = { file: TESTS, names: ['of another time'] };
		const judge = new Judge();
		expect(await judge.of(copy, wrongWord, [renamed])).toMatchObject({ end: 'killed' });
		expect(await judge.of(copy, equivalent, [renamed])).toEqual({ end: 'survived' });
	});

	it('is not noticed by a test that fails without it', async () => {
		const file = written('failing', "it('fails', () => expect(1).toBe(2));");
		const failing = { file, names: ['fails'] };
		const judge = new Judge();
		expect(await judge.of(copy, wrongWord, [failing])).toEqual({ end: 'no fit test' });
		expect(await judge.of(copy, equivalent, [failing, inHeaders])).toEqual({ end: 'survived' });
		expect(await judge.of(copy, wrongWord, [failing, inHeaders])).toMatchObject({ end: 'killed' });
		expect(judge.unfit).toEqual(new Set([`${file}: fails`]));
	});

	it('has not survived where no test ran: that is an error', async () => {
		const file = written('idle', "it.runIf(false)('does nothing', () => expect(1).toBe(1));");
		const idle = { file, names: ['does nothing'] };
		await expect(new Judge().of(copy, equivalent, [idle])).rejects.toThrow(
			`No test ran in ${file}`,
		);
		// And the fault is taken out again.
		const clean = readFileSync(join(copy.folder, FILE), 'utf8');
		expect(clean).toBe(whole);
	});
});

it('ends with the time it may take, or with its process: noticed only where the tests without it do not', async () => {
	const passing = { passed: [`${TESTS}: ${inHeaders.names[0]}`] };
	const giving = (withIt: 'took too long' | 'the process ended', without: unknown) => ({
		run: (order: { fault?: unknown }) => Promise.resolve((order.fault ? withIt : without) as never),
	});
	const judged = (how: 'took too long' | 'the process ended', without: unknown) =>
		new Judge().of(giving(how, without), equivalent, [inHeaders]);
	expect(await judged('took too long', passing)).toEqual({ end: 'killed', by: 'took too long' });
	expect(await judged('the process ended', passing)).toMatchObject({ end: 'killed' });
	expect(await judged('took too long', 'took too long')).toMatchObject({ end: 'no fit test' });
});
