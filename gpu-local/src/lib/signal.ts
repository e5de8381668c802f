/** Wakes one waiter. A notification while nobody waits is kept for the next wait. */
export class Signal {
	#notified = false;
	#wake: (() => void) | undefined;

	notify(): void {
		this.#notified = true;
		this.#wake?.();
	}

	/** Resolves when notified, or after this time. */
	async wait(milliseconds: number): Promise<void> {
		if (!this.#notified) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, milliseconds);
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
			this.#wake = undefined;
		}
		this.#notified = false;
	}
}
