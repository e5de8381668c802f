/** ModelsLab's v6 endpoint, field by field, as its page has them. */
import { modelslabV6 } from '../../../providers/modelslab';
import {
	anyText,
	choice,
	describeFields,
	flag,
	number,
	text,
	webAddress,
	whole,
	wholeFrom,
} from '../documentedFields';

describeFields(
	modelslabV6,
	{ model_id: 'a-new-model', prompt: 'A boat' },
	{
		model_id: { ...anyText, required: true, search: 'model', start: 'cogvideox' },
		prompt: { ...anyText, required: true, multiline: true },
		negative_prompt: { ...anyText, multiline: true },
		seed: { ...wholeFrom(0), start: 42 },
		height: { ...whole(1, 512), default: 512 },
		width: { ...whole(1, 512), default: 512 },
		num_frames: { ...whole(1, 25), default: 25 },
		num_inference_steps: { ...whole(1, 50), default: 20 },
		guidance_scale: { ...number(0, 8), default: 7 },
		clip_skip: { ...whole(1, 2), start: 1 },
		upscale_height: { ...whole(1, 1024), default: 640 },
		upscale_width: { ...whole(1, 1024), default: 1024 },
		upscale_strength: { ...number(0, 1), default: 0.6 },
		// The page's default, 12, lies outside its own range.
		upscale_guidance_scale: { ...number(0, 8), start: 8 },
		upscale_num_inference_steps: { ...whole(1, 50), default: 20 },
		use_improved_sampling: { ...flag, default: false },
		improved_sampling_seed: { ...wholeFrom(0), start: 42 },
		fps: { ...whole(1, 16), start: 7 },
		output_type: { ...choice('mp4', 'gif'), default: 'mp4', always: true },
		instant_response: { ...flag, default: false },
		temp: { ...flag, default: false },
		webhook: { ...webAddress, role: 'callback' },
		track_id: { ...text(256), role: 'tracking' },
	},
);
