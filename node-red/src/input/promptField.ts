/** The field that takes the text of a message. Pure. */
import type { Field } from '../../../providers/schema/fields';

/** The field that says what to show: `prompt`, or the required list whose items have one. */
export const promptField = (fields: Field[]): Field | undefined =>
	fields.find(({ name, type, required }) => name === 'prompt' && type === 'text' && required) ??
	fields.find(
		({ type, required, items }) =>
			type === 'list' && required && items?.some(({ name }) => name === 'prompt'),
	) ??
	fields.find(({ name, type }) => name === 'prompt' && type === 'text');
