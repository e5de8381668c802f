/** Everything that the process prints past the logs of the hosts. */
import { vi } from 'vitest';

const printed: string[] = [];

export function recordPrinted(): void {
	for (const stream of [process.stdout, process.stderr]) {
		const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
		stream.write = (...args: unknown[]) => {
			printed.push(String(args[0]));
			return write(...args);
		};
	}
	for (const name of ['debug', 'info', 'log', 'warn', 'error'] as const) {
		vi.spyOn(console, name).mockImplementation((...args: unknown[]) => {
			printed.push(args.map(String).join(' '));
		});
	}
}

export const allPrinted = (): string => printed.join('\n');
