/** What of a checkpoint tells which one it is, read from its files. */
export interface CheckpointFacts {
	family: string;
	/** Width of the denoiser, in numbers a token. */
	width?: number;
	/** Channels that go into it. */
	channels?: number;
	/** Whether it has an expert for much noise and one for little. */
	experts: boolean;
	/** Where it was downloaded from, `owner/name`, or the name of its file or folder. */
	name: string;
}

/** What its makers say to make videos with. */
export interface Published {
	/** For people. */
	title: string;
	defaults: Record<string, number>;
	negativePrompt?: string;
	scheduler?: string;
	sigmas?: number[];
	/** It was made for few steps, as this recipe of recipes.ts says. */
	recipe?: string;
}

/** `sample_neg_prompt` of Wan's own configuration; its text encoder reads Chinese. */
const WAN_NEGATIVE =
	'色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走';
/** Of the examples of LTX-Video. */
const LTX_NEGATIVE = 'worst quality, inconsistent motion, blurry, jittery, distorted';

const steps = (num_inference_steps: number, guidance_scale: number, flow_shift: number) => ({
	num_inference_steps,
	guidance_scale,
	flow_shift,
});

/** The settings of a checkpoint that is known; undefined for any other, which gets its family's. */
export function publishedOf(facts: CheckpointFacts): Published | undefined {
	if (facts.family === 'wan') return wan(facts);
	if (facts.family === 'ltx') return ltx(facts);
	if (facts.family === 'ltx2') return ltx2(facts);
	if (facts.family === 'hunyuanvideo15') return hunyuanVideo15(facts);
	return undefined;
}

const WAN_1B = 1536;
const WAN_5B = 3072;
const WAN_14B = 5120;
/** Of Wan: noise alone; noise with a mask and a picture; TI2V-5B's denser VAE. */
const [TEXT, PICTURE, DENSE] = [16, 36, 48];

function wan({ width, channels, experts, name }: CheckpointFacts): Published | undefined {
	const known = (
		title: string,
		sampling: Record<string, number>,
		size: Record<string, number> = {},
	): Published =>
		/fastwan/i.test(name)
			? { title: `${title}, as FastWan`, defaults: size, recipe: 'fastwan' }
			: { title, defaults: { ...sampling, ...size }, negativePrompt: WAN_NEGATIVE };
	// From the README and the configuration files (wan/configs) of Wan 2.1 and 2.2.
	if (width === WAN_1B && channels === TEXT) return known('Wan 2.1 T2V 1.3B', steps(50, 6, 8));
	if (width === WAN_5B && channels === DENSE) {
		const size = { width: 1280, height: 704, fps: 24, num_frames: 121 };
		return known('Wan 2.2 TI2V 5B', steps(50, 5, 5), size);
	}
	if (width !== WAN_14B) return undefined;
	if (channels === TEXT && experts) {
		return known('Wan 2.2 T2V A14B', { ...steps(40, 4, 12), guidance_scale_2: 3 });
	}
	if (channels === PICTURE && experts) {
		return known('Wan 2.2 I2V A14B', { ...steps(40, 3.5, 5), guidance_scale_2: 3.5 });
	}
	if (channels === TEXT) return known('Wan 2.1 T2V 14B', steps(50, 5, 5));
	// 5 is for 720p; the family's usual size is 480p.
	if (channels === PICTURE) return known('Wan 2.1 I2V 14B', steps(40, 5, 3));
	return undefined;
}

const LTX_2B = 2048;
const LTX_13B = 4096;
/** The distilled models' noise levels: both passes of configs/ltxv-13b-0.9.7-distilled.yaml in Lightricks/LTX-Video. */
const LTX_DISTILLED = [1, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0.4219];

function ltx({ width, name }: CheckpointFacts): Published | undefined {
	const size = width === LTX_2B ? '2B' : width === LTX_13B ? '13B' : undefined;
	if (size === undefined) return undefined;
	if (/distill/i.test(name)) {
		return {
			title: `LTX-Video ${size} distilled`,
			defaults: { num_inference_steps: LTX_DISTILLED.length, guidance_scale: 1 },
			sigmas: LTX_DISTILLED,
		};
	}
	// As diffusers' examples make videos with 0.9.7; 0.9 to 0.9.6 have the family's.
	const own = { num_inference_steps: 30, guidance_scale: 5, guidance_rescale: 0.7 };
	return {
		title: `LTX-Video ${size}`,
		defaults: width === LTX_13B ? own : {},
		negativePrompt: LTX_NEGATIVE,
	};
}

/** `DISTILLED_SIGMA_VALUES` of diffusers, which are Lightricks' own. */
const LTX_2_DISTILLED = [1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875];

function ltx2({ name }: CheckpointFacts): Published | undefined {
	if (!/distill/i.test(name)) return undefined;
	return {
		title: 'LTX-2 distilled',
		defaults: { num_inference_steps: LTX_2_DISTILLED.length, guidance_scale: 1 },
		sigmas: LTX_2_DISTILLED,
	};
}

/** "Optimal Inference Configurations" in the README of Tencent-Hunyuan/HunyuanVideo-1.5; its shift lies in the folder. */
function hunyuanVideo15({ name }: CheckpointFacts): Published | undefined {
	if (!/distill/i.test(name)) return undefined;
	const fewSteps = /step.?distill/i.test(name);
	return {
		title: `HunyuanVideo 1.5 ${fewSteps ? 'step' : 'CFG'} distilled`,
		defaults: { num_inference_steps: fewSteps ? 12 : 50, guidance_scale: 1 },
	};
}
