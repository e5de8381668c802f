import type { Sql } from '../db/database.ts';
import type { Runner } from '../store/runners.ts';
import { paceOf, workAhead } from '../store/statistics.ts';
import type { VideoRow } from '../store/video.ts';

/** Below this a run's own pace says too little. */
const TELLING_PERCENT = 10;

/**
 * Seconds until an open job is done: from its own pace once it shows, before that from the median pace
 * of the model's last runs and the work that stands before it. Undefined while nothing is known.
 */
export async function etaSeconds(
	sql: Sql,
	video: VideoRow,
	runners: Runner[],
	nowMs: number,
): Promise<number | undefined> {
	if (video.status === 'running') {
		const ranSeconds = (nowMs - (video.started_at?.getTime() ?? nowMs)) / 1000;
		if (video.progress >= TELLING_PERCENT) {
			return positive((ranSeconds * (100 - video.progress)) / video.progress);
		}
		const { secondsAUnit } = await paceOf(sql, video.queue);
		return secondsAUnit === undefined
			? undefined
			: positive(secondsAUnit * video.work - ranSeconds);
	}
	if (video.status !== 'queued') return undefined;
	const { secondsAUnit } = await paceOf(sql, video.queue);
	if (secondsAUnit === undefined) return undefined;
	const slots = runners.reduce((sum, runner) => sum + runner.slots, 0);
	const ahead = await workAhead(sql, video);
	return positive(secondsAUnit * (ahead / Math.max(1, slots) + video.work));
}

/** Whole seconds, at least one: a job that should be done is still not. */
const positive = (seconds: number): number => Math.max(1, Math.ceil(seconds));
