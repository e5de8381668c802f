/** Node-RED messages, as far as these nodes know them. */
import type { NodeMessage } from 'node-red';
import type { Job, ProviderFailure } from '../../../providers/contract';

export interface Message extends NodeMessage {
	job?: Job;
	failure?: ProviderFailure;
	filename?: unknown;
	cancel?: unknown;
	reset?: unknown;
}
