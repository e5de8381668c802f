/** A job that an earlier step handed on: the whole job, or its id alone. */
import type { Job, Provider } from '../providers/contract';
import { newJob } from '../providers/replies/job';
import { isObject } from '../providers/schema/wire';

/** Whether a value is a whole job, as the nodes of both hosts give it. */
export const isJob = (value: unknown): value is Job =>
	isObject(value) &&
	typeof value.jobId === 'string' &&
	typeof value.provider === 'string' &&
	typeof value.status === 'string' &&
	Array.isArray(value.videos);

/** The id in a value that is one, or that is a whole job. */
export function jobIdOf(value: unknown): string | undefined {
	if (isJob(value)) return value.jobId;
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' ? value.trim() || undefined : undefined;
}

export type ResolvedJob =
	| { job: Job; problem?: undefined }
	| { job?: undefined; problem: 'missing' }
	/** `jobId` is an expression that nobody evaluated. */
	| { job?: undefined; problem: 'unevaluated'; jobId: string }
	/** The whole job is another provider's. */
	| { job?: undefined; problem: 'otherProvider'; other: Job };

/**
 * The whole job where one of the candidates is it, so that what the provider said earlier is not forgotten; else a job
 * of which only the id is known.
 *
 * @param given what the field holds: an id or a whole job
 * @param candidates where the whole job may lie besides
 */
export function resolveJob(
	provider: Provider,
	given: unknown,
	candidates: readonly unknown[],
	nowMs: number,
): ResolvedJob {
	const jobId = jobIdOf(given);
	if (!jobId || jobId === 'undefined' || jobId === 'null') return { problem: 'missing' };
	if (/\{\{[^]*\}\}/.test(jobId)) return { problem: 'unevaluated', jobId };
	const whole = [given, ...candidates].filter(isJob).find((job) => job.jobId === jobId);
	if (!whole) return { job: newJob(provider.id, jobId, nowMs) };
	return whole.provider === provider.id
		? { job: whole }
		: { problem: 'otherProvider', other: whole };
}
