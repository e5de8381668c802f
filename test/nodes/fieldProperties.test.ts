/** The words of the fields that are made of other fields. What is saved: `agreedParameters.test.ts`. */
import type { INodeProperties, INodePropertyCollection } from 'n8n-workflow';
import { expect, it } from 'vitest';
import { fieldProperties } from '../../nodes/TextToVideo/fieldProperties';
import { providerById, providers } from '../../providers/registry';

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
