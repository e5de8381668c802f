/**
 * The 18 scheduler names of the Stable Diffusion API documents (v4 `dreambooth/text2video` and
 * `enterprise/text2video`), in their order.
 */
export const SCHEDULERS = [
	'DDPMScheduler',
	'DDIMScheduler',
	'PNDMScheduler',
	'LMSDiscreteScheduler',
	'EulerDiscreteScheduler',
	'EulerAncestralDiscreteScheduler',
	'DPMSolverMultistepScheduler',
	'HeunDiscreteScheduler',
	'KDPM2DiscreteScheduler',
	'DPMSolverSinglestepScheduler',
	'KDPM2AncestralDiscreteScheduler',
	'UniPCMultistepScheduler',
	'DDIMInverseScheduler',
	'DEISMultistepScheduler',
	'IPNDMScheduler',
	'KarrasVeScheduler',
	'ScoreSdeVeScheduler',
	'LCMScheduler',
] as const;
