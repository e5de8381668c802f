import type { Progress, Stage } from '../engines/engine.ts';

/** Where a stage begins and ends on the way to 100, by how long stages usually take. */
const SPANS: Record<Stage, readonly [number, number]> = {
	loading: [1, 8],
	encoding_prompt: [8, 10],
	denoising: [10, 90],
	rendering: [0, 98],
	remote: [0, 98],
	decoding: [90, 97],
	muxing: [97, 99],
};

/** 0 … 99: a job is at 100 only when its file is in place. */
export function percentOf({ stage, step, steps }: Progress): number {
	const [from, to] = SPANS[stage];
	const part = step !== undefined && steps ? Math.min(1, Math.max(0, step / steps)) : 0;
	return Math.floor(from + (to - from) * part);
}
