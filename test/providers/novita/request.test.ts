/** Novita's txt2video, field by field, as its document has them. */
import { novita } from '../../../providers/novita';
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

const segment = (frames: unknown, prompt: unknown = 'A boat') => [{ frames, prompt }] as never;
const lora = (strength: unknown, model_name: unknown = 'a') => [{ model_name, strength }] as never;
const times = <T>(count: number, item: T): T[] => Array<T>(count).fill(item);
const testMode = {
	webhook_url: 'https://hooks.acme.test/a',
	test_mode_enabled: true,
	test_mode_return_task_status: 'TASK_STATUS_FAILED',
};

describeFields(
	novita,
	{ model_name: 'a.safetensors', height: 512, width: 512, steps: 20, prompts: segment(8) },
	{
		response_video_type: {
			...choice('mp4', 'gif'),
			at: 'extra.response_video_type',
			default: 'mp4',
		},
		webhook_url: { ...webAddress, at: 'extra.webhook.url', role: 'callback' },
		test_mode_enabled: {
			...flag,
			at: 'extra.webhook.test_mode.enabled',
			with: testMode,
			default: false,
			advanced: true,
		},
		test_mode_return_task_status: {
			...choice('TASK_STATUS_SUCCEED', 'TASK_STATUS_FAILED'),
			at: 'extra.webhook.test_mode.return_task_status',
			with: testMode,
			start: 'TASK_STATUS_SUCCEED',
			labels: { TASK_STATUS_SUCCEED: 'Succeeded', TASK_STATUS_FAILED: 'Failed' },
			advanced: true,
		},
		enterprise_plan_enabled: {
			...flag,
			at: 'extra.enterprise_plan.enabled',
			default: false,
			advanced: true,
		},
		model_name: {
			...anyText,
			required: true,
			search: 'checkpoint',
			start: 'darkSushiMixMix_225D_64380.safetensors',
		},
		height: { ...whole(256, 1024), required: true, start: 512 },
		width: { ...whole(256, 1024), required: true, start: 512 },
		steps: { ...whole(1, 50), required: true, start: 20 },
		prompts: {
			takes: [segment(8), segment(64), segment(8, '猫'), segment(8, 'a'.repeat(1024))].concat([
				[...segment(64), ...segment(64)] as never,
			]),
			refuses: [segment(7), segment(65), segment(8.5), segment(8, 'a'.repeat(1025))].concat([
				[...segment(64), ...segment(56), ...segment(9)] as never,
				[{ frames: 8 }] as never,
				7 as never,
			]),
			required: true,
			itemTitle: 'Prompt',
			items: {
				frames: { required: true, start: 32 },
				prompt: { required: true, multiline: true },
			},
		},
		negative_prompt: { ...text(1024), multiline: true },
		guidance_scale: { ...number(1, 30), start: 7.5 },
		seed: { ...wholeFrom(-1), default: -1 },
		loras: {
			takes: [lora(0), lora(1), lora(0.5, 'b'), times(5, lora(1)[0])],
			refuses: [lora(-0.25), lora(1.25), times(6, lora(1)[0]), [{ model_name: 'a' }]],
			itemTitle: 'LoRA',
			items: {
				model_name: { required: true, search: 'lora' },
				strength: { required: true, start: 0.8 },
			},
		},
		embeddings: {
			takes: [[{ model_name: 'a' }], times(5, { model_name: 'a' })],
			refuses: [times(6, { model_name: 'a' }), [{ model_name: '' }]],
			itemTitle: 'Embedding',
			items: { model_name: { required: true, search: 'textualinversion' } },
		},
		closed_loop: { ...flag, start: false },
		clip_skip: { ...whole(1, 12), start: 1 },
	},
);
