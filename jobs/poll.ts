/** Ask until a job is final, a deadline passes, or someone says stop. */
import {
	isFinal,
	type Job,
	type Provider,
	type ProviderFailure,
	type Reading,
} from '../providers/contract';
import { failure } from '../providers/replies/failures';
import { failureText, loggedFailure } from '../providers/replies/failureText';
import { requestOf, type Account, type Host } from './host';
import { isAbort, transportFailure, transportProblem } from './transportErrors';
import { tookSeconds } from './durations';
import { estimateOf, secondsLeft, withEstimate, withoutEstimate } from './estimate';
import { expectedSecondsLeft, nextPollSeconds, type ScheduleInput } from './schedule';

/** How long both hosts wait for a video where nothing else is set. */
export const DEFAULT_WAIT_MINUTES = 10;
/** The documented run was a single one, of a clip that need not have been the longest. */
const LONGEST_RUN_MARGIN = 1.5;

/** How long to wait for a model's video: longer than usual where a document describes a run that takes longer. */
export const defaultWaitMinutes = ({ limits }: Provider): number =>
	Math.max(
		DEFAULT_WAIT_MINUTES,
		Math.ceil(((limits.longestSeconds ?? 0) * LONGEST_RUN_MARGIN) / 60),
	);

/** A provider that can not be asked this many times in a row is given up on; the job itself is not. */
const MAX_FAILED_QUESTIONS = 8;
/** Right after a submit some providers do not know the job yet. */
const UNKNOWN_JOB_GRACE_MS = 60_000;

export interface WaitOptions {
	/** Unix milliseconds. */
	deadlineMs: number;
	signal?: AbortSignal;
	/** The job is not fresh: it may be done already. */
	askAtOnce?: boolean;
	onProgress?(job: Job): void;
	/** Told once the video is found, with the seconds that the job took; see `durations.ts`. */
	onTook?(seconds: number): void;
}

export interface WaitResult {
	/** Final, or as it stood when the waiting ended. */
	job: Job;
	/** Why the provider could not be asked any more. The job may still finish. */
	problem?: ProviderFailure;
	/** The deadline passed. */
	timedOut?: true;
}

/** Asks once. A transport error is a failure like any other, except an abort, which is thrown. */
export async function pollOnce(
	provider: Provider,
	account: Account,
	job: Job,
	host: Host,
	signal?: AbortSignal,
): Promise<Reading> {
	try {
		const call = provider.fetchCall(job, account);
		const reply = await host.http(requestOf(provider, account, call), signal);
		const nowMs = host.now();
		const reading = provider.readFetch(reply, withoutEstimate(job), {
			nowMs,
			baseUrl: account.baseUrl,
		});
		if (!reading.job) return reading;
		const told = asked(withEstimate(reading.job, estimateOf(job), nowMs), nowMs);
		return { job: withNextPoll(provider, told, nowMs) };
	} catch (error) {
		if (signal?.aborted || isAbort(error)) throw error;
		const told = transportFailure(error);
		const happened = (message: string) => `The service could not be asked (${message}).`;
		const problem = transportProblem(told, happened, 'yes', host);
		// The job is paid: a network that is down, or says something odd, may be up again in a minute.
		return { failure: told.kind === 'notSent' ? problem : { ...problem, retryable: true } };
	}
}

/** Of a job that is over nobody needs to know when it was asked for. */
function asked(job: Job, nowMs: number): Job {
	const { askedAt: _before, ...rest } = job;
	return isFinal(rest.status) ? rest : { ...rest, askedAt: new Date(nowMs).toISOString() };
}

export async function pollUntilDone(
	provider: Provider,
	account: Account,
	submitted: Job,
	host: Host,
	options: WaitOptions,
): Promise<WaitResult> {
	const { deadlineMs, signal, askAtOnce, onProgress, onTook } = options;
	let job = submitted;
	let failedInRow = 0;
	let problem: ProviderFailure | undefined;
	for (let attempts = 0; ; attempts += 1) {
		if (isFinal(job.status)) return { job };
		const trouble = { failures: failedInRow, ...(problem ? { problem } : {}) };
		const atOnce = askAtOnce === true && attempts === 0;
		const leftMs = deadlineMs - host.now();
		if (leftMs <= 0 && !atOnce) {
			const standing = withNextPoll(provider, job, host.now(), trouble);
			return { job: standing, timedOut: true, ...(problem ? { problem } : {}) };
		}
		const waitMs = 1000 * pauseSeconds(provider, job, host.now(), trouble);
		if (!atOnce) await host.sleep(Math.min(waitMs, leftMs), signal);
		const reading = await pollOnce(provider, account, job, host, signal);
		if (reading.job) {
			const took = atOnce ? undefined : tookSeconds(provider, job, reading.job, host.now());
			if (took !== undefined) onTook?.(took);
			job = reading.job;
			failedInRow = 0;
			problem = undefined;
			onProgress?.(job);
			continue;
		}
		failedInRow += 1;
		problem = reading.failure;
		if (givesUp(problem, failedInRow, ageMs(job, host.now()))) return { job, problem };
		host.log?.(
			'warn',
			`${loggedFailure(problem, { title: provider.account.title, jobId: job.jobId })} Asking again.`,
		);
	}
}

