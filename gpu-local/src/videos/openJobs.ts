import type { Database } from '../db/database.ts';
import { cached } from '../lib/cached.ts';
import { openWork } from '../store/statistics.ts';
import type { OpenWork, WaitingOfOwner } from '../store/statistics.ts';
import type { VideoRow } from '../store/video.ts';

const FRESH_MS = 1000;

interface Snapshot {
	/** When it was asked for. */
	askedMs: number;
	queues: Map<string, Places>;
	waiting: Map<string, WaitingOfOwner>;
}

/** A job that is being stored, or was a moment ago. */
interface Reservation {
	owner: string;
	expectedBytes: number;
	/** Undefined while it is being stored. */
	storedMs?: number;
}

/** The jobs that wait, and a place among them for one more. */
export interface Waiting {
	all: number;
	/** Of the owner who asks. */
	own: number;
	/** What all of their files may need. */
	expectedBytes: number;
	/** Counts one more from now on. Says how it ended when it was stored, or was not. */
	reserve(expectedBytes: number): (stored: boolean) => void;
}

/** Places in the fair order of one queue, rising, and the work up to each of them. */
interface Places {
	places: number[];
	/** `sums[n]`: the work at the first n places. */
	sums: number[];
}

/**
 * What waits and what runs, asked for at most once a second however many ask: the sum of a long queue is too
 * dear for every question about a job. What this process adds in between counts at once.
 */
export class OpenJobs {
	readonly #snapshot: (olderThanMs?: number) => Promise<Snapshot>;
	#reservations: Reservation[] = [];

	constructor(database: Database) {
		this.#snapshot = cached(async () => {
			const askedMs = performance.now();
			return toSnapshot(await openWork(database), askedMs);
		}, FRESH_MS);
	}

	/** Work that stands before a waiting job on the same queue, what runs there included. */
	async workAhead(video: Pick<VideoRow, 'queue' | 'fair_order'>): Promise<number> {
		const queue = (await this.#snapshot()).queues.get(video.queue);
		return queue ? queue.sums[placesBefore(queue.places, video.fair_order)]! : 0;
	}

	/**
	 * What waits, for a decision that is taken at once: between the count and a reservation nobody else counts.
	 */
	async waiting<Result>(
		owner: string,
		use: (waiting: Waiting) => Result,
		olderThanMs?: number,
	): Promise<Result> {
		return use(this.#count(owner, await this.#snapshot(olderThanMs)));
	}

	#count(owner: string, { waiting, askedMs }: Snapshot): Waiting {
		// What was stored before the snapshot was asked for is in it.
		this.#reservations = this.#reservations.filter(
			({ storedMs }) => storedMs === undefined || storedMs >= askedMs,
		);
		const counted = [
			...waiting.values(),
			...this.#reservations.map((reservation) => ({ ...reservation, jobs: 1 })),
		];
		const sum = (each: Array<{ jobs: number }>) => each.reduce((all, { jobs }) => all + jobs, 0);
		return {
			all: sum(counted),
			own: sum(counted.filter((each) => each.owner === owner)),
			expectedBytes: counted.reduce((all, each) => all + each.expectedBytes, 0),
			reserve: (expectedBytes) => {
				const reservation: Reservation = { owner, expectedBytes };
				this.#reservations.push(reservation);
				return (stored) => {
					if (stored) reservation.storedMs = performance.now();
					else this.#reservations = this.#reservations.filter((each) => each !== reservation);
				};
			},
		};
	}
}

function toSnapshot(
	{ work, waiting }: Awaited<ReturnType<typeof openWork>>,
	askedMs: number,
): Snapshot {
	const queues = new Map<string, Places>();
	for (const each of work) add(queues, each);
	return { askedMs, queues, waiting: new Map(waiting.map((each) => [each.owner, each])) };
}

function add(queues: Map<string, Places>, { queue, place, work }: OpenWork): void {
	let found = queues.get(queue);
	if (!found) queues.set(queue, (found = { places: [], sums: [0] }));
	found.places.push(place);
	found.sums.push(found.sums.at(-1)! + work);
}

/** How many of these rising places lie before this one. */
function placesBefore(places: number[], place: number): number {
	let low = 0;
	let high = places.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (places[middle]! < place) low = middle + 1;
		else high = middle;
	}
	return low;
}
