import type { parseArgs } from 'node:util';
import { UsageError } from '../lib/usageError.ts';
import { checkProfile } from '../models/profile.ts';
import { KINDS } from '../models/recognise.ts';
import type { Kind } from '../models/recognise.ts';
import { MOST_GPUS } from '../models/registry.ts';
import type { ModelEntry } from '../models/registry.ts';
import { recipeOf } from '../models/recipes.ts';
import { readTable } from '../models/table.ts';

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;

/** The options of `gpu-local models add`. */
export const MODEL_OPTIONS = {
	name: text,
	title: text,
	kind: text,
	'motion-adapter': text,
	config: text,
	base: text,
	'low-noise': text,
	'light-vae': text,
	default: texts,
	recipe: text,
	scheduler: text,
	sigmas: text,
	lora: texts,
	profile: text,
	gpus: text,
};

type ModelOptionTexts = ReturnType<typeof parseArgs<{ options: typeof MODEL_OPTIONS }>>['values'];

/** What a person says of a model, checked as far as it can be before the model is read. */
export function readModelOptions(values: ModelOptionTexts) {
	const { kind, scheduler } = values;
	if (kind !== undefined && !KINDS.includes(kind as Kind)) {
		throw new UsageError(`--kind is "${kind}". Choose one of: ${KINDS.join(', ')}.`);
	}
	if (values.recipe !== undefined) recipeOf(values.recipe);
	const { schedulerNames } = readTable();
	if (scheduler !== undefined && !schedulerNames.includes(scheduler)) {
		throw new UsageError(`--scheduler is "${scheduler}". Known are: ${schedulerNames.join(', ')}.`);
	}
	if (values.profile !== undefined) checkProfile(values.profile);
	return {
		name: values.name,
		kind: kind as Kind | undefined,
		recipe: values.recipe,
		...given('title', values.title),
		...given('motionAdapter', values['motion-adapter']),
		...given('config', values.config),
		...given('base', values.base),
		...given('lowNoise', values['low-noise']),
		...given('lightVae', values['light-vae']),
		...given('scheduler', scheduler),
		...given('profile', values.profile),
		...given('gpus', gpusOf(values.gpus)),
		...defaultsOf(values.default ?? []),
		...given('sigmas', sigmasOf(values.sigmas)),
		...given('loras', values.lora?.map(loraOf)),
	};
}

/** Undefined for one, which every model uses unasked. */
function gpusOf(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const gpus = Number(text);
	if (!/^\d+$/.test(text) || gpus < 1 || gpus > MOST_GPUS) {
		throw new UsageError(`--gpus is "${text}". Give a whole number from 1 to ${MOST_GPUS}.`);
	}
	return gpus === 1 ? undefined : gpus;
}

interface Range {
	least: number;
	most: number;
	whole?: true;
}

/** What a model may say for requests that leave it out, as the worker takes it in a request. */
const DEFAULTED: Record<string, Range> = {
	width: { least: 16, most: 16_384, whole: true },
	height: { least: 16, most: 16_384, whole: true },
	fps: { least: 0.1, most: 240 },
	num_frames: { least: 1, most: 100_000, whole: true },
	num_inference_steps: { least: 1, most: 1000, whole: true },
	guidance_scale: { least: 0, most: 100 },
	// No request has these: Wan 2.2's second expert, the shift of flow models, what LTX's VAE needs.
	guidance_scale_2: { least: 0, most: 100 },
	flow_shift: { least: 0.01, most: 100 },
	guidance_rescale: { least: 0, most: 1 },
	decode_timestep: { least: 0, most: 1 },
	decode_noise_scale: { least: 0, most: 1 },
};

const STRENGTH: Range = { least: -10, most: 10 };

const NEGATIVE_PROMPT = /^negative_prompt=(.*)$/s;

function defaultsOf(texts: string[]): Pick<ModelEntry, 'defaults' | 'negativePrompt'> {
	const negativePrompt = texts.map((text) => NEGATIVE_PROMPT.exec(text)?.[1]).findLast(Boolean);
	const numbers = texts.filter((text) => !NEGATIVE_PROMPT.test(text)).map(pair('default'));
	for (const [field, value] of numbers) {
		if (!Object.hasOwn(DEFAULTED, field)) {
			throw new UsageError(
				`--default has "${field}". Choose of: ${Object.keys(DEFAULTED).join(', ')}, negative_prompt.`,
			);
		}
		checkRange(`--default has ${field}=${value}.`, value, DEFAULTED[field]!);
	}
	return {
		...(numbers.length > 0 ? { defaults: Object.fromEntries(numbers) } : {}),
		...given('negativePrompt', negativePrompt),
	};
}

const given = <N extends string, V>(name: N, value: V | undefined): { [K in N]?: V } =>
	(value === undefined ? {} : { [name]: value }) as { [K in N]?: V };

const pair =
	(option: string) =>
	(text: string): [string, number] => {
		const at = text.indexOf('=');
		if (at < 1) throw new UsageError(`--${option} is "${text}". Give NAME=NUMBER.`);
		return [text.slice(0, at), numberOf(option, text.slice(at + 1))];
	};

function loraOf(text: string): { alias: string; strength: number } {
	const [alias, strength] = pair('lora')(text);
	checkRange(`--lora is "${text}".`, strength, STRENGTH);
	return { alias, strength };
}

/** Noise falls from step to step. */
function sigmasOf(text: string | undefined): number[] | undefined {
	const sigmas = text?.split(',').map((one) => numberOf('sigmas', one));
	const wrong = sigmas?.find(
		(sigma, index) => sigma < 0 || (index > 0 && sigma >= sigmas[index - 1]!),
	);
	if (wrong === undefined) return sigmas;
	throw new UsageError(
		`--sigmas is "${text}", and ${wrong} is wrong there. Give noise levels from 0 up, each smaller than the one before it, such as 1,0.75,0.5,0.25.`,
	);
}

function checkRange(said: string, value: number, { least, most, whole }: Range): void {
	if (value >= least && value <= most && (!whole || Number.isInteger(value))) return;
	throw new UsageError(`${said} Give a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
}

function numberOf(option: string, text: string): number {
	const value = Number(text);
	if (text.trim() !== '' && Number.isFinite(value)) return value;
	throw new UsageError(`--${option} has "${text}", which is not a number.`);
}
