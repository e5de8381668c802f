import type { Job } from '../../providers/contract';
import { isObject } from '../../providers/wire';

/** Whether a value is a whole job, as our nodes give it. */
export const isJob = (value: unknown): value is Job =>
	isObject(value) &&
	typeof value.jobId === 'string' &&
	typeof value.provider === 'string' &&
	typeof value.status === 'string' &&
	Array.isArray(value.videos);
