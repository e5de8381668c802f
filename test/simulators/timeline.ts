/** States over time, as pure functions of the job and the clock. */
import type { JobStatus } from '../../providers/contract';
import type { SimulatedJob, Snapshot } from './types';

export const isOver = (status: JobStatus): boolean =>
	status !== 'queued' && status !== 'processing';

/** Estimates are wrong: by a factor of e^±0.5, the same for one job. */
export const rough = ({ seed }: SimulatedJob, seconds: number): number =>
	seconds * Math.exp((seed % 1000) / 1000 - 0.5);

export function snapshotAt(job: SimulatedJob, nowMs: number): Snapshot {
	if (job.forced) {
		const { status, reason = '' } = job.forced;
		return { status, progress: status === 'succeeded' ? 100 : 0, etaSeconds: 0, reason };
	}
	const elapsedMs = nowMs - job.acceptedAtMs;
	if (elapsedMs >= job.durationMs) {
		return job.failsWith
			? { status: 'failed', progress: 0, etaSeconds: 0, reason: job.failsWith }
			: { status: 'succeeded', progress: 100, etaSeconds: 0, reason: '' };
	}
	const finite = Number.isFinite(job.durationMs);
	return {
		status: elapsedMs < job.queueMs ? 'queued' : 'processing',
		progress: finite ? Math.floor((100 * elapsedMs) / job.durationMs) : 0,
		etaSeconds: finite ? (job.durationMs - elapsedMs) / 1000 : 0,
		reason: '',
	};
}

/** Whether the signature in a result URL (`X-Amz-Date`, `X-Amz-Expires`) is too old. */
export function signatureExpired(query: URLSearchParams, nowMs: number): boolean {
	const signed = query.get('X-Amz-Date');
	if (!signed) return false;
	const signedMs = Date.parse(
		signed.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
	);
	return nowMs > signedMs + Number(query.get('X-Amz-Expires')) * 1000;
}
