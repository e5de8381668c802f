/** Fields that ModelsLab's endpoints share beyond those of Stable Diffusion API. */
import { z } from 'zod/v4';
import { fieldMeta, type FieldMeta } from '../schema/fields';

export const temp = z
	.boolean()
	.register(fieldMeta, {
		title: 'Temporary File',
		help: 'Whether the provider deletes the file after 24 hours.',
		default: false,
	})
	.optional();

export const portrait = z
	.boolean()
	.register(fieldMeta, {
		title: 'Portrait',
		help: 'Whether the video is upright (9:16).',
		initial: false,
	})
	.optional();

/** Documented for both v6 endpoints as 0 to 8; one has a default, the other an example. */
export const guidanceScale = (start: { default: number } | { initial: number }) =>
	z
		.number()
		.min(0)
		.max(8)
		.register(fieldMeta, {
			title: 'Guidance Scale',
			help: 'How closely the video follows the prompt.',
			...start,
		})
		.optional();

/** Whole numbers from 1, the most common kind here. */
export const count = (meta: FieldMeta, max?: number) =>
	(max === undefined ? z.int().min(1) : z.int().min(1).max(max))
		.register(fieldMeta, meta)
		.optional();

/** Documents of several years name different models, and an unknown name is replaced in silence: so it stays free text. */
export const modelId = (placeholder: string, initial: string) =>
	z.string().min(1).register(fieldMeta, {
		title: 'Model ID',
		help: 'A text-to-video model of the provider. The job tells which one was really used.',
		placeholder,
		initial,
		search: 'model',
	});
