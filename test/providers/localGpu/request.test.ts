/** The request of an OpenAI Videos server and the local executor's extensions, field by field. */
import { expect, it } from 'vitest';
import { localGpu } from '../../../providers/localGpu';
import { validate } from '../../../providers/schema/validate';
import {
	asText,
	choice,
	describeFields,
	flag,
	number,
	text,
	webAddress,
	whole,
} from '../documentedFields';

const times = <T>(count: number, item: T): T[] => Array<T>(count).fill(item);
const segment = (frames: number, prompt = 'A boat') => ({ frames, prompt });
const lora = (strength: number, model_name = 'a') => ({ model_name, strength });
const named = (model_name: string) => ({ model_name });
const long = 'a'.repeat(128);

describeFields(
	localGpu,
	{ prompt: 'A boat' },
	{
		prompt: { ...text(32000), required: true, multiline: true },
		model: { ...text(128), search: 'model' },
		input_reference: {
			takes: ['https://pictures.acme.test/a.png', 'http://pictures.acme.test/a.webp'],
			refuses: ['gs://bucket/a.png', 'ftp://pictures.acme.test/a.png'],
			at: 'input_reference.image_url',
			media: {
				kind: 'image',
				accepts: ['url', 'data-uri'],
				formats: ['png', 'jpg', 'jpeg', 'webp'],
				maxMegabytes: 16,
				minShortSide: 16,
			},
		},
		size: {
			takes: ['10x10', '832x480', '9999x9999', '10x9999'],
			refuses: ['9x10', '10x9', '10000x10', '10x10000', '0832x480', 'a832x480', '832x480a', '832'],
			default: '512x512',
			form: 'width x height, each from 10 to 9999 pixels',
		},
		seconds: { ...number(0.1, 600), as: asText, default: 4 },
		fps: { ...whole(1, 60), default: 8 },
		num_frames: { ...whole(1, 2000), start: 32 },
		negative_prompt: { ...text(32000), multiline: true },
		num_inference_steps: { ...whole(1, 200), start: 25 },
		guidance_scale: { ...number(0, 30), start: 7.5 },
		seed: { ...whole(-1, 4294967295), default: -1 },
		scheduler: {
			...choice('DDIMScheduler', 'EulerAncestralDiscreteScheduler', 'LCMScheduler'),
			start: 'DDIMScheduler',
		},
		prompts: {
			takes: [
				[segment(1)],
				[segment(256), segment(8, '猫')],
				[segment(1, 'a'.repeat(1024))],
				times(16, segment(1)),
			],
			refuses: [
				[segment(0)],
				[segment(257)],
				[segment(1.5)],
				[segment(1, 'a'.repeat(1025))],
				times(17, segment(1)),
			],
			itemTitle: 'Segment',
			items: {
				prompt: { required: true, multiline: true },
				frames: { required: true, start: 16 },
			},
		},
		loras: {
			takes: [[lora(0)], [lora(1, long)], times(5, lora(0.5))],
			refuses: [[lora(-0.25)], [lora(1.25)], [lora(1, `${long}a`)], times(6, lora(1))],
			itemTitle: 'LoRA',
			items: {
				model_name: { required: true, search: 'lora' },
				strength: { required: true, start: 0.8 },
			},
		},
		embeddings: {
			takes: [[named('a')], times(5, named(long))],
			refuses: [[named(`${long}a`)], times(6, named('a'))],
			itemTitle: 'Embedding',
			items: { model_name: { required: true, search: 'textualinversion' } },
		},
		closed_loop: { ...flag, default: false },
		clip_skip: { ...whole(1, 12), start: 1 },
		enhance_prompt: { ...flag, default: false },
		aspect_ratio: { ...choice('16:9', '4:3', '1:1', '3:4', '9:16'), start: '16:9' },
		resolution: { ...choice('360p', '540p', '720p', '1080p'), start: '360p' },
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
		output_format: { ...choice('mp4', 'gif'), default: 'mp4' },
		strict: { ...flag, default: false, advanced: true },
		webhook_url: {
			...webAddress,
			// A message to the machine itself is what people have there.
			takes: [...webAddress.takes, 'http://localhost:5678/webhook/a'],
			at: 'webhook.url',
			role: 'callback',
		},
		track_id: { ...text(256), role: 'tracking' },
	},
);

it('a start image that is neither an address nor a file is told so, however short', () => {
	for (const input_reference of ['x', 'picture.png']) {
		const { issues } = validate(
			localGpu,
			{ prompt: 'A', input_reference },
			'http://127.0.0.1:8484',
		);
		expect(issues[0]?.message).toContain('a web address that starts with https://');
	}
});
