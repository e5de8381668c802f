/**
 * What this process knows of its executions' jobs. Where n8n does not run in queue mode, Stop makes it save a run as it
 * was when it began: what the node noted of its jobs is gone from there, and a job that came after Stop never was. Retry
 * gives an execution of the same identity, in most cases in this very process.
 */
import type { Ledger, LedgerEntry } from '../../../jobs/ledger';
import { keepNewest } from '../../../jobs/recentAnswers';
import { isFinal } from '../../../providers/contract';

const MOST_EXECUTIONS = 500;
const ledgers = new Map<string, Ledger>();

/** A job's end is never stale, and may have come after n8n saved the run. */
const tellsTheEnd = ({ job }: LedgerEntry, stored: LedgerEntry): boolean =>
	job !== undefined && isFinal(job.status) && job.jobId === stored.job?.jobId;

/**
 * Keeps the ledger, and what will be written into it, and fills in what n8n lost of it, and what came after it was saved.
 *
 * @param execution the same over retries of one execution, and for one node of it
 */
export function keepLedger(execution: string, ledger: Ledger): void {
	const kept = ledgers.get(execution);
	for (const [place, entry] of Object.entries(kept ?? {}))
		if (!ledger[place] || tellsTheEnd(entry, ledger[place])) ledger[place] = structuredClone(entry);
	keepNewest(ledgers, execution, ledger, MOST_EXECUTIONS);
}
