/** AI/ML API's PixVerse v5 and its endpoint for any model, field by field, as the documents have them. */
import { aimlapiPixverse } from '../../../providers/aimlapi';
import { aimlapiAnyModel } from '../../../providers/aimlapi/anyModel';
import { anyText, choice, describeFields, flag, text } from '../documentedFields';

const word = {
	takes: ['7', 'order-4711', 'aZ09._:-', 'a'.repeat(128)],
	refuses: ['a'.repeat(129), 'a b', '*a', 'a*', 'ä', 'a/b'],
	header: 'X-Client-Request-Id',
	role: 'tracking',
	form: '1 to 128 letters, digits, dots, colons, dashes and underscores',
} as const;
const trackingId = { ...word, takes: [...word.takes], refuses: [...word.refuses] };

describeFields(
	aimlapiPixverse,
	{ model: 'pixverse/v5/text-to-video', prompt: 'A boat' },
	{
		model: { ...text(256), default: 'pixverse/v5/text-to-video', always: true },
		prompt: { ...anyText, required: true, multiline: true },
		aspect_ratio: { ...choice('16:9', '4:3', '1:1', '3:4', '9:16'), default: '16:9' },
		resolution: { ...choice('360p', '540p', '720p', '1080p'), default: '720p' },
		duration: {
			takes: [5, 8],
			refuses: [4, 6, 7, 9],
			default: 5,
			labels: { 5: '5 Seconds', 8: '8 Seconds' },
		},
		negative_prompt: { ...anyText, multiline: true },
		style: {
			...choice('anime', '3d_animation', 'clay', 'comic', 'cyberpunk'),
			start: 'anime',
			labels: {
				anime: 'Anime',
				'3d_animation': '3D Animation',
				clay: 'Clay',
				comic: 'Comic',
				cyberpunk: 'Cyberpunk',
			},
		},
		seed: { takes: [-5, 0, 2 ** 40], refuses: [0.5], start: 42 },
		lip_sync_tts_content: { ...anyText, multiline: true },
		lip_sync_tts_speaker: {
			...choice(
				...['Harper', 'Ava', 'Isabella', 'Sophia', 'Emily', 'Chloe', 'Julia', 'Mason', 'Jack'],
				...['Liam', 'James', 'Oliver', 'Adrian', 'Ethan', 'Auto'],
			),
			start: 'Auto',
		},
		client_request_id: trackingId,
		legacy_path: { ...flag, unsent: true, default: false, advanced: true },
		extra_parameters: { takes: [], refuses: ['no JSON', [1]] },
	},
);

describeFields(
	aimlapiAnyModel,
	{ model: 'somebody/new-model', prompt: 'A boat' },
	{
		model: {
			...text(256),
			required: true,
			search: 'model',
			start: 'veo-3.1-lite-generate-001',
		},
		prompt: { ...anyText, required: true, multiline: true },
		client_request_id: trackingId,
		extra_parameters: { takes: [], refuses: ['no JSON', [1]] },
	},
);
