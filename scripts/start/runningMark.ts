import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { processLives } from '../n8n-host/installLock';
import { Problem } from '../n8n-host/problem';

interface RunningMark {
	pid: number;
	editor: string;
	startedAtMs: number;
}

/** A first start may install n8n before its editor answers. */
const LONGEST_START_MS = 15 * 60_000;

/** Refuses a second start on the same folder while the first one runs: both would use one database. */
export async function claimFolder(markFile: string, editor: string): Promise<() => Promise<void>> {
	const found = await readFile(markFile, 'utf8')
		.then((text) => JSON.parse(text) as RunningMark)
		.catch(() => undefined);
	if (found && (await stillRuns(found)))
		throw new Problem(
			`It runs already, as process ${found.pid}: ${found.editor}`,
			'Use that one, or end it with Ctrl-C in its terminal and start again. Another folder (--state) and other ports make a second one.',
		);
	await mkdir(dirname(markFile), { recursive: true });
	await writeFile(
		markFile,
		JSON.stringify({ pid: process.pid, editor, startedAtMs: Date.now() } satisfies RunningMark),
	);
	return () => rm(markFile, { force: true });
}

/** A process number alone proves little: after a restart of the machine another program has it. */
async function stillRuns(mark: RunningMark): Promise<boolean> {
	if (mark.pid === process.pid || !processLives(mark.pid)) return false;
	if (Date.now() - mark.startedAtMs < LONGEST_START_MS) return true;
	return await fetch(mark.editor).then(
		() => true,
		() => false,
	);
}
