import type { VideoRow } from '../store/video.ts';

/** The body of the callback about a finished job, as the dialect that created it documents it. */
export type CallbackBody = (video: VideoRow, deliveryId: string) => object;
