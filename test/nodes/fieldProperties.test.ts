/** The words of the fields that are made of other fields. What is saved: `agreedParameters.test.ts`. */
import type { INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { fieldProperties } from '../../nodes/TextToVideo/fieldProperties';
import { providerById, providers } from '../../providers/registry';
import type { Field } from '../../providers/schema/fields';
import { requestOf } from '../../providers/schema/requestOf';

const novita = fieldProperties(providerById('novita'));
const named = (name: string, among: INodeProperties[] = novita) =>
	among.find((property) => property.name === name)!;
const additional = named('additionalFields').options as INodeProperties[];

it('shows how a list is written as JSON, with what each member begins with', () => {
	const example = '[{"frames":32,"prompt":"…"}]';
	expect(named('promptsJson')).toMatchObject({
		displayName: 'Prompts (JSON)',
		placeholder: `e.g. ${example}`,
		description: `The same as Prompts, as a list in JSON, for a number of them that comes with the data: ${example}`,
	});
	expect(named('lorasJson', additional).placeholder).toMatch(/^e\.g\. \[\{"model_name":"…",/);
	expect(named('promptsJson').displayOptions?.show).toMatchObject({ specifyPrompts: ['json'] });
});

it('has an example only where the field has one', () => {
	const { values } = (named('prompts').options as INodePropertyCollection[])[0]!;
	const all = [...novita, ...additional, ...values];
	expect(all.filter((property) => 'placeholder' in property && !property.placeholder)).toEqual([]);
	expect(named('steps')).not.toHaveProperty('placeholder');
});

it('says the range of a number, and asks a switch as a question', () => {
	expect(named('steps').description).toMatch(/\. Give a whole number from \d+ to \d+\.$/);
	const all = providers.flatMap(fieldProperties);
	const switches = all
		.flatMap((property) => [property, ...((property.options ?? []) as INodeProperties[])])
		.filter(({ type }) => type === 'boolean');
	expect(switches.length).toBeGreaterThan(0);
	for (const { description } of switches) expect(description).toMatch(/^Whether (?!Whether)/);
});

describe('a field of which little is documented', () => {
	const made = (name: string, more: Partial<Field>) => {
		const field = { ...{ name, title: name, help: 'In steps.', required: true }, ...more } as Field;
		const provider = { ...providerById('novita'), request: requestOf([field]) };
		return named(name, fieldProperties(provider));
	};

	it.each<[Partial<Field>, unknown]>([
		[{ type: 'number' }, 0],
		[{ type: 'integer', minimum: 3 }, 3],
		[{ type: 'integer', minimum: 3, initial: 5 }, 5],
		[{ type: 'boolean' }, false],
		[{ type: 'text' }, ''],
	])('begins with what can be meant: %j', (more, start) => {
		expect(made('a', more).default).toBe(start);
	});

	it.each<[Partial<Field>, string]>([
		[{ type: 'integer' }, 'In steps'],
		[{ type: 'integer', minimum: 3 }, 'In steps. Give a whole number, 3 or more.'],
		[{ type: 'integer', maximum: 9 }, 'In steps. Give a whole number, at most 9.'],
		[{ type: 'integer', minimum: 3, maximum: 9 }, 'In steps. Give a whole number from 3 to 9.'],
	])('says what there is of a range: %j', (more, words) => {
		expect(made('a', more).description).toBe(words);
	});
});
