/**
 * Requests held against the providers' own documents, written down apart from our declarations: what a simulator
 * refuses does not depend on what we believe.
 */
import type { JsonObject } from '../../../providers/contract';
import { isObject } from '../../../providers/schema/wire';

/** A member as a document has it: JSON Schema's words, with `required` on the member itself. */
export interface Member {
	type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
	required?: boolean | string[];
	enum?: unknown[];
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	minItems?: number;
	maxItems?: number;
	items?: Member;
	properties?: Record<string, Member>;
	/** Any value of the type, also one that is not in the list. */
	open?: boolean;
	/** `null` stands for "none". */
	orNull?: boolean;
	/** A whole number as text; `minimum` and `maximum` are of the number. */
	digits?: boolean;
}

export type Document = Record<string, Member>;

/** @returns what is wrong in the provider's manner, or nothing */
export function objection(document: Document, body: JsonObject): string | undefined {
	for (const [name, member] of Object.entries(document)) {
		if (body[name] === undefined && member.required === true) return `${name}: Required`;
	}
	for (const [name, value] of Object.entries(body)) {
		const member = document[name];
		if (!member) return `Unrecognized key: ${name}`;
		const problem = problemOf(name, member, value);
		if (problem) return problem;
	}
	return undefined;
}

function problemOf(path: string, member: Member, value: unknown): string | undefined {
	if (value === null && member.orNull) return undefined;
	if (member.digits) {
		const { digits: _digits, ...number } = member;
		return typeof value === 'string' && /^\d+$/.test(value)
			? problemOf(path, { ...number, type: 'integer' }, Number(value))
			: `${path}: Expected a number as text, received ${JSON.stringify(value)}`;
	}
	if (!isOfType(member, value)) {
		return `${path}: Expected ${member.type}, received ${Array.isArray(value) ? 'array' : typeof value}`;
	}
	if (member.enum && !member.open && !member.enum.includes(value)) {
		return `${path}: Invalid option, expected one of ${member.enum.join('|')}`;
	}
	const size =
		typeof value === 'number' ? value : ((value as { length?: number } | null)?.length ?? 0);
	const least = member.minimum ?? member.minLength ?? member.minItems ?? -Infinity;
	const most = member.maximum ?? member.maxLength ?? member.maxItems ?? Infinity;
	if (size < least) return `${path}: Too small, expected ${least} or more`;
	if (size > most) return `${path}: Too big, expected ${most} or less`;
	if (Array.isArray(value) && member.items) {
		for (const [index, item] of value.entries()) {
			const problem = problemOf(`${path}.${index}`, member.items, item);
			if (problem) return problem;
		}
	}
	return isObject(value) && member.properties ? insideOf(path, member, value) : undefined;
}

function insideOf(path: string, { properties = {}, required }: Member, value: JsonObject) {
	const needed = Array.isArray(required) ? required : [];
	const inner = Object.entries(properties).map(([name, member]): [string, Member] => [
		name,
		needed.includes(name) ? { ...member, required: true } : member,
	]);
	const problem = objection(Object.fromEntries(inner), value);
	return problem && `${path}.${problem}`;
}

function isOfType({ type }: Member, value: unknown): boolean {
	switch (type) {
		case undefined:
			return true;
		case 'integer':
			return Number.isInteger(value);
		case 'array':
			return Array.isArray(value);
		case 'object':
			return isObject(value);
		default:
			return typeof value === type;
	}
}
