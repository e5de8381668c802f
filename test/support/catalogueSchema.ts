/** What an entry of the catalogue looks like, as a schema. The types in `providers/catalogue/types.ts` say the same to the compiler. */
import { z } from 'zod/v4';

const media = {
	accepts: z.array(z.enum(['url', 'data-uri', 'base64', 'asset id', 'gs-uri'])).min(1),
	formats: z.array(z.string()).optional(),
	maxMegabytes: z.number().positive().optional(),
	minPixels: z
		.string()
		.regex(/^\d+x\d+$/)
		.optional(),
	maxPixels: z
		.string()
		.regex(/^\d+x\d+$/)
		.optional(),
	minShortSide: z.int().positive().optional(),
	minRatio: z
		.string()
		.regex(/^\d+:\d+$/)
		.optional(),
	maxRatio: z
		.string()
		.regex(/^\d+:\d+$/)
		.optional(),
	maxSeconds: z.number().positive().optional(),
};
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const MEDIA = ['image', 'video', 'audio'] as const;
const PATH = /^[A-Za-z_]\w*(\[\d*\])?(\.[A-Za-z_]\w*(\[\d*\])?)*$/;
const DATE = z.string().regex(/^20\d\d-\d\d-\d\d$/);
const evidence = z.enum(['document', 'provider page excerpt', 'client code']);

const common = {
	name: z.string().regex(/^[a-z]\w*$/),
	role: z.string(),
	title: z.string().regex(/^[A-Z]/),
	help: z.string().regex(/^[A-Z0-9].*\.$/),
	wire: z.string().regex(PATH).optional(),
	part: z.json().optional(),
	with: z.record(z.string().regex(PATH), z.json()).optional(),
	doubts: z.array(z.string()).optional(),
};

/** Of a definition together with the words of its name. */
export const fieldSchema = z.discriminatedUnion('type', [
	z.strictObject({
		...common,
		type: z.literal('text'),
		multiline: z.boolean().optional(),
		maxLength: z.int().positive().optional(),
		format: z.literal('uuid').optional(),
	}),
	z.strictObject({
		...common,
		type: z.enum(['integer', 'number']),
		as: z.literal('string').optional(),
		minimum: z.number().optional(),
		maximum: z.number().optional(),
		step: z.number().positive().optional(),
		default: z.number().optional(),
		initial: z.number().optional(),
	}),
	z.strictObject({
		...common,
		type: z.literal('boolean'),
		default: z.boolean().optional(),
		initial: z.boolean().optional(),
	}),
	z.strictObject({
		...common,
		type: z.literal('choice'),
		of: z.enum(['text', 'integer', 'number']),
		as: z.literal('string').optional(),
		enum: z.array(z.union([z.string(), z.number()])).min(1),
		open: z.boolean().optional(),
		labels: z.record(z.string(), z.string()).optional(),
		default: scalar.optional(),
		initial: scalar.optional(),
	}),
	z.strictObject({ ...common, type: z.enum(MEDIA), ...media }),
	z.strictObject({
		...common,
		type: z.literal('list'),
		minItems: z.int().positive().optional(),
		maxItems: z.int().positive().optional(),
		maxTotalSeconds: z.number().positive().optional(),
		itemTitle: z.string().min(1),
		item: z
			.union([
				z.strictObject({ type: z.literal('text'), multiline: z.boolean().optional() }),
				z.strictObject({ type: z.enum(MEDIA), ...media }),
			])
			.optional(),
		itemFields: z.array(z.string()).min(1).optional(),
		requiredItemFields: z.array(z.string()).optional(),
	}),
]);

const condition = z.union([
	scalar,
	z.strictObject({ set: z.boolean() }),
	z.strictObject({ in: z.array(scalar).min(1) }),
]);
const names = z.array(z.string()).min(1);

export const ruleSchema = z.strictObject({
	if: z.record(z.string(), condition),
	then: z
		.strictObject({
			forbid: z.union([names, z.record(z.string(), z.array(scalar).min(1))]).optional(),
			allow: z.record(z.string(), z.array(scalar).min(1)).optional(),
			require: names.optional(),
			anyOf: names.optional(),
			oneOf: names.optional(),
			ignore: names.optional(),
		})
		.refine((then) => Object.keys(then).length > 0),
	words: z.string().regex(/^[A-Z0-9].*\.$/),
	basis: z.enum(['document', 'client code', 'inference']),
});

export const modelSchema = z
	.strictObject({
		id: z.string().min(1),
		aliases: names.optional(),
		title: z.string().regex(/^[A-Z]/),
		maker: z.string().min(1),
		status: z.enum(['usable', 'retired', 'hidden']),
		endedOn: DATE.optional(),
		retiredOn: DATE.optional(),
		replacement: z.string().optional(),
		sameAs: z.string().optional(),
		evidence,
		idEvidence: evidence.optional(),
		endpoint: z.string().optional(),
		hint: z.string().regex(/\.$/).optional(),
		startsFrom: z.enum(['picture', 'reference']).optional(),
		sound: z.enum(['switch', 'always', 'silent', 'with spoken text', 'not said']).optional(),
		run: z
			.strictObject({
				seconds: z.number().positive().optional(),
				upTo: z.number().positive().optional(),
				size: z.string().optional(),
				sound: z.boolean().optional(),
			})
			.optional(),
		price: z.record(z.string(), z.json()).optional(),
		limits: z
			.strictObject({
				minSeconds: z.number().positive().optional(),
				maxSeconds: z.number().positive().optional(),
				maxResolution: z.string().optional(),
			})
			.optional(),
		framesPerSecond: z.number().positive().optional(),
		fieldsFrom: z.literal('general').optional(),
		fields: names.optional(),
		required: z.array(z.string()).optional(),
		requiredWithDefault: names.optional(),
		rules: names.optional(),
		doubts: names.optional(),
	})
	.refine(({ status, fields, fieldsFrom }) => status !== 'usable' || fields || fieldsFrom, {
		message: 'a usable model has fields',
	})
	.refine(({ status, replacement }) => status === 'usable' || replacement, {
		message: 'a model that is gone names another',
	})
	.refine(({ status, endedOn }) => status !== 'hidden' || endedOn, {
		message: 'a hidden model names the day of its end',
	});
