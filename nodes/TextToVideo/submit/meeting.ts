/**
 * Where the items of a run wait for each other: n8n runs them side by side, and whether the run sleeps can be said only
 * when every item has come to the same point.
 */
export class Meeting<T> {
	private readonly arrived = new Map<number, (result: Promise<T>) => void>();

	/**
	 * @param expected how many items come
	 * @param decide called with the last one
	 */
	constructor(
		private readonly expected: number,
		private readonly decide: () => Promise<T>,
	) {}

	/** What was decided for all, once all are there. Then they may meet again. */
	async arrive(itemIndex: number): Promise<T> {
		return await new Promise<T>((resolve) => {
			this.arrived.set(itemIndex, resolve);
			if (this.arrived.size < this.expected) return;
			const waiting = [...this.arrived.values()];
			this.arrived.clear();
			const result = this.decide();
			for (const go of waiting) go(result);
		});
	}
}
