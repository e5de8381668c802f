import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** The built-in database burns the processor for each statement, so it has a thread of its own. */
export interface ThreadOptions {
	/** The folder of the database itself. */
	folder: string;
}

/** One task at a time: the next is sent when this one is answered. */
export type ThreadTask = { kind: 'exchange'; bytes: Uint8Array } | { kind: 'close' };

export type ThreadNews =
	| { kind: 'ready' }
	| { kind: 'answer'; bytes: Uint8Array }
	/** The database could not be opened, or broke in the middle of a task. */
	| { kind: 'failed'; message: string };

/**
 * The compiler that optimises WebAssembly takes 600 MB for this database, and its own small statements are no
 * quicker for it. The flags are the process's, so they are set back for the video encoder.
 */
const BASELINE = ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];
const OPTIMISING = ['--no-liftoff-only', '--wasm-tier-up', '--wasm-dynamic-tiering'];
const SETTINGS = [
	// The default, 128 MB, is more than all jobs of a machine.
	'shared_buffers=8MB',
	// Every statement is called by its name, and planning it anew takes longer than carrying it out.
	'plan_cache_mode=force_generic_plan',
];

async function openDatabase({ folder }: ThreadOptions): Promise<PGlite> {
	for (const flag of BASELINE) setFlagsFromString(flag);
	try {
		return await PGlite.create({
			dataDir: folder,
			startParams: [
				...PGlite.defaultStartParams,
				...SETTINGS.flatMap((setting) => ['-c', setting]),
			],
		});
	} finally {
		for (const flag of OPTIMISING) setFlagsFromString(flag);
	}
}

const port = parentPort;
if (port) {
	const tell = (news: ThreadNews, transfer: ArrayBuffer[] = []) => port.postMessage(news, transfer);
	const failed = (error: Error) => tell({ kind: 'failed', message: error.message });
	const opening = openDatabase(workerData as ThreadOptions);
	opening.then(() => tell({ kind: 'ready' }), failed);
	const carryOut = async (task: ThreadTask): Promise<void> => {
		const database = await opening;
		if (task.kind === 'close') {
			await database.close();
			return tell({ kind: 'answer', bytes: new Uint8Array() });
		}
		const bytes = Uint8Array.from(await database.execProtocolRaw(task.bytes));
		tell({ kind: 'answer', bytes }, [bytes.buffer]);
	};
	port.on('message', (task: ThreadTask) => void carryOut(task).catch(failed));
}
