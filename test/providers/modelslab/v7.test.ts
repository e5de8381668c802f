/** ModelsLab's v7 endpoint, field by field, as the guide and the models' pages have them. */
import { modelslabV7 } from '../../../providers/modelslab';
import {
	anyText,
	asText,
	choice,
	describeFields,
	flag,
	text,
	webAddress,
	whole,
	wholeFrom,
} from '../documentedFields';

describeFields(
	modelslabV7,
	{ model_id: 'a-new-model', prompt: 'A boat' },
	{
		model_id: { ...anyText, required: true, search: 'model', start: 'seedance-t2v' },
		prompt: { ...anyText, required: true, multiline: true },
		negative_prompt: { ...anyText, multiline: true },
		seed: { ...wholeFrom(0), start: 42 },
		width: { ...whole(512, 1024), start: 1024 },
		height: { ...whole(512, 1024), start: 576 },
		aspect_ratio: { ...choice('16:9', '9:16'), start: '16:9' },
		resolution: { ...anyText, start: '720p' },
		duration: { ...wholeFrom(1), as: asText, start: 5 },
		fps: { ...wholeFrom(1), start: 24 },
		portrait: { ...flag, start: false },
		camera_fixed: { ...flag, start: false },
		enhance_prompt: { ...flag, start: true },
		generate_audio: { ...flag, start: true },
		init_audio: webAddress,
		webhook: { ...webAddress, role: 'callback' },
		track_id: { ...text(256), role: 'tracking' },
		extra_parameters: { takes: [], refuses: ['no JSON', [1]] },
	},
);
