/** ModelsLab's v6 Ultra endpoint, field by field, as its page has them. */
import { modelslabV6Ultra } from '../../../providers/modelslab';
import {
	anyText,
	describeFields,
	flag,
	number,
	text,
	webAddress,
	whole,
	wholeFrom,
} from '../documentedFields';

describeFields(
	modelslabV6Ultra,
	// Of no model of the catalogue: those have fields of their own.
	{ model_id: 'a-new-model', prompt: 'A boat' },
	{
		model_id: { ...anyText, required: true, search: 'model', start: 'wan2.2' },
		prompt: { ...anyText, required: true, multiline: true },
		negative_prompt: { ...anyText, multiline: true },
		seed: { ...wholeFrom(0), start: 42 },
		resolution: { ...whole(1, 480), start: 480 },
		num_frames: { ...wholeFrom(1), default: 81 },
		num_inference_steps: { ...whole(1, 30), default: 25 },
		guidance_scale: { ...number(0, 8), start: 1 },
		// At most 16 in the table, 18 in the sample of the same page.
		fps: { ...whole(1, 18), start: 16 },
		portrait: { ...flag, start: false },
		sample_shift: { ...whole(0, 10), default: 5 },
		temp: { ...flag, default: false },
		webhook: { ...webAddress, role: 'callback' },
		track_id: { ...text(256), role: 'tracking' },
	},
);
