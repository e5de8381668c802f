/** A model's fields, out of definitions of the catalogue: what a person sees of them, and what is taken and sent. */
import { describe, expect, it } from 'vitest';
import type { Catalogue, ModelEntry } from '../../providers/catalogue/types';
import type { ProviderModels } from '../../providers/contract';
import type { Field } from '../../providers/schema/fields';
import { modelFields } from '../../providers/schema/modelFields';

const MODELS: ProviderModels = { field: 'model', catalogue: {} as Catalogue };
const field = (name: string, more: Partial<Field> = {}): Field => ({
	...{ name, title: name, help: '', type: 'text', required: false },
	...more,
});
const BASE = [
	field('prompt', { required: true, placeholder: 'e.g. A boat' }),
	field('model'),
	field('note'),
];
const modelWith = (fields: string[], more: Partial<ModelEntry> = {}) =>
	({ id: 'm', title: 'M', fields, ...more }) as ModelEntry;
const made = (fields: string[], more: Partial<ModelEntry> = {}, models = MODELS) =>
	modelFields(models, modelWith(fields, more), BASE);
const only = (key: string, more: Partial<ModelEntry> = {}) =>
	made([key], more).find(({ name }) => !['model', 'note'].includes(name))!;

describe('the fields of a model', () => {
	it('begin with the one that names the model, and end with the others of the provider', () => {
		const names = made(['prompt', 'image_url:url']).map(({ name }) => name);
		expect(names).toEqual(['model', 'prompt', 'image_url', 'note']);
	});

	it('are the provider’s where the model has none of its own', () => {
		const { fields: _fields, ...bare } = modelWith([]);
		expect(modelFields(MODELS, bare as ModelEntry, BASE).map(({ name }) => name)).toEqual([
			...['model', 'prompt', 'note'],
		]);
		expect(modelFields(MODELS, modelWith(['prompt']), [])).toHaveLength(1);
	});

	it('are those that the provider knows better', () => {
		const adapt = (one: Field, { id }: ModelEntry) => ({ ...one, title: `${one.name} of ${id}` });
		const titles = made(['prompt'], {}, { ...MODELS, adapt }).map(({ title }) => title);
		expect(titles).toEqual(['model of m', 'prompt of m', 'note of m']);
	});

	it('are in sight where those of the provider are, whatever the model', () => {
		const [, prompt, picture] = made(['prompt', 'image_url:url'], { required: ['image_url'] });
		expect([prompt?.main, picture?.main]).toEqual([true, false]);
		expect(made([]).find(({ name }) => name === 'note')?.main).toBeUndefined();
	});

	it('have the example of the provider’s field, where they have none of their own', () => {
		expect(only('prompt').placeholder).toBe('e.g. A boat');
		const base = [field('image_url', { placeholder: 'e.g. mine' })];
		const [picture] = modelFields(MODELS, modelWith(['image_url:url']), base);
		expect(picture?.placeholder).toBe('e.g. https://example.com/picture.png');
		expect(only('duration:5-12 as text')).not.toHaveProperty('placeholder');
	});

	it('are required, or sent always with their default, or neither', () => {
		const key = 'duration:4|6|8=8 as text';
		expect(only(key)).toMatchObject({ required: false, default: 8 });
		expect(only(key)).not.toHaveProperty('always');
		expect(only(key, { required: ['duration'] })).toMatchObject({ required: true });
		expect(only(key, { required: ['duration'] })).not.toHaveProperty('always');
		const always = { required: ['duration'], requiredWithDefault: ['duration'] };
		expect(only(key, always)).toMatchObject({ required: false, always: true });
	});

	it('that many models have are the same, made once', () => {
		expect(only('image_url:url')).toBe(only('image_url:url'));
		expect(only('image_url:url')).not.toBe(only('image_url:url', { required: ['image_url'] }));
	});
});

