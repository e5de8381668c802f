/** Node parameters as the editor saves them, and credentials, for any provider of the registry. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, ICredentialType } from 'n8n-workflow';
import {
	ADDITIONAL_FIELDS,
	GROUP_ITEMS,
	jsonParameter,
	listChoice,
} from '../../nodes/TextToVideo/submit/parameters';
import type { JsonObject, Provider, RequestValues } from '../../providers/contract';
import { fieldsOf, isMainField, type Field } from '../../providers/schema/fields';
import { ofModel } from '../../providers/schema/ofModel';
import { providerById } from '../../providers/registry';
import type { Credential } from './n8nAdditionalData';

/** n8n itself refuses a required field that is plainly empty; an expression that gives nothing comes to us. */
const EMPTY = '={{ "" }}';

/** The parameters that a person's entries become. */
export function itemParameters(provider: Provider, values: RequestValues): JsonObject {
	const main: JsonObject = {};
	const additional: JsonObject = {};
	for (const field of fieldsOf(ofModel(provider, values).request)) {
		const value = values[field.name];
		if (value === undefined) {
			if (isMainField(field)) main[field.name] = field.type === 'list' ? {} : EMPTY;
			continue;
		}
		(isMainField(field) ? main : additional)[field.name] = saved(field, value) as never;
	}
	return {
		provider: provider.id,
		authentication: '={{ $parameter["provider"] }}',
		...main,
		[ADDITIONAL_FIELDS]: additional,
	};
}

/**
 * The parameters of a node whose every field takes the cell of its name, as `{{ $json.cells.… }}`.
 *
 * @param lists as groups of fields that take each a cell, or as JSON
 */
export function parametersFromItem(
	provider: Provider,
	cells: Record<string, unknown>,
	lists: 'fields' | 'json' = 'fields',
): JsonObject {
	const main: JsonObject = {};
	const additional: JsonObject = {};
	for (const field of fieldsOf(ofModel(provider, cells).request)) {
		const level = isMainField(field) ? main : additional;
		const path = `$json.cells.${field.name}`;
		if (field.type === 'list' && lists === 'json') {
			level[jsonParameter(field)] = `={{ ${path} }}`;
			if (isMainField(field)) level[listChoice(field)] = 'json';
		} else level[field.name] = fromCell(field, cells[field.name], path) as never;
	}
	return {
		provider: provider.id,
		authentication: '={{ $parameter["provider"] }}',
		...main,
		[ADDITIONAL_FIELDS]: additional,
	};
}

function fromCell(field: Field, cell: unknown, path: string): unknown {
	if (field.type === 'list') {
		const rows = Array.isArray(cell) ? (cell as Array<Record<string, unknown>>) : [];
		if (field.plain && field.items?.[0]) {
			const { name } = field.items[0];
			const plain = rows.map((_row, index) => ({ [name]: `={{ ${path}[${index}] }}` }));
			return { [GROUP_ITEMS]: plain };
		}
		const items = rows.map((row, index) =>
			Object.fromEntries(
				(field.items ?? []).map((inner) => [
					inner.name,
					fromCell(inner, row[inner.name], `${path}[${index}].${inner.name}`),
				]),
			),
		);
		return { [GROUP_ITEMS]: items };
	}
	const expression = `={{ ${path} }}`;
	return field.search ? { __rl: true, mode: 'id', value: expression } : expression;
}

function saved(field: Field, value: unknown): unknown {
	if (typeof value === 'string' && value.trim() === '') return EMPTY;
	if (field.type === 'list') {
		if (!Array.isArray(value)) throw new Error(`n8n can not hold ${String(value)} as a list`);
		const [only] = field.items ?? [];
		const items = field.plain && only ? value.map((item) => ({ [only.name]: item })) : value;
		return { [GROUP_ITEMS]: items.map((item) => savedItem(field, item)) };
	}
	const given =
		field.type !== 'json' && typeof value === 'object' ? `={{ ${JSON.stringify(value)} }}` : value;
	if (field.search) return { __rl: true, mode: 'id', value: given };
	if (field.type === 'json' && typeof value === 'object') return JSON.stringify(value);
	return given;
}

function savedItem(field: Field, item: unknown): unknown {
	if (typeof item !== 'object' || item === null) return item;
	const values = item as Record<string, unknown>;
	return Object.fromEntries(
		(field.items ?? []).map((inner) => [
			inner.name,
			values[inner.name] === undefined ? EMPTY : saved(inner, values[inner.name]),
		]),
	);
}

const root = join(import.meta.dirname, '..', '..');

/** The provider's credential with its real type, from the folder that n8n loads. */
export async function credentialType(name: string): Promise<ICredentialType> {
	for (const file of readdirSync(join(root, 'credentials'))) {
		if (!file.endsWith('.credentials.ts')) continue;
		const exports = (await import(join(root, 'credentials', file))) as Record<
			string,
			new () => ICredentialType
		>;
		for (const Type of Object.values(exports)) {
			const type = new Type();
			if (type.name === name) return type;
		}
	}
	throw new Error(`No credential type ${name}`);
}

export async function credentialsOf(
	provider: string,
	data: ICredentialDataDecryptedObject,
): Promise<Record<string, Credential>> {
	const name = providerById(provider).credential;
	return { [name]: { type: await credentialType(name), data } };
}
