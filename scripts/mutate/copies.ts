/** Copies of the repository in which faults are put, each with a warm vitest of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY_FOLDER } from '../repository';
import type { Answer, Order, Ran } from './testProcess.mts';

const MODULES = ['node_modules', 'node-red/node_modules', 'gpu-local/node_modules'];
/** What tests need besides: an empty database that takes seconds to make. */
const BUILT = ['gpu-local/dist'];

/** What tests gave; or how the process that ran them ended. */
export type Ended = Ran | 'took too long' | 'the process ended';

export class RepositoryCopy {
	readonly folder = mkdtempSync(join(tmpdir(), 'mutants-'));
	private child?: Promise<ChildProcess>;

	constructor(
		files: string[],
		private readonly env: Record<string, string> = {},
	) {
		for (const file of files) cpSync(join(REPOSITORY_FOLDER, file), join(this.folder, file));
		for (const folder of MODULES)
			if (existsSync(join(REPOSITORY_FOLDER, folder)))
				symlinkSync(join(REPOSITORY_FOLDER, folder), join(this.folder, folder), 'junction');
		for (const folder of BUILT)
			if (existsSync(join(REPOSITORY_FOLDER, folder)))
				cpSync(join(REPOSITORY_FOLDER, folder), join(this.folder, folder), { recursive: true });
	}

	/**
	 * A fault that makes a test run for ever ends at the limit, and the process with it.
	 *
	 * @throws where the tests asked for did not run at all
	 */
	async run(order: Order, limitMs: number): Promise<Ended> {
		this.child ??= this.started();
		const child = await this.child;
		const answer = await new Promise<Answer | Exclude<Ended, Ran>>((resolve) => {
			const ended = (how: Answer | Exclude<Ended, Ran>) => {
				clearTimeout(timer);
				child.removeAllListeners();
				resolve(how);
			};
			const timer = setTimeout(ended, limitMs, 'took too long');
			child.once('message', (given: Answer) => ended(given));
			child.once('exit', () => ended('the process ended'));
			child.send(order);
		});
		if (typeof answer === 'string') {
			child.kill('SIGKILL');
			this.child = undefined;
			if (order.fault)
				cpSync(join(REPOSITORY_FOLDER, order.fault.file), join(this.folder, order.fault.file));
			return answer;
		}
		if ('error' in answer) throw new Error(answer.error);
		return answer;
	}

	private async started(): Promise<ChildProcess> {
		const child = fork(join(REPOSITORY_FOLDER, 'scripts', 'mutate', 'testProcess.mts'), {
			// Node strips the types itself: vitest is a module, and the loader of this process would ask for something else.
			execArgv: [],
			cwd: this.folder,
			stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
			// Its tests are no part of a proof of their own.
			env: { ...process.env, PROOF_ROWS: '', ...this.env },
		});
		await new Promise((resolve, reject) => {
			child.once('message', resolve);
			child.once('exit', (code) => reject(new Error(`vitest did not start (exit code ${code})`)));
		});
		child.removeAllListeners();
		return child;
	}

	async close(): Promise<void> {
		(await this.child)?.kill();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
