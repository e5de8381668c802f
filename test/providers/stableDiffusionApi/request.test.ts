/** Stable Diffusion API v5, v4 and Enterprise, field by field, as the documents have them. */
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from '../../../providers/stableDiffusionApi';
import {
	anyText,
	asText,
	choice,
	describeFields,
	flag,
	number,
	text,
	webAddress,
	whole,
	wholeFrom,
	yesNo,
	type DocumentedField,
} from '../documentedFields';

const prompt: DocumentedField = { ...anyText, required: true, multiline: true };
const negative_prompt: DocumentedField = { ...anyText, multiline: true };
const scheduler: DocumentedField = {
	...choice(
		...['DDPMScheduler', 'DDIMScheduler', 'PNDMScheduler', 'LMSDiscreteScheduler'],
		...['EulerDiscreteScheduler', 'EulerAncestralDiscreteScheduler', 'DPMSolverMultistepScheduler'],
		...['HeunDiscreteScheduler', 'KDPM2DiscreteScheduler', 'DPMSolverSinglestepScheduler'],
		...['KDPM2AncestralDiscreteScheduler', 'UniPCMultistepScheduler', 'DDIMInverseScheduler'],
		...['DEISMultistepScheduler', 'IPNDMScheduler', 'KarrasVeScheduler', 'ScoreSdeVeScheduler'],
		'LCMScheduler',
	),
	start: 'UniPCMultistepScheduler',
};

describeFields(
	stableDiffusionV5,
	{ prompt: 'A boat' },
	{ prompt, negative_prompt, scheduler, seconds: { ...wholeFrom(1), start: 3 } },
);

const trained: Record<string, DocumentedField> = {
	model_id: { ...anyText, required: true, start: 'midjourney' },
	prompt,
	negative_prompt,
	width: { ...whole(1, 1024), as: asText, start: 512 },
	height: { ...whole(1, 1024), as: asText, start: 512 },
	scheduler,
	num_inference_steps: { ...whole(1, 50), as: asText, start: 30 },
	enhance_prompt: { ...flag, as: yesNo, default: true },
	guidance_scale: { ...number(1, 20), start: 7.5 },
	strength: { ...number(0, 1), start: 0.7 },
	seed: { ...wholeFrom(0), start: 42 },
	webhook: { ...webAddress, role: 'callback' },
	track_id: { ...text(256), role: 'tracking' },
};
const valid = { model_id: 'midjourney', prompt: 'A boat' };

describeFields(stableDiffusionV4, valid, trained);
describeFields(stableDiffusionEnterprise, valid, {
	...trained,
	loadbalancer: { ...flag, as: yesNo, default: false },
});
