/** ModelsLab's models as fields: what is known from clients only is no limit. */
import { describe, expect, it } from 'vitest';
import { modelsOf } from '../../../providers/modelslab/models';
import type { ModelEntry } from '../../../providers/catalogue/types';
import type { Field } from '../../../providers/schema/fields';

const adapt = (field: Partial<Field>, model: Partial<ModelEntry> = {}) =>
	modelsOf().adapt!(
		{ name: 'a', title: 'A', help: '', type: 'integer', required: true, ...field } as Field,
		{ evidence: 'document', fields: ['a'], ...model } as ModelEntry,
	);

it('each endpoint has its own of them, named in one field', () => {
	const ids = (endpoint?: string) => modelsOf(endpoint).catalogue.models.map(({ id }) => id);
	expect(modelsOf().field).toBe('model_id');
	expect(ids('v6')).toStrictEqual(['h3-minimax-t2v']);
	expect(ids('v6Ultra')).toStrictEqual(['wan2.2', 'ltx-2.3']);
	expect(ids()).toContain('veo-3.1');
	expect(ids()).not.toContain('wan2.2');
});

describe('a value that is needed though nobody gave it before', () => {
	it.each([
		[{ default: 5, minimum: 1, choices: [4] }, 5],
		[{ choices: [4, 6], minimum: 1 }, 4],
		[{ minimum: 1 }, 1],
		[{ minimum: 0 }, 0],
	])('is sent as the documents or the first of the seen ones have it: %j', (known, value) => {
		const field = adapt({ ...known, main: false });
		expect(field).toMatchObject({ required: false, always: true, default: value });
	});

	it('is not made up', () => {
		const field = adapt({ type: 'text', main: false });
		expect(field.required).toBe(false);
		expect(field).not.toHaveProperty('always');
	});

	it('stays needed where people are asked for it', () => {
		const field = adapt({ minimum: 1, main: true });
		expect(field.required).toBe(true);
		expect(field).not.toHaveProperty('always');
		expect(adapt({ minimum: 1, main: false, required: false })).not.toHaveProperty('always');
	});
});

describe('what is known from clients only', () => {
	const model = { evidence: 'client code' } as const;

	it('is no limit', () => {
		const choice = { type: 'choice' as const, choices: ['720p'], main: true };
		expect(adapt(choice, model).open).toBe(true);
		expect(adapt(choice).open).toBeUndefined();
		expect(adapt({ minimum: 1, maximum: 9, main: true }, model)).toMatchObject({ minimum: 1 });
		expect(adapt({ minimum: 1, maximum: 9, main: true }, model).maximum).toBeUndefined();
		expect(adapt({ maximum: 9, main: true }).maximum).toBe(9);
		expect(adapt({ ...choice, maximum: 9 }, model).maximum).toBe(9);
		expect(adapt({ type: 'number', maximum: 9, main: true }, model)).toMatchObject({ maximum: 9 });
		expect(adapt({ maximum: 9, main: true }, model)).not.toHaveProperty('open');
	});
});

it('a field that is the provider’s own stays as it is', () => {
	const own = { type: 'choice' as const, choices: ['a'], minimum: 1 };
	const field = { name: 'a', title: 'A', help: '', required: true, ...own };
	expect(adapt(own, { evidence: 'client code' })).toStrictEqual(field);
	const general = { evidence: 'client code' as const, fields: undefined } as Partial<ModelEntry>;
	expect(adapt({ ...own, main: false }, general)).toStrictEqual({ ...field, main: false });
});
