import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod/v4';
import { UsageError } from '../lib/usageError.ts';
import { sentenceOf } from './problems.ts';
import { OPTIONS } from './options.ts';
import type { Option, OptionName } from './options.ts';

/** What a file says of an option: texts, or whether a switch is on. */
export type FileSettings = Partial<Record<OptionName, string[] | boolean>>;

const text = z.union([z.string(), z.number()]).transform((value) => [String(value)]);
const list = z.union([
	text,
	z.array(z.union([z.string(), z.number()])).transform((values) => values.map(String)),
]);

const schema = z.strictObject(
	Object.fromEntries(
		Object.entries<Option>(OPTIONS)
			.filter(([name]) => name !== 'config')
			.map(([name, { value, many }]) => [
				name,
				(value === undefined ? z.boolean() : many ? list : text).optional(),
			]),
	),
);

/** A YAML (or JSON) file with the names of the options, without the dashes before them. */
export function readConfigFile(path: string): FileSettings {
	const document = parseDocument(contentOf(path));
	const [problem] = document.errors;
	if (problem) {
		throw new UsageError(
			`The configuration file ${path} is not YAML: ${problem.message.split('\n')[0]!}`,
		);
	}
	const result = schema.safeParse((document.toJS() as unknown) ?? {});
	if (result.success) return result.data as FileSettings;
	throw new UsageError(
		`The configuration file ${path} is wrong. ${result.error.issues.map(inWords).join(' ')}`,
	);
}

function contentOf(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		throw new UsageError(
			`The configuration file cannot be read. ${sentenceOf(error) ?? (error as Error).message}`,
		);
	}
}

function inWords(issue: z.core.$ZodIssue): string {
	if (issue.code === 'unrecognized_keys') {
		return `There is no option ${issue.keys.join(', ')}. The options are: ${Object.keys(schema.shape).join(', ')}.`;
	}
	const name = String(issue.path[0] ?? '');
	if (name === '') return 'Give one option a line, such as "port: 8484".';
	const { value, many } = OPTIONS[name as OptionName] as Option;
	if (value === undefined) return `${name} is a switch. Give true or false.`;
	return `${name} must be a text or a number${many ? ', or a list of them' : ''}, such as ${value}.`;
}
