/** Somebody sleeps; somebody rings. A ring while nobody sleeps is kept for the next one who does. */
export class Doorbell {
	#rung = false;
	#wake: (() => void) | undefined;

	ring(): void {
		this.#rung = true;
		this.#wake?.();
	}

	/** Resolves on a ring, or after this time. */
	async wait(milliseconds: number): Promise<void> {
		if (!this.#rung) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, milliseconds);
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
			this.#wake = undefined;
		}
		this.#rung = false;
	}
}
