import type { ModelInfo } from '../../engines/engine.ts';
import type { VideoRow } from '../../store/video.ts';

/** The misspelling `messege` is the provider's, and what its callers read. */

/** A job that is still open, as a submit tells it. `output` is a list at v4 and "" at v5. */
export function processing(
	video: VideoRow,
	options: { etaSeconds: number | undefined; fetchUrl: string; emptyOutput: [] | '' },
): object {
	return {
		status: 'processing',
		tip: ['The job is in the queue of your own server.', ...video.warnings].join(' '),
		eta: options.etaSeconds ?? DEFAULT_ETA_SECONDS,
		messege: 'Try to fetch request after given estimated time',
		fetch_result: options.fetchUrl,
		id: video.number,
		output: options.emptyOutput,
		meta: meta(video),
	};
}

const DEFAULT_ETA_SECONDS = 20;

/** A finished job as a submit tells it. */
export function finished(video: VideoRow, link: string): object {
	return {
		status: 'success',
		generationTime: (video.run_ms ?? 0) / 1000,
		id: video.number,
		output: [link],
		meta: meta(video),
	};
}

/** What a fetch answers while the job is open: no id, no estimate, `output` an empty text. */
export const STILL_PROCESSING = {
	status: 'processing',
	messege: 'try again later.',
	output: '',
	tip: 'The job is in the queue of your own server.',
};

export function fetched(video: VideoRow, link: string): object {
	return { status: 'success', id: video.number, output: [link], tip: video.warnings.join(' ') };
}

/** A model as `/api/v4/dreambooth/model_list` tells it. */
export function listedModel({ id, title, baseModel, family, available }: ModelInfo): object {
	return {
		model_id: id,
		model_name: title,
		status: available === false ? 'model_not_ready' : 'model_ready',
		instance_prompt: null,
		description: baseModel ?? family,
		screenshots: '',
	};
}

export function failed(video: VideoRow): object {
	return { status: 'failed', id: video.number, message: reasonOf(video), output: '' };
}

/** The message that is posted to `webhook` at the end of a job. */
export function callback(video: VideoRow, link: string | undefined): object {
	const tracking = { track_id: video.track_id };
	if (link === undefined) {
		return { status: 'failed', id: video.number, message: reasonOf(video), ...tracking };
	}
	return { ...finished(video, link), ...tracking };
}

function reasonOf(video: VideoRow): string {
	if (video.status === 'expired') return 'The file was removed when its time was up.';
	if (!video.error) return 'Failed, Try Again';
	return [video.error.message, video.error.remedy].filter(Boolean).join(' ');
}

/** The settings that are really used, by the provider's names. */
function meta({ id, request, track_id: trackId }: VideoRow): object {
	return {
		prompt: request.prompt,
		model_id: request.model,
		scheduler: request.scheduler ?? null,
		safetychecker: 'no',
		negative_prompt: request.negative_prompt ?? null,
		W: request.width,
		H: request.height,
		guidance_scale: request.guidance_scale ?? null,
		steps: request.num_inference_steps ?? null,
		strength: request.strength ?? null,
		full_url: 'no',
		seconds: Math.round((request.num_frames / request.fps) * 1000) / 1000,
		multi_lingual: 'no',
		seed: request.seed,
		outdir: 'out',
		file_prefix: id,
		num_frames: request.num_frames,
		track_id: trackId,
	};
}
