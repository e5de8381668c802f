import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The address that a started local executor prints. */
export async function readyAddress(child: ChildProcess): Promise<string> {
	for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
		const found = /ready at (http:\/\/\S+)/.exec(line)?.[1];
		if (found) return found;
	}
	throw new Error('The local executor ended before it was ready');
}
