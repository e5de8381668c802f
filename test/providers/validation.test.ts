import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue, RequestValues } from '../../providers/contract';
import { providerById, providers } from '../../providers/registry';
import { issueText, validate } from '../../providers/schema/validate';
import { buildRequest } from '../../providers/schema/wire';
import { smallValues } from '../simulators/client';

/** What a person reads when this field of an otherwise good request has this value. */
function messageFor(id: string, change: Record<string, unknown>, baseUrl?: string): string {
	const provider = providerById(id);
	const values = { ...smallValues(provider), ...change };
	const { issues } = validate(provider, values, baseUrl ?? provider.account.defaultBaseUrl);
	return issueText(issues);
}

/** What is sent where this field of an otherwise good request has this value. */
function sentWith(id: string, change: Record<string, unknown>): JsonObject {
	const provider = providerById(id);
	const raw = { ...smallValues(provider), ...change };
	const { values, issues } = validate(provider, raw, provider.account.defaultBaseUrl);
	expect(issues).toEqual([]);
	return buildRequest(provider, values as RequestValues).body;
}

const parts = (...frames: number[]): JsonValue =>
	frames.map((count) => ({ prompt: 'a', frames: count }));

it.each(providers)('a prompt of one character is one, at $title', (provider) => {
	const values = smallValues(provider, '海');
	expect(validate(provider, values, provider.account.defaultBaseUrl).issues).toEqual([]);
});

