/** Until the work is done, but no longer than this. What the work rejects with is passed on. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
	try {
		await Promise.race([work, over]);
	} finally {
		clearTimeout(timer);
	}
}
