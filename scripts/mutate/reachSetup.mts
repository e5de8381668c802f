/** Hands in, after each test, what it reached in the counted core (see reach.ts). Set up by `mutate.ts` only. */
import { appendFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';

let reached = new Set<string>();
let startedAt = 0;
(globalThis as { __reached?: (id: string) => void }).__reached = (id) => void reached.add(id);

/** `test` is empty for what the file itself does: its imports, and what stands ready before its tests. */
function handIn(test: string, milliseconds: number): void {
	const line = { file: expect.getState().testPath, test, milliseconds, reached: [...reached] };
	appendFileSync(process.env.MUTATE_REACHED!, `${JSON.stringify(line)}\n`);
	reached = new Set();
}

beforeEach(() => {
	if (startedAt === 0) handIn('', 0);
	startedAt = Date.now();
});
afterEach(({ task }) => handIn(task.fullTestName, Date.now() - startedAt));
afterAll(() => handIn('', 0));
