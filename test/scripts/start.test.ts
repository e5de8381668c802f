import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import { readExamples, withCredentialIds } from '../../scripts/start/examples';
import { readOptions } from '../../scripts/start/options';
import { describeVideo } from '../../scripts/start/probe';
import { claimFolder } from '../../scripts/start/runningMark';

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'text-to-video-start-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the command line of npm start', () => {
	it("uses n8n's and the executor's usual ports and a folder that git ignores", () => {
		expect(readOptions([], '/anywhere')).toEqual({
			once: false,
			help: false,
			port: 5678,
			executorPort: 8484,
			stateFolder: join(REPOSITORY_FOLDER, '.run'),
		});
	});

	it('takes a state folder from where the person stands', () => {
		expect(readOptions(['--once', '--state', 'mine'], folder)).toMatchObject({
			once: true,
			stateFolder: join(folder, 'mine'),
		});
	});

	it.each([
		['--port', '70000'],
		['--port', 'x'],
		['--executor-port', '1.5'],
	])('refuses %s %s', (option, value) => {
		expect(() => readOptions([option, value], folder)).toThrow(
			`${option} is "${value}", which is no port.`,
		);
	});

	it('refuses what it does not know', () => {
		expect(() => readOptions(['--twice'], folder)).toThrow(/--twice/);
	});
});

describe('a second start on the same folder', () => {
	const mark = () => join(folder, 'running.json');

	it('is refused while the first one runs', async () => {
		// The parent of this process certainly lives.
		const running = { pid: process.ppid, editor: 'http://127.0.0.1:1', startedAtMs: Date.now() };
		await writeFile(mark(), JSON.stringify(running));
		await expect(claimFolder(mark(), 'http://127.0.0.1:2')).rejects.toThrow(
			`It runs already, as process ${process.ppid}: http://127.0.0.1:1`,
		);
	});

	it('goes ahead when the first one is gone, even if its number now belongs to another program', async () => {
		const gone = { pid: process.ppid, editor: 'http://127.0.0.1:1', startedAtMs: 0 };
		await writeFile(mark(), JSON.stringify(gone));
		const release = await claimFolder(mark(), 'http://127.0.0.1:2');
		const ours = { pid: process.pid, editor: 'http://127.0.0.1:2' };
		expect(JSON.parse(await readFile(mark(), 'utf8'))).toMatchObject(ours);
		await release();
		expect(existsSync(mark())).toBe(false);
	});
});

describe('the examples for n8n', () => {
	it('each have an id, a note that explains them, and only nodes that are connected', async () => {
		const examples = await readExamples();
		expect(examples.length).toBeGreaterThan(0);
		expect(new Set(examples.map(({ id }) => id)).size).toBe(examples.length);
		for (const { id, name, nodes, connections } of examples) {
			expect(id, name).toMatch(/^\w{16}$/);
			expect(nodes.map(({ type }) => type)).toContain('n8n-nodes-base.stickyNote');
			const wires = JSON.stringify(connections);
			for (const node of nodes.filter(({ type }) => !type.endsWith('.stickyNote')))
				expect(wires, name).toContain(JSON.stringify(node.name));
		}
	});

	it('get the credential ids of the n8n that they are loaded into', async () => {
		const [first] = await readExamples();
		const loaded = withCredentialIds(first!, { textToVideoLocalGpuApi: 'new-id' });
		const ids = loaded.nodes.flatMap((node) =>
			Object.values(node.credentials ?? {}).map(({ id }) => id),
		);
		expect(ids).toEqual(['new-id', 'new-id']);
	});
});

describe('what the person reads about the video', () => {
	it('is one line', () => {
		const facts = {
			path: 'x.mp4',
			bytes: 123_456,
			widthPixels: 640,
			heightPixels: 360,
			durationSeconds: 3,
			frames: 36,
			framesPerSecond: 12.0001,
			codec: 'avc',
		};
		expect(describeVideo(facts)).toBe(
			'640 × 360 pixels, 3.0 seconds, 36 frames at 12 a second, H.264, 123 kB',
		);
	});
});

