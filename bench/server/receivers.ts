/** Receivers of callbacks: one that answers when it is told to, and one that never does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver {
	url: string;
	/** How many callbacks were answered. */
	answered(): number;
	/** Resolves when there are so many. */
	reached(count: number): Promise<void>;
	/** From now on each is answered at once, and those that wait are. */
	open(): void;
	/** From now on callbacks wait. */
	hold(): void;
	stop(): void;
}

export async function startReceiver(): Promise<Receiver> {
	let held: Array<() => void> | undefined;
	let answered = 0;
	let wanted: { count: number; resolve: () => void } | undefined;
	const server = createServer((request, response) => {
		request.resume().on('end', () => {
			const answer = (): void => {
				response.end('{}');
				answered++;
				if (wanted && answered >= wanted.count) wanted.resolve();
			};
			if (held) held.push(answer);
			else answer();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		answered: () => answered,
		reached: (count) =>
			new Promise((resolve) => {
				wanted = { count, resolve };
				if (answered >= count) resolve();
			}),
		open: () => {
			const waiting = held ?? [];
			held = undefined;
			for (const answer of waiting) answer();
		},
		hold: () => (held ??= []),
		stop: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}
