/**
 * The Options as a person chose them, or as an expression gave them, which may be anything. Nothing at all counts as
 * left out; what can not be meant is said before anything is sent: a wait of "soon" minutes would ask without a pause,
 * and no limit holds that is no number.
 */
import type { INodeProperties } from 'n8n-workflow';
import { isObject } from '../../providers/schema/wire';
import type { DownloadChoice } from './output';

const MIB = 1024 ** 2;

export interface NodeOptions {
	binaryProperty?: string;
	fileName?: string;
	/** USD. */
	maximumCost?: number;
	maximumJobs?: number;
	maximumSize?: number;
	parallelJobs?: number;
	/** What becomes of a video without a price under a Maximum Cost. */
	unpriced?: 'refuse' | 'run';
	/** Minutes. */
	waitAtMost?: number;
}

export interface OptionsReading {
	/** What is set and allowed. */
	options: NodeOptions;
	/** About what is set and not allowed, one sentence each. */
	problems: string[];
}

/** @param collection the declaration of the options */
export function readOptions(raw: unknown, collection: INodeProperties): OptionsReading {
	const given: Record<string, unknown> = isObject(raw) ? raw : {};
	const options: Record<string, unknown> = {};
	const problems: string[] = [];
	for (const property of (collection.options ?? []) as INodeProperties[]) {
		const value = given[property.name];
		if (value === undefined || value === null || String(value).trim() === '') continue;
		const read = readOption(property, value);
		if (read === undefined) problems.push(problemOf(property, value));
		else options[property.name] = read;
	}
	return { options, problems };
}

function readOption(property: INodeProperties, value: unknown): unknown {
	const { type, typeOptions = {} } = property;
	if (type === 'options') {
		const meant = String(value).trim().toLowerCase();
		return choicesOf(property).find((choice) => String(choice).toLowerCase() === meant);
	}
	if (type === 'string') return typeof value === 'object' ? undefined : String(value);
	if (type !== 'number') return value;
	const { minValue = 0, maxValue = Number.MAX_SAFE_INTEGER } = typeOptions;
	const number = typeof value === 'string' ? Number(value) : value;
	const allowed = typeof number === 'number' && number >= minValue && number <= maxValue;
	return allowed ? number : undefined;
}

const choicesOf = ({ options = [] }: INodeProperties): unknown[] =>
	options.map((option) => ('value' in option ? option.value : undefined));

function problemOf(property: INodeProperties, value: unknown) {
	const { displayName, type, typeOptions = {} } = property;
	const { minValue = 0, maxValue } = typeOptions;
	const bounds =
		maxValue === undefined ? `, ${minValue} or more` : ` from ${minValue} to ${maxValue}`;
	const allowed =
		type === 'options'
			? choicesOf(property).join(' or ')
			: type === 'number'
				? `a number${bounds}`
				: 'a text';
	const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
	return `${displayName} is ${shown}, which is not allowed. Give ${allowed}.`;
}

export const downloadChoice = (options: NodeOptions): DownloadChoice => ({
	binaryProperty: options.binaryProperty?.trim() || 'data',
	maxBytes: (options.maximumSize ?? 2048) * MIB,
	...(options.fileName?.trim() ? { fileName: options.fileName.trim() } : {}),
});
