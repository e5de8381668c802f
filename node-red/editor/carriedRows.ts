/** What a node that was filled in for one provider starts with for another one. Pure. */
import { isLiteral, literalOf } from './literals';

interface Field {
	name: string;
	type: string;
	/** Set where the field names a model. */
	search?: string;
}

interface Provider<F extends Field> {
	modelField?: string | undefined;
	fields: F[];
}

interface Row {
	type: string;
	value: unknown;
}

/**
 * Values that the new provider can take as they are. Lists mean something else to each provider, and so do the names of
 * models, wherever they come from: the old one's would be sent to the new one.
 *
 * @param fits whether a field takes a literal
 */
export function carriedRows<F extends Field, R extends Row>(
	rows: Record<string, R>,
	last: Provider<F>,
	next: Provider<F>,
	fits: (field: F, literal: string) => boolean,
): Record<string, R> {
	const namesModel = ({ modelField, fields }: Provider<F>, name: string) =>
		name === modelField || fields.some((field) => field.name === name && field.search);
	const carries = (name: string, { type, value }: R): boolean => {
		const field = next.fields.find((one) => one.name === name);
		if (!field || field.type === 'list' || typeof value !== 'string') return false;
		if (namesModel(last, name) || namesModel(next, name)) return false;
		return !isLiteral(type) || (type === literalOf(field.type) && fits(field, value));
	};
	return Object.fromEntries(Object.entries(rows).filter(([name, row]) => carries(name, row)));
}