describe('bad input is refused before it is sent, in words that name field, value and what is allowed', () => {
	it.each([
		[
			'novita',
			{ height: 128 },
			'Height (height) is 128, which is not allowed. Give a whole number from 256 to 1024.',
		],
		[
			'novita',
			{ steps: 50.5 },
			'Steps (steps) is 50.5, which is not allowed. Give a whole number from 1 to 50.',
		],
		[
			'novita',
			{ guidance_scale: 31 },
			'Guidance Scale (guidance_scale) is 31, which is not allowed. Give a number from 1 to 30.',
		],
		[
			'novita',
			{ width: 'wide' },
			'Width (width) is "wide", which is not allowed. Give a whole number from 256 to 1024.',
		],
		[
			'novita',
			{ seed: -2 },
			'Seed (seed) is -2, which is not allowed. Give a whole number, -1 or more.',
		],
		[
			'novita',
			{ model_name: '  ' },
			'Model Name (model_name) is empty. Give text that is not empty.',
		],
		[
			'novita',
			{ prompts: parts() },
			'Prompts (prompts) is empty. Give a list of at least 1 (Prompt), each an object with frames and prompt.',
		],
		[
			'novita',
			{ prompts: [{ prompt: ' ', frames: 16 }] },
			'Prompts 1, Prompt (prompts.0.prompt) is empty. Give text of 1 to 1024 characters.',
		],
		[
			'novita',
			{ prompts: parts(16, 4) },
			'Prompts 2, Frames (prompts.1.frames) is 4, which is not allowed. Give a whole number from 8 to 64.',
		],
		[
			'novita',
			{ prompts: parts(64, 64, 8) },
			'Prompts (prompts) is 136, which is not allowed: the frames of all prompts together may be at most 128.',
		],
		[
			'novita',
			{ loras: Array(6).fill({ model_name: 'a', strength: 1 }) },
			'Give a list of at most 5 (LoRA), each an object with model_name and strength.',
		],
		[
			'novita',
			{ embeddings: Array(6).fill({ model_name: 'a' }) },
			'Give a list of at most 5 (Embedding), each an object with model_name.',
		],
		[
			'novita',
			{ prompts: ['dusk', 'dawn'] },
			'Prompts 1 (prompts.0) is "dusk", which is not allowed. Give an object with frames and prompt.',
		],
		[
			'novita',
			{ prompts: 'dusk' },
			'Prompts (prompts) is "dusk", which is not allowed. Give a list of at least 1 (Prompt), each',
		],
		[
			'novita',
			{ prompts: { prompt: 'dusk', frames: 16 } },
			'Prompts (prompts) is {"prompt":"dusk","frames":16}, which is not allowed. Give a list',
		],
		[
			'novita',
			{ loras: [{ name: 'a', model_name: 'b', strength: 1 }] },
			'LoRAs 1 (loras.0) has no field name. The fields are: model_name, strength.',
		],
		[
			'novita',
			{ response_video_type: 'avi' },
			'Response Video Type (response_video_type) is "avi", which is not allowed. Give one of mp4, gif.',
		],
		[
			'novita',
			{ webhook_url: 'hook.example.com' },
			'Webhook URL (webhook_url) is "hook.example.com", which is not allowed. Give a full web address that starts with http:// or https://.',
		],
		[
			'novita',
			{ test_mode_enabled: true },
			'Webhook Test Mode, its result and Webhook URL go together',
		],
		['stableDiffusionV4', { prompt: '' }, 'Prompt (prompt) is empty. Give text that is not empty.'],
		[
			'stableDiffusionV4',
			{ width: 1025 },
			'Width (width) is 1025, which is not allowed. Give a whole number from 1 to 1024.',
		],
		[
			'stableDiffusionV4',
			{ num_inference_steps: 51 },
			'is 51, which is not allowed. Give a whole number from 1 to 50.',
		],
		[
			'stableDiffusionV4',
			{ guidance_scale: 0.5 },
			'is 0.5, which is not allowed. Give a number from 1 to 20.',
		],
		[
			'stableDiffusionV4',
			{ scheduler: 'Euler' },
			'Scheduler (scheduler) is "Euler", which is not allowed. Give one of DDPMScheduler, DDIMScheduler,',
		],
		[
			'stableDiffusionV4',
			{ enhance_prompt: 'maybe' },
			'Enhance Prompt (enhance_prompt) is "maybe", which is not allowed. Give true or false (or yes or no).',
		],
		[
			'stableDiffusionV4',
			{ prompt: new Date(0) },
			'Prompt (prompt) is "1970-01-01T00:00:00.000Z", which is a date and time, not text. Give text that is not empty.',
		],
		[
			'stableDiffusionV4',
			{ prompt: ['a', 'b'] },
			'Prompt (prompt) is ["a","b"], which is a list, not text. Give text that is not empty.',
		],
		[
			'stableDiffusionV4',
			{ prompt: { text: 'a' } },
			'Prompt (prompt) is {"text":"a"}, which is an object, not text.',
		],
		['stableDiffusionV4', { prompt: true }, 'Prompt (prompt) is true, which is not text.'],
		[
			'stableDiffusionV4',
			{ webhook: 'http://localhost:5678/webhook/x' },
			'an address that only this machine or network can reach. Stable Diffusion API: Train Text to Video (v4) calls back from the internet: give a public address (a tunnel, or the public address of your server).',
		],
		[
			'stableDiffusionV4',
			{ webhook: 'http://192.168.1.5/webhook/x' },
			'an address that only this machine or network can reach',
		],
		[
			'stableDiffusionV4',
			{ height_: 5 },
			'There is no field height_. The fields are: model_id, prompt,',
		],
		[
			'modelslabV6',
			{ num_frames: 26 },
			'is 26, which is not allowed. Give a whole number from 1 to 25.',
		],
		[
			'modelslabV7',
			{ extra_parameters: '{"a": ' },
			'Extra Parameters (extra_parameters) is "{\\"a\\": ", which is not allowed. Give a JSON object, such as {"name": "value"}.',
		],
		[
			'modelslabV7',
			{ fps: 24, extra_parameters: { fps: 30 } },
			'is {"fps":30}, which is not allowed: fps is set by its own field too, set it in one place.',
		],
		[
			'aimlapiPixverse',
			{ resolution: '1080p', duration: 8 },
			'Duration in Seconds (duration) is 8, which is not allowed: PixVerse v5 makes 1080p videos of 5 seconds only, choose 5 seconds or 720p.',
		],
		[
			'aimlapiPixverse',
			{ duration: 6 },
			'Duration in Seconds (duration) is 6, which is not allowed. Give one of 5, 8.',
		],
		[
			'aimlapiPixverse',
			{ client_request_id: 'order 4711' },
			'Tracking ID (client_request_id) is "order 4711", which is not allowed. Give 1 to 128 letters, digits, dots, colons, dashes and underscores, such as order-4711.',
		],
		[
			'aimlapiPixverse',
			{ model: 'pixverse/v5.5/text-to-video', legacy_path: true },
			'the legacy path knows the model pixverse/v5/text-to-video only',
		],
		[
			'localGpu',
			{ size: '512' },
			'Size (size) is "512", which is not allowed. Give width x height, each from 10 to 9999 pixels, such as 832x480.',
		],
	])('%s %j', (id, change, expected) => {
		expect(messageFor(id, change)).toContain(expected);
	});

	it('says that a prompt is too long, without repeating all of it', () => {
		const message = messageFor('novita', { prompts: [{ prompt: 'x'.repeat(1025), frames: 16 }] });
		expect(message).toContain('Give text of 1 to 1024 characters.');
		expect(message.length).toBeLessThan(250);
	});

	it('tells everything that is wrong at once', () => {
		const message = messageFor('novita', { height: 1, width: 1, steps: 0 });
		expect(message.split('\n')).toHaveLength(3);
	});
});

