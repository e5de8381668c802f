/**
 * What finished jobs took, by kind, so that later ones are asked for when they are likely to end. A kind is provider
 * (which stands for the endpoint), model and size; no prompt, address or picture is in it. Plain JSON, mutated in place,
 * so that a host's own store can be handed in; bounded, so that it may stay there for years. Pure but for that.
 */
import type { Job, JsonValue, Provider, RequestValues } from '../providers/contract';
import { isObject } from '../providers/schema/wire';

/** By kind. */
export type Durations = Record<string, DurationsOfKind>;

export interface DurationsOfKind {
	/** The newest last. */
	seconds: number[];
	/** When the newest was noted, in Unix milliseconds. */
	atMs: number;
}

const MOST_KINDS = 100;
/** Enough for quantiles; few enough that a provider which has become faster is noticed within days. */
const MOST_OF_A_KIND = 20;
/** One or two say little about the next one. */
const FEWEST_OF_A_KIND = 3;
const LONGEST_NAME = 80;
const LONGEST_KIND = 240;
const MOST_SECONDS = 7 * 24 * 3600;

/** The request fields that name the model, whoever's they are. */
const MODEL_FIELDS = ['model', 'model_id', 'model_name'];
/** The request fields that decide how long a video takes. Text that people write is in none of them. */
const SIZE_FIELDS = [
	...['width', 'height', 'size', 'resolution', 'upscale_width', 'upscale_height'],
	...['num_frames', 'frames', 'fps', 'seconds', 'duration'],
	...['num_inference_steps', 'steps', 'sample_count', 'enhance_prompt'],
];

/** Under which name the durations of such requests are kept. */
export function durationKind(provider: Provider, values: RequestValues): string {
	const model = MODEL_FIELDS.map((name) => values[name]).find(isText) ?? '';
	const sizes = SIZE_FIELDS.flatMap((name) => {
		const size = sizeOf(values[name]);
		return size === undefined ? [] : [`${name}=${size}`];
	});
	const { prompts } = values;
	const frames = Array.isArray(prompts) ? sumOfFrames(prompts) : 0;
	if (frames > 0) sizes.push(`frames=${rounded(frames)}`);
	return [provider.id, String(model).slice(0, LONGEST_NAME), ...sizes]
		.join(' ')
		.slice(0, LONGEST_KIND);
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Sizes that differ little take about as long. A choice counts as it is; what is no choice is too long to be one. */
function sizeOf(value: JsonValue | undefined): string | undefined {
	if (typeof value === 'number' && value > 0) return String(rounded(value));
	if (typeof value === 'boolean') return String(value);
	return isText(value) && value.length <= 20 ? value : undefined;
}

/** To the nearest half power of two: 480 and 512 are one class, 512 and 768 are not. */
const rounded = (value: number): number =>
	Math.round(2 ** (Math.round(Math.log2(value) * 2) / 2) * 10) / 10;

const sumOfFrames = (prompts: JsonValue[]): number =>
	prompts.reduce<number>((sum, one) => {
		const frames = isObject(one) ? Number(one.frames) : Number.NaN;
		return sum + (frames > 0 ? frames : 0);
	}, 0);

/** Forgets the kind that was not met for longest where there are too many. A duration that can not be is left out. */
export function noteDuration(
	durations: Durations,
	kind: string,
	seconds: number,
	nowMs: number,
): void {
	if (!(seconds > 0 && seconds <= MOST_SECONDS)) return;
	const known = durationsOf(durations, kind);
	const all = [...known, Math.round(seconds * 10) / 10].slice(-MOST_OF_A_KIND);
	durations[kind] = { seconds: all, atMs: nowMs };
	const kinds = Object.keys(durations);
	if (kinds.length <= MOST_KINDS) return;
	const age = (one: string) => durations[one]?.atMs || 0;
	delete durations[kinds.reduce((oldest, one) => (age(one) < age(oldest) ? one : oldest))];
}

/** What jobs of the kind took, in seconds, in ascending order; `undefined` where too few are known. */
export function learnedSeconds(durations: Durations, kind: string): number[] | undefined {
	const known = durationsOf(durations, kind);
	return known.length < FEWEST_OF_A_KIND ? undefined : known.toSorted((a, b) => a - b);
}

/** What a host's store gives back may have been written by anyone. */
function durationsOf(durations: Durations, kind: string): number[] {
	const entry: unknown = Object.hasOwn(durations, kind) ? durations[kind] : undefined;
	if (!isObject(entry) || !Array.isArray(entry.seconds)) return [];
	return entry.seconds.filter((one: unknown): one is number => typeof one === 'number' && one > 0);
}

/** The provider as it is known by now: the poll schedule and texts about it go by what its jobs of this kind took. */
export function withLearned(provider: Provider, seconds: readonly number[] | undefined): Provider {
	if (!seconds || seconds.length === 0) return provider;
	return { ...provider, limits: { ...provider.limits, learnedSeconds: seconds } };
}

/** How long a job usually takes, in seconds: the middle of what was learned, or what the documents say. */
export function usualSeconds({ limits }: Provider): number {
	const { learnedSeconds: learned = [], typicalSeconds } = limits;
	return learned[learned.length >> 1] ?? typicalSeconds;
}

/** A job that was over at the first question may have been so for a while: by and by an earlier one finds out. */
const EARLIER_SHARE = 0.6;
/** Where the first question comes when the earliest of the kind are over by experience, it has not been for long. */
const LEARNED_EARLIER_SHARE = 0.9;

/**
 * How long a job took that a question has just found done: by the provider's own time where it gives one, else in the
 * middle between this question and the one before.
 *
 * @param provider with what was learned before
 * @param asked the job as it was before the question
 * @param found the job as the question found it
 * @returns undefined where nothing can be learned from it
 */
export function tookSeconds(
	provider: Provider,
	asked: Job,
	found: Job,
	nowMs: number,
): number | undefined {
	if (found.status !== 'succeeded') return undefined;
	const learned = (provider.limits.learnedSeconds ?? []).length > 0;
	const submittedMs = Date.parse(asked.submittedAt);
	const askedMs = Date.parse(asked.askedAt ?? '');
	const toldMs = Date.parse(found.finishedAt ?? '');
	// A reader without a time of the provider's own writes the time of the question.
	if (toldMs < nowMs && toldMs > Math.max(submittedMs, askedMs || 0)) {
		return (toldMs - submittedMs) / 1000;
	}
	const seconds = Number.isNaN(askedMs)
		? ((nowMs - submittedMs) / 1000) * (learned ? LEARNED_EARLIER_SHARE : EARLIER_SHARE)
		: ((nowMs + askedMs) / 2 - submittedMs) / 1000;
	return seconds > 0 ? seconds : undefined;
}
