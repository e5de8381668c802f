/** What is lost when Node-RED's process ends, said in one warning in its log. */
import type { NodeAPI } from 'node-red';
import { isFinal, type Job } from '../../../providers/contract';
import { translator, type Translate } from '../i18n/translate';
import { allHandedOn } from './handedOn';
import type { JobRun } from './jobRun';
import { isQueued } from './pendingJob';
import { allIntents } from './submitIntents';

export interface WatchedNode {
	/** What it has under way is taken up again after a restart. */
	lasts: boolean;
	/** Jobs and messages that it has not handed on. */
	runs: ReadonlySet<JobRun>;
}

const watched = new Map<string, WatchedNode>();
let reporting = false;

/** From now on the end of the process tells of what this node loses by it. */
export function watchForStop(RED: NodeAPI, nodeId: string, node: WatchedNode): void {
	watched.set(nodeId, node);
	if (reporting) return;
	reporting = true;
	process.once('exit', () => {
		const text = lossText(losses(), translator(RED));
		if (text !== '') RED.log.warn(text);
	});
}

interface Losses {
	jobIds: string[];
	/** Submits that were not answered yet. */
	submits: number;
	/** Messages in line. */
	queued: number;
}

function losses(): Losses {
	const handedOn = allHandedOn();
	const runs = [...watched.values()].flatMap(({ lasts, runs: under }) =>
		[...under].map((run) => ({ run, lasts })),
	);
	const lastsAt = (nodeId: string) => watched.get(nodeId)?.lasts === true;
	const jobs: Array<Job | undefined> = [
		...handedOn.filter(([nodeId]) => !lastsAt(nodeId)).map(([, { job }]) => job),
		...runs.filter(({ lasts }) => !lasts).map(({ run }) => run.job),
	];
	const paid = jobs.filter((job) => job !== undefined && !isFinal(job.status));
	return {
		jobIds: [...new Set(paid.map((job) => job!.jobId))],
		submits: allIntents().filter(([nodeId]) => !lastsAt(nodeId)).length,
		queued:
			handedOn.filter(([, pending]) => isQueued(pending)).length +
			runs.filter(({ run }) => run.stage === 'queued').length,
	};
}

/** Pure. Empty where nothing is lost. */
export function lossText({ jobIds, submits, queued }: Losses, t: Translate): string {
	const parts = [
		...(jobIds.length > 0
			? [t('log.jobs-lost', { n: jobIds.length, ids: jobIds.join(', ') })]
			: []),
		...(submits > 0 ? [t('log.submits-lost', { n: submits })] : []),
		...(queued > 0 ? [t('log.line-lost', { n: queued })] : []),
	];
	return parts.length > 0 ? [t('log.stopping'), ...parts].join(' ') : '';
}
