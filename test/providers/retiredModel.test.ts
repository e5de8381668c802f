/** A model that is gone: who asked for it is told what to take instead, and other failures stay what they are. */
import { describe, expect, it } from 'vitest';
import type { Catalogue, ModelEntry } from '../../providers/catalogue/types';
import type { FailureCode } from '../../providers/contract';
import { failure } from '../../providers/replies/failures';
import { orReplacement } from '../../providers/replies/retiredModel';

const model = (id: string, more: Partial<ModelEntry> = {}) =>
	({ id, maker: 'Luma', title: `Title of ${id}`, status: 'usable', ...more }) as ModelEntry;
const CATALOGUE = {
	models: [
		model('luma/new'),
		model('luma/old', { status: 'retired', replacement: 'luma/new' }),
		model('luma/lost', { status: 'retired' }),
	],
	firstChoices: [],
} as unknown as Catalogue;
const refused = (code: FailureCode) => failure(code, 'No', { accepted: 'no', httpStatus: 404 });
const told = (code: FailureCode, name: unknown) => orReplacement(refused(code), CATALOGUE, name);

describe('a model that was not found', () => {
	it.each(['not_found', 'model_not_found'] as const)(
		'and was retired (%s) has its successor named',
		(code) => {
			expect(told(code, 'luma/old')).toEqual({
				...refused('model_not_found'),
				advice: 'The provider has retired luma/old. Take Title of luma/new (luma/new) instead.',
			});
		},
	);

	it.each(['luma/lost', 'luma/never'])('and has no successor (%s) has one alike named', (name) => {
		expect(told('model_not_found', name).advice).toBe(
			`The provider does not have ${name}, or has it no longer. Take Title of luma/new (luma/new) instead, or another model from the list.`,
		);
	});

	it('may be an address that is not there, where no word says that it is the model', () => {
		expect(told('not_found', 'luma/never')).toEqual(refused('not_found'));
	});

	it('is not told of a request that named none', () => {
		expect(told('model_not_found', undefined)).toEqual(refused('model_not_found'));
	});
});

it.each(['no_credit', 'rate_limited', 'invalid_request'] as const)(
	'%s stays what it is, whatever the model',
	(code) => {
		expect(told(code, 'luma/old')).toEqual(refused(code));
	},
);
