/** A job that an earlier step handed on: the whole job, its row in a table, or its id alone. */
import type { Job, Provider } from '../providers/contract';
import { providers } from '../providers/registry';
import { newJob } from '../providers/replies/job';
import { idOf, nonEmptyString } from '../providers/replies/coerce';
import { isObject } from '../providers/schema/wire';
import { trimmed } from '../providers/schema/trimmed';

/** Whether a value is a whole job, as the nodes of both hosts give it. */
export const isJob = (value: unknown): value is Job =>
	isObject(value) &&
	typeof value.jobId === 'string' &&
	typeof value.provider === 'string' &&
	typeof value.status === 'string' &&
	Array.isArray(value.videos);

/** Whether a value is a job in any of the shapes that one comes back in from where it was kept. */
export const namesJob = (value: unknown): boolean => readJob(value) !== undefined;

/** The id in a value that is one, or that is a whole job. */
export const jobIdOf = (value: unknown): string | undefined =>
	readJob(value)?.jobId ?? plainId(outOfText(value));

/** A number with a fraction, or so large that its last digits are lost, is nobody's id. */
function plainId(value: unknown): string | undefined {
	if (typeof value === 'number') return Number.isSafeInteger(value) ? idOf(value) : undefined;
	if (typeof value !== 'string' || looksLikeJson(value)) return undefined;
	return trimmed(value) || undefined;
}

/**
 * A whole job as it came back from where it was kept: as text out of a cell, as a list of one, or as a row whose columns
 * are its members. Of a row only what names the job is taken: its other columns may be somebody's own.
 */
function readJob(value: unknown): Job | undefined {
	const given = unpacked(value);
	if (isJob(given)) return given;
	if (!isObject(given)) return undefined;
	const jobId = trimmed(idOf(given.jobId) ?? '');
	const provider = providers.find(({ id }) => id === given.provider)?.id;
	if (!jobId || !provider) return undefined;
	const submittedAt = nonEmptyString(given.submittedAt);
	const fetchUrl = nonEmptyString(given.fetchUrl);
	const trackingId = nonEmptyString(given.trackingId);
	return {
		...newJob(provider, jobId, 0),
		...(submittedAt ? { submittedAt } : {}),
		...(fetchUrl ? { fetchUrl } : {}),
		...(trackingId ? { trackingId } : {}),
	};
}

const looksLikeJson = (text: string): boolean => /^\s*[[{"]/.test(text);

/** Text that only looks like JSON stays as it is. */
function outOfText(value: unknown): unknown {
	if (typeof value !== 'string' || !looksLikeJson(value)) return value;
	try {
		return outOfText(JSON.parse(value));
	} catch {
		return value;
	}
}

/** What was given, out of text and out of a list of one. */
function unpacked(value: unknown): unknown {
	const given = outOfText(value);
	return Array.isArray(given) && given.length === 1 ? given[0] : given;
}

export type ResolvedJob =
	/** `isKnown`: a whole job, that one of our nodes made, and not an id that may be anything. */
	| { job: Job; isKnown: boolean; problem?: undefined }
	| { job?: undefined; problem: 'missing' }
	/** Something was given that is neither an id nor a job. */
	| { job?: undefined; problem: 'noJob'; given: unknown }
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
	const value = unpacked(given);
	const text = typeof value === 'string' ? trimmed(value) : value;
	if (text === undefined || text === null || ['', 'undefined', 'null'].includes(text as string)) {
		return { problem: 'missing' };
	}
	const jobId = readJob(value)?.jobId ?? plainId(value);
	if (typeof text === 'string' && /\{\{[^]*\}\}/.test(text) && !readJob(text)) {
		return { problem: 'unevaluated', jobId: text };
	}
	if (!jobId) return { problem: 'noJob', given };
	const whole = [value, ...candidates].map(readJob).find((job) => job?.jobId === jobId);
	if (!whole) return { job: newJob(provider.id, jobId, nowMs), isKnown: false };
	if (whole.provider !== provider.id) return { problem: 'otherProvider', other: whole };
	const isDated = !Number.isNaN(Date.parse(whole.submittedAt)) && Date.parse(whole.submittedAt) > 0;
	const job = isDated ? whole : { ...whole, submittedAt: new Date(nowMs).toISOString() };
	return { job, isKnown: true };
}