describe('the last line of CI', () => {
	const summary = (...steps: string[]) =>
		spawnSync(
			process.execPath,
			[join(REPOSITORY_FOLDER, 'scripts', 'ci-summary.mjs'), folder, ...steps],
			{ encoding: 'utf8' },
		);
	const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

	it("adds up vitest's and pytest's own counts", async () => {
		await writeFile(
			join(folder, 'unit.json'),
			JSON.stringify({ numPassedTests: 40, numFailedTests: 0, testResults: [] }),
		);
		await writeFile(
			join(folder, 'worker.xml'),
			'<testsuites><testsuite name="pytest" errors="0" failures="0" skipped="0" tests="7"/></testsuites>',
		);
		const { status, stdout } = summary('unit=0', 'worker=0', 'lint=0');
		expect(lastLine(stdout)).toBe('47 passed, 0 failed');
		expect(status).toBe(0);
	});

	it.each([
		['a failing test', { numPassedTests: 3, numFailedTests: 2, testResults: [] }, 'unit=1'],
		[
			'files that do not even load',
			{
				numPassedTests: 3,
				numFailedTests: 0,
				testResults: [
					{ status: 'failed', assertionResults: [] },
					{ status: 'failed', assertionResults: [] },
				],
			},
			'unit=1',
		],
	])('counts %s and fails', async (_what, report, step) => {
		await writeFile(join(folder, 'unit.json'), JSON.stringify(report));
		const { status, stdout } = summary(step);
		expect(lastLine(stdout)).toBe('3 passed, 2 failed');
		expect(status).toBe(1);
	});

	it('says once more what failed and why, for both runners', async () => {
		await writeFile(
			join(folder, 'unit.json'),
			JSON.stringify({
				numPassedTests: 1,
				numFailedTests: 1,
				testResults: [
					{
						name: join(process.cwd(), 'test/jobs/pay.test.ts'),
						status: 'failed',
						assertionResults: [
							{ status: 'passed', fullName: 'pays once' },
							{
								status: 'failed',
								fullName: 'keeps the job',
								failureMessages: ['\u001b[31mexpected 1 to be 2\u001b[39m\n    at here'],
							},
						],
					},
					{
						name: join(process.cwd(), 'test/jobs/typo.test.ts'),
						status: 'failed',
						message: 'Cannot find ./lost',
						assertionResults: [],
					},
				],
			}),
		);
		await writeFile(
			join(folder, 'worker.xml'),
			'<testsuites><testsuite name="pytest" errors="0" failures="1" skipped="0" tests="2">' +
				'<testcase classname="tests.test_a" name="test_fine" time="0.1" />' +
				'<testcase classname="tests.test_a" name="test_gif[&lt;2&gt;]" time="0.1">' +
				'<failure message="short">def test_gif():\nE   assert 1 &gt; 2</failure></testcase>' +
				'</testsuite></testsuites>',
		);
		const { stdout } = summary('unit=1', 'worker=1');
		expect(stdout).toContain(
			'FAILED unit: test/jobs/pay.test.ts > keeps the job\n    expected 1 to be 2\n        at here\n',
		);
		expect(stdout).toContain('FAILED unit: test/jobs/typo.test.ts\n    Cannot find ./lost\n');
		expect(stdout).toContain(
			'FAILED worker: tests.test_a > test_gif[<2>]\n    def test_gif():\n    E   assert 1 > 2\n',
		);
		expect(stdout).not.toContain('test_fine');
		expect(lastLine(stdout)).toBe('2 passed, 3 failed');
	});

	it('counts a step that failed without a report, and fails when nothing ran at all', () => {
		expect(lastLine(summary('e2e=124').stdout)).toBe('0 passed, 1 failed');
		expect(summary('lint=0').status).toBe(1);
	});
});
