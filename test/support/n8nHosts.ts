/** The two n8n that the package is tested on. */
import { N8N_HOST_FOLDER, OLDEST_N8N_HOST_FOLDER } from '../../scripts/repository';
import type { N8nServerOptions } from './n8nServer';

export interface TestedN8n extends Pick<N8nServerOptions, 'pins' | 'env'> {
	name: string;
	/** It wakes a run once, at the time or by a call, and by an address that nobody can guess. */
	canSleep: boolean;
	/** A retried execution can tell which one it repeats, even if n8n died in that one. */
	knowsWhatItRetries: boolean;
	/** What a node notes about an execution is kept where the execution fails. */
	keepsNotesOfFailures: boolean;
}

export const NEWEST_N8N: TestedN8n = {
	name: 'the newest n8n',
	pins: N8N_HOST_FOLDER,
	canSleep: true,
	knowsWhatItRetries: true,
	keepsNotesOfFailures: true,
};

/** It would not start if it were told to leave out a part that it does not have. */
export const OLDEST_N8N: TestedN8n = {
	name: 'the oldest n8n',
	pins: OLDEST_N8N_HOST_FOLDER,
	env: { N8N_DISABLED_MODULES: '' },
	canSleep: false,
	knowsWhatItRetries: false,
	keepsNotesOfFailures: false,
};
