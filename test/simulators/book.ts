/** What the simulated providers were asked and what they charged: the truth that tests hold a host against. */
import type { Call, RecordedRequest, SentCallback, SimulatedJob } from './types';

export class Book {
	/** Every request to both servers, in order. */
	readonly requests: RecordedRequest[] = [];
	/** Every job that was taken, in order. Each was charged once. */
	readonly jobs: SimulatedJob[] = [];
	readonly callbacks: SentCallback[] = [];

	/** How many times money was taken. A host that submits a job twice is seen here. */
	get charges(): number {
		return this.jobs.length;
	}

	/** Requests with the account's key to a server that is not the provider's API. Must stay empty. */
	get keyLeaks(): RecordedRequest[] {
		return this.requests.filter(({ host, carriedKey }) => host === 'files' && carriedKey);
	}

	/** Requests of one kind, optionally about one job. */
	of(call: Call, jobId?: string): RecordedRequest[] {
		return this.requests.filter(
			(request) => request.call === call && (jobId === undefined || request.jobId === jobId),
		);
	}

	/** Counts by kind, for a glance: `{submit: 2, fetch: 7, file: 2}`. */
	get counts(): Partial<Record<Call, number>> {
		const counts: Partial<Record<Call, number>> = {};
		for (const { call } of this.requests) if (call) counts[call] = (counts[call] ?? 0) + 1;
		return counts;
	}

	job(jobId: string): SimulatedJob {
		const found = this.jobs.find(({ id }) => id === jobId);
		if (!found) throw new Error(`The simulator took no job ${jobId}`);
		return found;
	}

	/** Jobs by the caller's own tracking id. */
	tracked(trackingId: string): SimulatedJob[] {
		return this.jobs.filter((job) => job.trackingId === trackingId);
	}
}
