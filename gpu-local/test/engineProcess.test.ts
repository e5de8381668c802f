import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { EngineContext } from '../src/engines/engine.ts';
import { EngineProcess } from '../src/engines/diffusers/engineProcess.ts';
import type { GenerateMessage } from '../src/engines/diffusers/protocol.ts';

let folder: string;
let child: EngineProcess;

afterEach(async () => {
	await child.stop();
	await rm(folder, { recursive: true, force: true });
});

/** A process that says `hello` and then does as the script says with each message. */
async function startChild(script: string): Promise<EngineProcess> {
	folder = await mkdtemp(join(tmpdir(), 'worker-child-'));
	const python = join(folder, 'python');
	await writeFile(
		python,
		`#!${process.execPath}
const say = (message) => require('node:fs').writeSync(3, JSON.stringify(message) + '\\n');
say({ type: 'hello', device: { type: 'cpu', index: null, name: 'x' }, memory_bytes: 1, rocm: false, versions: {} });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
	const message = JSON.parse(line);
	${script}
});
`,
	);
	await chmod(python, 0o755);
	child = new EngineProcess({
		python,
		workerFolder: folder,
		device: undefined,
		env: process.env,
		log: () => undefined,
	});
	await child.ready();
	return child;
}

const message = (id: string): GenerateMessage => ({
	type: 'generate',
	id,
	model: { alias: 'tiny', family: 'wan', path: '/x' },
	request: {},
	output: '/x.mp4',
});

const context = (signal: AbortSignal): EngineContext => ({
	signal,
	progress: () => undefined,
	remember: async () => undefined,
	log: () => undefined,
});

const generate = (id: string, signal = new AbortController().signal) =>
	child.generate(message(id), context(signal));

it('takes no job any more from the moment when it is killed', async () => {
	await startChild('');
	const lost = generate('one');
	child.kill('The job was cancelled');
	// The process has not ended yet, and its last message may still free it for another job.
	expect(child.alive).toBe(false);
	await expect(lost).rejects.toMatchObject({ code: 'worker_lost' });
	await expect(generate('two')).rejects.toMatchObject({ code: 'worker_lost' });
});

it('says the last words of a process that ended, and that it ended', async () => {
	await startChild(
		`process.stderr.write('Segmentation fault\\n', () => setTimeout(() => process.exit(9), 200));`,
	);
	await expect(generate('one')).rejects.toThrow(/exit code 9.*Segmentation fault/);
});

it('answers a cancelled job at once, keeps the process, and lets the next job wait for it', async () => {
	// A worker that is in the middle of something long: it answers one job after another, late.
	await startChild(`
		const answer = () => say(message.id === 'one'
			? { type: 'error', id: 'one', code: 'cancelled', message: 'The job was cancelled.' }
			: { type: 'done', id: message.id, warm: ['tiny'], result: {
				file: '/x.mp4', mime_type: 'video/mp4', width: 1, height: 1, frames: 1, fps: 1, seed: 1,
				settings: {}, warnings: [], timings: {} } });
		if (message.type === 'generate') setTimeout(answer, message.id === 'one' ? 3000 : 3500);
	`);
	const { pid } = child;
	const cancelling = new AbortController();
	const one = generate('one', cancelling.signal);
	cancelling.abort(new Error('cancelled by the user'));
	await expect(one).rejects.toThrow('cancelled by the user');
	expect(child.alive).toBe(true);
	expect(child.busy).toBe(false);
	expect(child.leaving).toBe(true);
	await expect(generate('two')).resolves.toMatchObject({ file: '/x.mp4' });
	expect(child.leaving).toBe(false);
	expect(child.pid).toBe(pid);
});

it('throws away what a cancelled job finished in its last moment', async () => {
	await startChild(`
		if (message.type === 'generate') setTimeout(() => {
			for (const ending of ['', '.part', '.jpg'])
				require('node:fs').writeFileSync(message.output + ending, 'late');
			say({ type: 'done', id: message.id, warm: [], result: {
				file: message.output, mime_type: 'video/mp4', width: 1, height: 1, frames: 1, fps: 1,
				seed: 1, settings: {}, warnings: [], timings: {} } });
		}, 2000);
	`);
	const output = join(folder, 'late.mp4');
	const cancelling = new AbortController();
	const late = child.generate({ ...message('late'), output }, context(cancelling.signal));
	cancelling.abort(new Error('cancelled'));
	await expect(late).rejects.toThrow('cancelled');
	await vi.waitFor(() => expect(child.leaving).toBe(false), { timeout: 20_000 });
	for (const file of [output, `${output}.part`, `${output}.jpg`]) {
		await vi.waitFor(() => expect(existsSync(file)).toBe(false), { timeout: 20_000 });
	}
});

