/** Node-RED's process as the host of a job's life. */
import type { Host, HttpStream } from '../../../jobs/host';
import { createHttp, type Access } from './http';

export type RuntimeHost = Host & { stream: HttpStream };

/** What a node logs to; the job's ids go there too. */
export interface Log {
	info(text: string): void;
	warn(text: string): void;
}

export function createHost(access: Access, log: Log): RuntimeHost {
	return {
		...createHttp(access),
		now: Date.now,
		random: Math.random,
		sleep,
		log: (level, message) => log[level](message),
	};
}

/** Leaves no timer behind when the signal fires. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		if (signal?.aborted) return reject(stopped());
		const end = () => {
			clearTimeout(timer);
			signal?.removeEventListener('abort', end);
			if (signal?.aborted) reject(stopped());
			else resolve();
		};
		const timer = setTimeout(end, ms);
		signal?.addEventListener('abort', end, { once: true });
	});
}

const stopped = (): DOMException => new DOMException('Stopped', 'AbortError');
