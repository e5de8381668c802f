/** How many videos the runs that have just woken download at a time. */
import { createConcurrencyLimit } from '../../../jobs/concurrency';

/**
 * Of one n8n process. Hundreds of runs that slept may wake in the same minute, after a restart all of them; each keeps
 * to its own Parallel Jobs, and together they would fill n8n's connections and its disk's queue.
 */
export const MOST_WAKING_DOWNLOADS = 8;

export const wakingDownload = createConcurrencyLimit(MOST_WAKING_DOWNLOADS);