it('survives a worker that writes more to stderr than a pipe holds', async () => {
	await startChild(`
		for (let i = 0; i < 2000; i++) require('node:fs').writeSync(2, 'x'.repeat(1000) + '\\n');
		say({ type: 'error', id: message.id, code: 'gpu_oom', message: 'too small' });
	`);
	await expect(generate('one')).rejects.toMatchObject({ code: 'gpu_oom' });
});

/** `one` frees the device, and its file is done when another message comes; `two` ends as `answer` says. */
const ONE_BESIDE_TWO = (answer: string) => `
	const done = (id) => say({ type: 'done', id, warm: ['tiny'], result: {
		file: '/' + id, mime_type: 'video/mp4', width: 1, height: 1, frames: 1, fps: 1, seed: 1,
		settings: {}, warnings: [], timings: {} } });
	if (message.type === 'generate' && message.id === 'one') say({ type: 'device_free', id: 'one', warm: ['tiny'] });
	if (message.type === 'generate' && message.id === 'two') { ${answer} }
	if (message.type === 'cancel') say({ type: 'error', id: message.id, code: 'cancelled', message: 'Cancelled.' });
`;

/** Resolves with the promise of the job's end when the device takes the next one. */
async function generateUntilFree(id: string, signal = new AbortController().signal) {
	let end!: Promise<unknown>;
	await new Promise<void>((resolve) => {
		end = child.generate(message(id), { ...context(signal), slotFree: resolve });
		end.catch(() => undefined);
	});
	return { end };
}

it('takes the next job while the file of the one before is written, and tells the two apart', async () => {
	await startChild(
		ONE_BESIDE_TWO(
			`say({ type: 'progress', id: 'two', stage: 'decoding' }); done('one'); done('two');`,
		),
	);
	const { end } = await generateUntilFree('one');
	expect(child.busy).toBe(false);
	expect(child.warm).toEqual(['tiny']);
	await expect(generate('two')).resolves.toMatchObject({ file: '/two' });
	await expect(end).resolves.toMatchObject({ file: '/one' });
});

it('lets a job that fails touch nothing of the file before', async () => {
	await startChild(
		ONE_BESIDE_TWO(`say({ type: 'error', id: 'two', code: 'gpu_oom', message: 'too large' });
			setTimeout(() => done('one'), 200);`),
	);
	const { end } = await generateUntilFree('one');
	await expect(generate('two')).rejects.toMatchObject({ code: 'gpu_oom' });
	await expect(end).resolves.toMatchObject({ file: '/one' });
});

it('leaves the device to the next job when it hears twice that it is free', async () => {
	await startChild(
		ONE_BESIDE_TWO(
			`say({ type: 'device_free', id: 'one', warm: ['tiny'] }); done('two'); done('one');`,
		),
	);
	const { end } = await generateUntilFree('one');
	await expect(generate('two')).resolves.toMatchObject({ file: '/two' });
	await expect(end).resolves.toMatchObject({ file: '/one' });
});

it('loses both jobs when the process ends, so that both are tried again', async () => {
	await startChild(ONE_BESIDE_TWO('process.exit(7);'));
	const { end } = await generateUntilFree('one');
	await expect(generate('two')).rejects.toMatchObject({ code: 'worker_lost', retryable: true });
	await expect(end).rejects.toMatchObject({ code: 'worker_lost', retryable: true });
});

it('cancels a job whose file is written, and not the one beside it', async () => {
	await startChild(ONE_BESIDE_TWO(`setTimeout(() => done('two'), 200);`));
	const cancelling = new AbortController();
	const { end } = await generateUntilFree('one', cancelling.signal);
	const two = generate('two');
	cancelling.abort(new Error('cancelled by the user'));
	await expect(end).rejects.toThrow('cancelled by the user');
	await expect(two).resolves.toMatchObject({ file: '/two' });
});
