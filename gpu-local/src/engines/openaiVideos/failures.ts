import type { ProviderFailure } from '../../../../providers/contract';
import { EngineError } from '../engine.ts';

/** Another try may go better: the server's trouble, not the request's. */
const PASSING = new Set<ProviderFailure['code']>([
	'network',
	'provider_error',
	'rate_limited',
	'not_found',
	'cancelled',
	'expired',
	'unreadable_reply',
]);

/** What the video server said of a job, as the end of an attempt. */
export function engineError(failure: ProviderFailure): EngineError {
	const { code, message } = failure;
	if (/out of memory|\boom\b/i.test(message)) {
		return new EngineError('gpu_oom', `The video server ran out of memory: ${message}`, {
			remedy: 'Ask for a smaller or shorter video.',
		});
	}
	if (code === 'network') {
		return new EngineError('worker_lost', `The video server does not answer. ${message}`, {
			remedy: 'Start it, or check GPU_LOCAL_OPENAI_URL.',
		});
	}
	if (code === 'not_found') {
		return new EngineError(
			'worker_lost',
			'The video server no longer knows the job; it was probably restarted.',
		);
	}
	if (code === 'cancelled') {
		return new EngineError('worker_lost', 'The job was removed on the video server.');
	}
	if (PASSING.has(code)) {
		return new EngineError('worker_lost', `The video server had a problem: ${message}`);
	}
	if (code === 'generation_failed') {
		return new EngineError(
			'invalid_request',
			`The video server could not make the video: ${message}`,
			{ remedy: 'Look into its log.' },
		);
	}
	return new EngineError('invalid_request', `The video server refused the request: ${message}`);
}
