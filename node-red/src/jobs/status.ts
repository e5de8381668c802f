/** What stands under a node. Pure. */
import type { NodeStatus } from 'node-red';
import type { Stage } from './jobRun';
import type { Job } from '../../../providers/contract';
import type { Translate } from '../i18n/translate';

export interface Shown {
	stage: Stage;
	job?: Job;
}

/** `{}` clears the line. */
export function statusOf(runs: Shown[], t: Translate, nowMs: number): NodeStatus {
	const [first] = runs;
	if (!first) return {};
	const queued = runs.filter(({ stage }) => stage === 'queued').length;
	const waiting = runs.length === queued;
	const shape = waiting ? 'ring' : 'dot';
	if (runs.length === 1) return { fill: 'blue', shape, text: stageText(first, t, nowMs) };
	const running = runs.length - queued;
	const text = t(queued > 0 ? 'status.many-queued' : 'status.many', { running, queued });
	return { fill: 'blue', shape, text };
}

function stageText({ stage, job }: Shown, t: Translate, nowMs: number): string {
	if (stage === 'queued') return t('status.in-line');
	if (stage !== 'waiting' || !job) return t(`status.${stage}`);
	const parts = [t(`status.${job.status}`)];
	if (job.progress !== undefined && job.progress > 0) parts.push(`${Math.round(job.progress)} %`);
	if (job.etaSeconds !== undefined && job.etaSeconds > 0) {
		parts.push(t('status.left', { time: duration(job.etaSeconds, t) }));
	} else if (parts.length === 1) {
		const sinceSeconds = Math.max(0, (nowMs - Date.parse(job.submittedAt)) / 1000);
		if (sinceSeconds >= 60) parts.push(duration(sinceSeconds, t));
	}
	return parts.join(' · ');
}

/** "40 s", "3 min". */
export function duration(seconds: number, t: Translate): string {
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
