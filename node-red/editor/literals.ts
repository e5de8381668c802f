/** The literals of a typed input. */
const LITERALS = ['str', 'num', 'bool', 'json'];
export const isLiteral = (type: string): boolean => LITERALS.includes(type);

const TYPES: Record<string, string> = {
	integer: 'num',
	number: 'num',
	boolean: 'bool',
	json: 'json',
};

/** The literal in which a field of this type is given: text for all others. */
export const literalOf = (fieldType: string): string => TYPES[fieldType] ?? 'str';
