/** What stands under a node. Pure. */
import type { NodeStatus } from 'node-red';
import type { FullQueue } from '../../../jobs/queueRoom';
import type { Job } from '../../../providers/contract';
import type { Translate } from '../i18n/translate';

/** Where a message is. */
export type Stage = 'queued' | 'submitting' | 'waiting' | 'downloading';

export interface Shown {
	stage: Stage;
	job?: Job;
	/** How the waiting goes. */
	polls?: Polls;
	/** Set while the provider's queue has no room for the submit. */
	fullQueue?: FullQueue;
	/** How long a job of the kind usually takes. */
	usualSeconds?: number;
}

export interface Polls {
	/** Questions so far. */
	asked: number;
	/** When the next one comes, in Unix milliseconds. */
	nextAtMs: number;
}

/** What is known of the provider. */
export interface Pace {
	/** Submits that the provider allows. */
	perMinute?: number;
}

/** `{}` clears the line. */
export function statusOf(runs: Shown[], t: Translate, nowMs: number, pace: Pace = {}): NodeStatus {
	const [first] = runs;
	if (!first) return {};
	const queued = runs.filter(({ stage }) => stage === 'queued').length;
	const running = runs.filter(({ stage }) => stage !== 'queued');
	const [only] = running;
	const shape = only ? 'dot' : 'ring';
	const text =
		only && running.length === 1
			? stageText(only, t, nowMs)
			: only
				? t('status.many', { running: running.length })
				: t('status.in-line');
	return {
		fill: 'blue',
		shape,
		text: `${text}${queued > 0 && only ? lineText(queued, t, pace) : ''}`,
	};
}

/** "; 14 in line: 2 a minute", or ", 14 in line" where the provider has no such limit. */
const lineText = (queued: number, t: Translate, { perMinute }: Pace): string =>
	perMinute === undefined
		? t('status.and-in-line', { queued })
		: t('status.and-in-line-paced', { queued, n: perMinute });

function stageText(shown: Shown, t: Translate, nowMs: number): string {
	const { stage, job, polls, fullQueue, usualSeconds } = shown;
	if (stage === 'queued') return t('status.in-line');
	if (stage === 'submitting' && fullQueue) {
		const { jobs, limit, nextAtMs } = fullQueue;
		return t('status.queue-full', { n: jobs, limit, time: until(nextAtMs, nowMs, t) });
	}
	if (stage !== 'waiting' || !job) return t(`status.${stage}`);
	const parts = [t(`status.${job.status}`)];
	if (job.progress !== undefined && job.progress > 0) parts.push(`${Math.round(job.progress)} %`);
	if (job.etaSeconds !== undefined && job.etaSeconds > 0) {
		parts.push(t('status.left', { time: duration(job.etaSeconds, t) }));
	} else if (parts.length === 1) {
		const sinceSeconds = Math.max(0, (nowMs - Date.parse(job.submittedAt)) / 1000);
		if (sinceSeconds >= 60) parts.push(duration(sinceSeconds, t));
		if (usualSeconds !== undefined) {
			parts.push(t('status.usually', { time: duration(usualSeconds, t) }));
		}
	}
	if (polls) {
		const time = until(polls.nextAtMs, nowMs, t);
		parts.push(
			polls.asked === 0
				? t('status.first-question', { time })
				: polls.asked === 1
					? t('status.asked-once', { time })
					: t('status.asked', { n: polls.asked, time }),
		);
	}
	return parts.join(' · ');
}

const until = (atMs: number, nowMs: number, t: Translate): string =>
	duration(Math.max(0, atMs - nowMs) / 1000, t);

/** When what stands under the node is out of date: often towards the end. `undefined` where nothing counts down. */
export function showAgainInMs(runs: Shown[], nowMs: number): number | undefined {
	const running = runs.filter(({ stage }) => stage !== 'queued');
	const [only] = running;
	if (!only || running.length > 1) return undefined;
	const atMs = only.stage === 'submitting' ? only.fullQueue?.nextAtMs : only.polls?.nextAtMs;
	const leftMs = (atMs ?? 0) - nowMs;
	if (leftMs <= 0) return undefined;
	return leftMs > 90_000 ? 30_000 : leftMs > 12_000 ? 5_000 : 1_000;
}

/** "40 s", "3 min". */
function duration(seconds: number, t: Translate): string {
	return seconds < 90
		? t('status.seconds', { n: Math.max(1, Math.round(seconds)) })
		: t('status.minutes', { n: Math.round(seconds / 60) });
}

export const failedStatus = (t: Translate, jobId: string | undefined): NodeStatus => ({
	fill: 'red',
	shape: 'ring',
	text: jobId === undefined ? t('status.failed') : t('status.failed-job', { id: shortId(jobId) }),
});

const shortId = (id: string): string =>
	id.length <= 16 ? id : `${id.slice(0, 7)}…${id.slice(-8)}`;