describe('a field of the catalogue', () => {
	const shared = { required: false, main: false };
	const picture = {
		type: 'text',
		minLength: 1,
		placeholder: 'e.g. https://example.com/picture.png',
	};
	it.each([
		[
			'duration:5-12 as text',
			{ type: 'integer', role: 'length', as: 'string', minimum: 5, maximum: 12 },
		],
		['negative_prompt', { type: 'text', role: 'negative prompt', minLength: 1, multiline: true }],
		[
			'duration:4|6|8 as text or other',
			{ type: 'choice', role: 'length', as: 'string', choices: [4, 6, 8], open: true, initial: 8 },
		],
		[
			'first_frame:base64 (veo)',
			{
				...{ ...picture, role: 'first frame', wire: 'instances[0].image' },
				part: { mimeType: '{mimeType}', bytesBase64Encoded: '{base64}' },
				media: { kind: 'image', accepts: ['base64'], formats: ['jpeg', 'png'], maxMegabytes: 20 },
			},
		],
		[
			'image_url:url+base64 (minimax)',
			{
				...{ ...picture, role: 'first frame' },
				media: {
					...{ kind: 'image', accepts: ['url', 'base64'], formats: ['jpg', 'jpeg', 'png'] },
					...{ maxMegabytes: 20, minShortSide: 301, minRatio: '2:5', maxRatio: '5:2' },
				},
			},
		],
		[
			'audio_url:url+base64+asset id',
			{
				...{ type: 'text', minLength: 1, placeholder: 'e.g. https://example.com/voice.mp3' },
				role: 'reference audio',
				media: { kind: 'audio', accepts: ['url', 'base64', 'asset id'], maxSeconds: 15.2 },
			},
		],
		[
			'video_url:url',
			{
				...{ type: 'text', minLength: 1, placeholder: 'e.g. https://example.com/video.mp4' },
				role: 'reference video',
				media: { kind: 'video', accepts: ['url'] },
			},
		],
		[
			'keyframe0_job',
			{
				...{ type: 'text', role: 'continue from', wire: 'keyframes.frame0.id' },
				with: { 'keyframes.frame0.type': 'generation' },
				pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
				placeholder: 'e.g. 0b1f4c9e-52a3-4a8b-9d57-3c1f0e6a2b44',
			},
		],
		[
			'audio_urls:audios<=3 (h3)',
			{
				...{ type: 'list', role: 'reference audio', plain: true, maxItems: 3, itemTitle: 'Sound' },
				items: [
					{
						...{
							name: 'value',
							title: 'Sound',
							help: 'Where the sound file lies.',
							required: true,
						},
						...{ type: 'text', minLength: 1, placeholder: 'e.g. https://example.com/voice.mp3' },
						media: { kind: 'audio', accepts: ['url'] },
					},
				],
			},
		],
		[
			'multi_prompt:texts',
			{
				...{ type: 'list', role: 'shots', plain: true, itemTitle: 'Shot' },
				items: [
					{
						...{ name: 'value', title: 'Shot', help: 'What this one shows.', required: true },
						...{ type: 'text', minLength: 1, multiline: true },
					},
				],
			},
		],
	] as Array<[string, Partial<Field>]>)('%s', (key, own) => {
		const { title, help, ...read } = only(key);
		expect(read).toStrictEqual({ ...shared, name: key.split(/[:<]/)[0], ...own });
		expect([title, help].every((words) => words.length > 0)).toBe(true);
	});

	it('that is a list of objects has their fields, of which some are required', () => {
		const { items, plain } = only('elements:objects<=4');
		expect(plain).toBeUndefined();
		expect(items?.map(({ name, required }) => [name, required])).toEqual([
			['frontal_image_url', true],
			['reference_image_urls', true],
		]);
		const shots = only('multi_prompt:objects<=6 (timed)').items;
		expect(shots?.map(({ name, required }) => [name, required])).toEqual([
			['prompt', true],
			['duration', false],
		]);
	});
});
