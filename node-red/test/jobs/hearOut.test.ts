/** A closing node waits for submits that are on their way, for they are paid, but not until Node-RED gives up on it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { JobLifecycle, type LifecycleParts } from '../../src/jobs/lifecycle';

/** Node-RED's own patience with a node's close. */
const NODE_RED_GIVES_UP_MS = 15_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Closes a node whose last submit is answered after so long, and says when Node-RED went on. */
async function closedAfterMs(answerMs: number): Promise<number | undefined> {
	let close: (removed: boolean, done: () => void) => void = () => undefined;
	const parts = {
		RED: { events: { once: () => undefined } },
		node: {
			on: (_event: string, handler: typeof close) => (close = handler),
			warn: () => undefined,
		},
		queue: {
			close: () => undefined,
			ended: async () => await new Promise<void>((resolve) => setTimeout(resolve, answerMs)),
			writeLeft: () => undefined,
		},
		pendingJobs: { end: () => undefined, written: async () => undefined },
	};
	new JobLifecycle(parts as unknown as LifecycleParts).attach();
	const startedMs = Date.now();
	let endedMs: number | undefined;
	close(false, () => (endedMs = Date.now()));
	await vi.advanceTimersByTimeAsync(60_000);
	return endedMs && endedMs - startedMs;
}

it.each([0, 2_000, 8_000])('hears an answer that takes %i ms', async (answerMs) => {
	expect(await closedAfterMs(answerMs)).toBe(answerMs);
});

it('lets go of one that takes longer than Node-RED waits', async () => {
	const gaveUpMs = await closedAfterMs(50_000);
	expect(gaveUpMs).toBeLessThan(NODE_RED_GIVES_UP_MS - 2_000);
	expect(gaveUpMs).toBe(10_000);
});

it('lets Node-RED go on though something goes wrong, and says what', async () => {
	let close: (removed: boolean, done: () => void) => void = () => undefined;
	const warnings: string[] = [];
	const parts = {
		RED: { events: { once: () => undefined } },
		node: {
			on: (_event: string, handler: typeof close) => (close = handler),
			warn: (text: string) => warnings.push(text),
		},
		pendingJobs: {
			end() {
				throw new Error('odd');
			},
		},
	};
	new JobLifecycle(parts as unknown as LifecycleParts).attach();
	await new Promise<void>((resolve) => close(false, resolve));
	expect(warnings).toEqual(['odd']);
});