/** The job to pass on. It may well finish; that it could not be asked for any more is said, not hidden. */
export const asItStands = ({ job, problem }: WaitResult): Job =>
	problem && !isFinal(job.status)
		? {
				...job,
				warnings: [
					...(job.warnings ?? []),
					`The provider could not be asked any more: ${failureText(problem)}`,
				],
			}
		: job;

/**
 * Why a wait ended in failure, if it did. A provider that can not be asked right now is like a job that is not done yet;
 * a refusal is not.
 */
export const lastingProblem = ({ job, problem }: WaitResult): ProviderFailure | undefined =>
	problem && !isFinal(job.status) && !problem.retryable ? problem : undefined;

/** Why a job is over without a video, if it is. */
export function failureOf(job: Job): ProviderFailure | undefined {
	if (job.status !== 'failed' && job.status !== 'cancelled') return undefined;
	return (
		job.failure ?? failure('generation_failed', 'The provider gave no reason.', { accepted: 'yes' })
	);
}

/** Pure. */
export function givesUp(problem: ProviderFailure, failedInRow: number, ageMs: number): boolean {
	if (problem.code === 'not_found' && ageMs < UNKNOWN_JOB_GRACE_MS) return false;
	// One garbled or empty reply among many is a passing fault, as a 5xx is.
	const passing = problem.retryable || problem.code === 'unreadable_reply';
	return !passing || failedInRow >= MAX_FAILED_QUESTIONS;
}

/** What makes the next question wait longer. */
export interface Trouble {
	/** Questions in a row that came to nothing. */
	failures?: number;
	/** Why the newest one did. */
	problem?: ProviderFailure;
}

/** The job as it stands, with when to ask for it again. */
export function withNextPoll(
	provider: Provider,
	job: Job,
	nowMs: number,
	trouble: Trouble = {},
): Job {
	if (isFinal(job.status)) return job;
	const standing = withEstimate(withoutEstimate(job), estimateOf(job), nowMs);
	return { ...standing, nextPollSeconds: pauseSeconds(provider, job, nowMs, trouble) };
}

/** Seconds until the next question makes sense. */
export function pauseSeconds(
	provider: Provider,
	job: Job,
	nowMs: number,
	{ failures = 0, problem, longestSeconds }: Trouble & { longestSeconds?: number } = {},
): number {
	return nextPollSeconds({
		...scheduleInput(provider, job, nowMs),
		failures,
		...(longestSeconds === undefined ? {} : { longestSeconds }),
		...(problem?.retryAfterSeconds === undefined
			? {}
			: { retryAfterSeconds: problem.retryAfterSeconds }),
	});
}

/** Whether the job is likely to end within so many seconds. One that is overdue may take any time. */
export function endsWithin(provider: Provider, job: Job, nowMs: number, seconds: number): boolean {
	const left = expectedSecondsLeft(scheduleInput(provider, job, nowMs));
	return left !== undefined && left > 0 && left <= seconds;
}

/** 0 where the job does not say when it was submitted, or says a time to come: clocks differ. */
const ageMs = (job: Job, nowMs: number): number =>
	Math.max(0, nowMs - Date.parse(job.submittedAt)) || 0;

function scheduleInput(provider: Provider, job: Job, nowMs: number): ScheduleInput {
	const { progress } = job;
	const estimate = estimateOf(job);
	const left = estimate && secondsLeft(estimate, nowMs);
	const { learnedSeconds } = provider.limits;
	return {
		elapsedSeconds: ageMs(job, nowMs) / 1000,
		failures: 0,
		typicalSeconds: provider.limits.typicalSeconds,
		tellsProgress: provider.capabilities.progress,
		...(learnedSeconds ? { learnedSeconds } : {}),
		...(left === undefined ? {} : { etaSeconds: left, toldSeconds: estimate!.seconds }),
		...(progress === undefined ? {} : { progress }),
	};
}
