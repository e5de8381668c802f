import type { Claim } from '../queue/queue.ts';
import type { VideoRow } from '../store/video.ts';

/**
 * One attempt at one job. It holds two things: the queue entry, kept by a heartbeat, and a fence in
 * the job's row. Only who holds both can finish the job, in one transaction, so that a run that was
 * believed dead and comes back cannot make a second result.
 */
export interface Run {
	video: VideoRow;
	claim: Claim;
	fence: string;
	controller: AbortController;
	done: Promise<void>;
}

/** Why a run is ended from outside. */
export class Ended extends Error {
	constructor(readonly why: 'cancelled' | 'shutdown' | 'timeout' | 'lost') {
		super(why);
	}
}
