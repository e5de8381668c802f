import { EngineError } from '../engines/engine.ts';
import type { VideoError } from '../store/video.ts';

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT']);

export const isDiskFull = (error: unknown): boolean =>
	NO_SPACE.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Whatever ended a run, as something that can be told to the one who asked for the video. */
export function failureOf(error: unknown): EngineError {
	if (error instanceof EngineError) return error;
	if (isDiskFull(error)) {
		return new EngineError('disk_full', 'The disk was full before the video was finished.', {
			remedy: 'Delete old videos, or give the server more room, then make the video again.',
			cause: error,
		});
	}
	return new EngineError('worker_lost', 'The engine stopped with an error.', { cause: error });
}

/** As it is stored with the job. */
export const toVideoError = (error: EngineError): VideoError => ({
	code: error.code,
	message: error.message,
	...(error.detail.field === undefined ? {} : { field: error.detail.field }),
	...(error.detail.remedy === undefined ? {} : { remedy: error.detail.remedy }),
});
