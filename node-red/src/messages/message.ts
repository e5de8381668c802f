/** Node-RED messages, as far as these nodes know them. */
import type { NodeMessage } from 'node-red';
import type { Job, ProviderFailure } from '../../../providers/contract';

export interface Message extends NodeMessage {
	job?: Job;
	failure?: ProviderFailure;
	filename?: unknown;
	cancel?: unknown;
	reset?: unknown;
	/** What the video is to cost and did cost, as in `job.cost`. */
	cost?: unknown;
	/** All videos, where a job made several; the first one is the payload. */
	videos?: unknown[];
	/** `true` asks what the account holds; nothing is submitted. */
	checkAccount?: unknown;
	/** Of a submit in doubt, for finding its job. */
	requestId?: unknown;
}
