import { UsageError } from '../lib/usageError.ts';

/** What a way of making videos in few steps was trained for; `models add --recipe NAME`. */
export interface Recipe {
	families: readonly string[];
	/** For people. */
	title: string;
	defaults: Record<string, number>;
	scheduler: string;
	/** Noise levels to stop at, where even ones would be others. */
	sigmas?: number[];
}

/**
 * The noise levels of LightX2V's distillations before the shift: `denoising_step_list` of configs/distill in
 * ModelTC/LightX2V, and the even steps of ModelTC/Wan2.2-Lightning. diffusers would spread four steps down to a last
 * one that has nothing left to do.
 */
const LIGHTX2V_LEVELS = [1, 0.75, 0.5, 0.25];

/** Each as its authors published it: steps, guidance, shift, scheduler and noise levels belong together. */
export const RECIPES: Record<string, Recipe> = {
	lightning: {
		families: ['wan'],
		title: 'Wan2.2-Lightning, a LoRA for each expert: 4 steps, Euler, shift 5, no guidance',
		defaults: { num_inference_steps: 4, guidance_scale: 1, guidance_scale_2: 1, flow_shift: 5 },
		scheduler: 'EulerDiscreteScheduler',
		sigmas: LIGHTX2V_LEVELS,
	},
	lightx2v: {
		families: ['wan'],
		title: 'LightX2V step and guidance distillation of Wan 2.1: 4 steps, LCM, shift 5, no guidance',
		defaults: { num_inference_steps: 4, guidance_scale: 1, guidance_scale_2: 1, flow_shift: 5 },
		// Fresh noise between the steps (WanStepDistillScheduler of ModelTC/LightX2V).
		scheduler: 'LCMScheduler',
		sigmas: LIGHTX2V_LEVELS,
	},
	causvid: {
		families: ['wan'],
		// Shift and scheduler: huggingface/diffusers#11588. 8 steps: LightX2V's page on its own CausVid model; who made
		// the LoRA says 4 or more (kijai/ComfyUI-WanVideoWrapper#576).
		title: 'CausVid for Wan 2.1: 8 steps, UniPC, shift 8, no guidance',
		defaults: { num_inference_steps: 8, guidance_scale: 1, flow_shift: 8 },
		scheduler: 'UniPCMultistepScheduler',
	},
	fastwan: {
		families: ['wan'],
		title: 'FastWan: 3 steps at the noise levels that it was trained on, no guidance',
		// `dmd_denoising_steps` of hao-ai-lab/FastVideo; they are the trained levels already: nothing may shift them.
		defaults: { num_inference_steps: 3, guidance_scale: 1, flow_shift: 1 },
		scheduler: 'LCMScheduler',
		sigmas: [1, 0.757, 0.522],
	},
	lcm: {
		families: ['animatediff'],
		// The example of wangfuyun/AnimateLCM's model card, with its own motion adapter and its LoRA at 0.8.
		title: 'AnimateLCM: 6 steps, LCM, guidance 2',
		defaults: { num_inference_steps: 6, guidance_scale: 2 },
		scheduler: 'LCMScheduler',
	},
};

export function recipeOf(name: string, family?: string): Recipe {
	const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
	if (!recipe) {
		throw new UsageError(
			`--recipe is "${name}". Choose one of: ${Object.keys(RECIPES).join(', ')}.`,
		);
	}
	if (family !== undefined && !recipe.families.includes(family)) {
		throw new UsageError(
			`--recipe ${name} is for models of the family ${recipe.families.join(' or ')}, and this one is of the family ${family}.`,
		);
	}
	return recipe;
}
