/** Where a command reads its settings and says what it has to say. */
export interface Terminal {
	env: Record<string, string | undefined>;
	/** Where the answer goes. */
	out(line: string): void;
	/** Where progress goes; `again` overwrites the last line on a terminal. */
	progress(line: string, again?: boolean): void;
	/** Runs on the first SIGINT or SIGTERM; then the process ends. */
	onStop(stop: () => Promise<void>): void;
}
