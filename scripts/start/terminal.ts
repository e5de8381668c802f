import type { Progress } from '../n8n-host/install';

/** Without a terminal (CI, a pipe) a line now and then is enough. */
const PLAIN_TICK_MS = 20_000;
const TERMINAL_TICK_MS = 100;

/** Prints steps as lines, and a long step's progress in place where the output is a terminal. */
export function terminalProgress(
	out: NodeJS.WriteStream = process.stdout,
	now: () => number = Date.now,
): Progress {
	let lastTickAt = now();
	let isTickShown = false;
	return {
		say(line) {
			out.write(`${isTickShown ? '\r\u001b[K' : ''}${line}\n`);
			isTickShown = false;
			lastTickAt = now();
		},
		tick(text) {
			if (now() - lastTickAt < (out.isTTY ? TERMINAL_TICK_MS : PLAIN_TICK_MS)) return;
			lastTickAt = now();
			out.write(out.isTTY ? `\r\u001b[K  ${text}` : `  ${text}\n`);
			isTickShown = out.isTTY;
		},
	};
}
