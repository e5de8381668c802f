/** Before this an attempt's own pace says nothing. */
const TELLING_PERCENT = 3;
/** How long an attempt that has told nothing may still show how fast it is. */
const SILENT_MS = 1000;

/**
 * Whether a running attempt is let go on while its process stops: only where it will end in time. All others lose
 * the less the sooner they go back into the queue.
 *
 * @param ranMs how long it has run
 * @param percent 0 … 100
 * @param stoppingMs how long the process has been stopping
 * @param graceMs how long it may take over that
 */
export function mayGoOn(
	{ ranMs, percent }: { ranMs: number; percent: number },
	stoppingMs: number,
	graceMs: number,
): boolean {
	const leftMs = graceMs - stoppingMs;
	if (leftMs <= 0) return false;
	if (percent < TELLING_PERCENT) return stoppingMs < SILENT_MS;
	return (ranMs * (100 - percent)) / percent <= leftMs;
}
