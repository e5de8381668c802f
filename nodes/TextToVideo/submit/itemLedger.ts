/** What each item of a run has submitted, over the tries, retries and sleeps of its execution. */
import {
	idempotencyKey,
	knownEntry,
	knownJob,
	ledgerKey,
	type Fingerprints,
	type Ledger,
	type LedgerEntry,
} from '../../../jobs/ledger';
import type { Job, ProviderFailure } from '../../../providers/contract';

export interface LedgerPlace {
	runIndex: number;
	executionId: string;
	nodeId: string;
	/** The same over retries of one execution. */
	identity: string;
	/** How often n8n tries the node. */
	maximumTries: number;
	/** The provider answers a repeated submit with the job that exists. */
	idempotent: boolean;
	/** The run slept and runs again: everything was submitted before, nothing is now. */
	woken: boolean;
}

export class ItemLedger {
	/** @param fingerprints of each item; absent where it can not be sent */
	constructor(
		private readonly ledger: Ledger,
		private readonly place: LedgerPlace,
		private readonly fingerprints: ReadonlyArray<Fingerprints | undefined>,
	) {}

	/** The job that this very item already has, from an earlier try of the same execution. */
	attached(itemIndex: number): Job | undefined {
		if (this.place.woken) return this.entry(itemIndex)?.job;
		const fingerprints = this.fingerprints[itemIndex];
		if (!fingerprints || this.mayBeCancelled(itemIndex)) return undefined;
		const key = this.key(itemIndex);
		return this.triesAreSpent(itemIndex)
			? knownEntry(this.ledger, key, fingerprints)?.job
			: knownJob(this.ledger, key, fingerprints);
	}

	/** Whether its cancel had no answer yet. The same key tells: the provider gives the job that goes on, or makes a new one. */
	private mayBeCancelled(itemIndex: number): boolean {
		return this.place.idempotent && this.entry(itemIndex)?.cancelling === true;
	}

	/** A run that sleeps is tried anew by n8n after every waking: without an end of our own it would pay for ever. */
	private triesAreSpent(itemIndex: number): boolean {
		const { tries = 0 } = this.entry(itemIndex) ?? {};
		return this.reportsHere(itemIndex) && tries >= this.place.maximumTries;
	}

	/** Whether the item's job was submitted by this execution; the callback of another one's goes there. */
	reportsHere(itemIndex: number): boolean {
		return this.entry(itemIndex)?.executionId === this.place.executionId;
	}

	/** What keeps the item from being submitted (again), if anything does. */
	refused(itemIndex: number): ProviderFailure | undefined {
		if (this.place.woken || this.triesAreSpent(itemIndex)) {
			const entry = this.entry(itemIndex);
			return entry?.doubt ?? entry?.refusal;
		}
		// The same idempotency key goes along again: the provider answers with the job that exists.
		if (this.place.idempotent) return undefined;
		const fingerprints = this.fingerprints[itemIndex];
		return fingerprints && knownEntry(this.ledger, this.key(itemIndex), fingerprints)?.doubt;
	}

	idempotencyKey(itemIndex: number): string {
		const request = this.fingerprints[itemIndex]?.request ?? '';
		const place = `${this.place.nodeId} ${this.key(itemIndex)}`;
		return idempotencyKey(this.place.identity, place, request, this.attempt(itemIndex));
	}

	/** A submit that made no job. A doubtful one is remembered too: trying again could pay twice. */
	recordFailure(itemIndex: number, failure: ProviderFailure): void {
		const kind = failure.accepted === 'unknown' ? { doubt: failure } : { refusal: failure };
		const { tries = 0, executionId } = this.entry(itemIndex) ?? {};
		this.write(itemIndex, { ...kind, tries, ...(executionId ? { executionId } : {}) });
	}

	/** @param ordered how many videos the job makes, and what it was quoted at */
	recordSubmitted(
		itemIndex: number,
		job: Job,
		{ videos, quotedUsd }: { videos: number; quotedUsd: number | undefined },
	): void {
		const tries = this.reportsHere(itemIndex) ? (this.entry(itemIndex)?.tries ?? 0) + 1 : 1;
		this.write(itemIndex, {
			...{ job, executionId: this.place.executionId, tries },
			...(videos === 1 ? {} : { videos }),
			...(quotedUsd === undefined ? {} : { quotedUsd }),
		});
	}

	/** The job as it stands now. */
	record(itemIndex: number, job: Job): void {
		const entry = this.entry(itemIndex);
		if (!entry) return;
		entry.job = job;
		delete entry.cancelling;
	}

	/** The provider is asked to cancel the item's job. */
	noteCancelling(itemIndex: number): void {
		const entry = this.entry(itemIndex);
		if (entry) entry.cancelling = true;
	}

	private key(itemIndex: number): string {
		return ledgerKey(this.place.runIndex, itemIndex);
	}

	private entry(itemIndex: number): LedgerEntry | undefined {
		return this.ledger[this.key(itemIndex)];
	}

	private attempt(itemIndex: number): number {
		const fingerprints = this.fingerprints[itemIndex];
		const entry = fingerprints && knownEntry(this.ledger, this.key(itemIndex), fingerprints);
		if (!entry) return 0;
		const isOver = (entry.job && !this.mayBeCancelled(itemIndex)) || entry.refusal;
		return entry.attempt + (isOver ? 1 : 0);
	}

	private write(
		itemIndex: number,
		what: Omit<LedgerEntry, 'attempt' | 'request' | 'source'>,
	): void {
		const fingerprints = this.fingerprints[itemIndex] ?? { request: '', source: '' };
		const attempt = this.attempt(itemIndex);
		this.ledger[this.key(itemIndex)] = { ...fingerprints, attempt, ...what };
	}
}