describe('good input is not refused', () => {
	it('not for blanks around it that nobody sees, which come along with copied text', () => {
		const { values } = validate(
			providerById('aimlapiPixverse'),
			{
				...{
					prompt: 'A boat \u200B',
					aspect_ratio: '\u200B16:9\u00A0',
					resolution: '\u200E720P\uFEFF',
				},
				...{ seed: '\u200B7\u2060', negative_prompt: '\u200B' },
			},
			'https://api.aimlapi.com',
		);
		expect(values).toMatchObject({
			...{ prompt: 'A boat \u200B', aspect_ratio: '16:9', resolution: '720p', seed: 7 },
		});
		expect(values).not.toHaveProperty('negative_prompt');
		expect(messageFor('aimlapiPixverse', { prompt: '\u200B' })).toContain('is empty');
	});

	it.each([
		['nothing', null, {}],
		['nothing as text', 'null', {}],
		['a blank as text', '" "', {}],
		['no member', '{}', {}],
		['empty cells', { a: null, b: undefined, c: ' ', d: 0, e: false }, { d: 0, e: false }],
		['a date', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
		['a hole further in', { a: { b: undefined, c: null } }, { a: { c: null } }],
	])('extra parameters with %s leave the rest as it is', (_what, extra_parameters, sent) => {
		expect(sentWith('aimlapiPixverse', { extra_parameters })).toEqual({
			...sentWith('aimlapiPixverse', {}),
			...sent,
		});
	});

	it.each([[null], [''], ['null'], ['" "'], ['[]'], [[]]])('LoRAs as %j are left out', (loras) => {
		expect(sentWith('novita', { loras })).toEqual(sentWith('novita', {}));
	});

	it('and a number that is none is shown as what it is', () => {
		for (const steps of [Number.NaN, Infinity]) {
			expect(messageFor('novita', { steps })).toContain(`Steps (steps) is ${steps},`);
		}
	});

	it.each(providers.map((provider) => [provider.id] as const))(
		'%s takes its smallest request',
		(id) => {
			expect(messageFor(id, {})).toBe('');
		},
	);

	it.each([
		['novita', { prompts: parts(64, 64) }],
		[
			'novita',
			{
				webhook_url: 'https://n8n.acme.test/webhook/x',
				test_mode_enabled: true,
				test_mode_return_task_status: 'TASK_STATUS_FAILED',
			},
		],
		['aimlapiPixverse', { resolution: '1080p', duration: 5 }],
		['aimlapiPixverse', { resolution: '720p', duration: '8' }],
		[
			'aimlapiPixverse',
			{ model: 'pixverse/v5.5/text-to-video', extra_parameters: '{"duration": 10}' },
		],
		['aimlapiPixverse', { legacy_path: true }],
		['aimlapi', { model: 'google/gemini-omni-flash-preview', image_url: 'gs://bucket/cat.png' }],
		['stableDiffusionV4', { seed: 4294967295, width: '512', enhance_prompt: 'no' }],
		['stableDiffusionV4', { negative_prompt: '', scheduler: null, seed: undefined }],
	])('%s %j', (id, change) => {
		expect(messageFor(id, change)).toBe('');
	});

	it('lets a provider on the own machine call back to it', () => {
		const webhook = 'http://localhost:5678/webhook/x';
		expect(messageFor('localGpu', { webhook_url: webhook })).toBe('');
		expect(messageFor('novita', { webhook_url: webhook }, 'http://127.0.0.1:8484')).toBe('');
	});
});
