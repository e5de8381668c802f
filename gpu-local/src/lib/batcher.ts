/** Hands things on together: whatever comes while the last lot is being worked on makes up the next. */
export class Batcher<Item> {
	#waiting: Item[] = [];
	#next: Promise<void> | undefined;
	#last: Promise<void> = Promise.resolve();

	constructor(private readonly work: (items: Item[]) => Promise<void>) {}

	/** Resolves when the lot with this item is done, rejects where that failed. */
	add(item: Item): Promise<void> {
		this.#waiting.push(item);
		this.#next ??= this.#last.then(async () => {
			const items = this.#waiting;
			this.#waiting = [];
			this.#next = undefined;
			const run = this.work(items);
			this.#last = run.catch(() => undefined);
			await run;
		});
		return this.#next;
	}
}
