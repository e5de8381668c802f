import { parseArgs } from 'node:util';
import { readConfigFile } from './configFile.ts';
import type { FileSettings } from './configFile.ts';
import { OPTIONS } from './options.ts';
import type { Option, OptionName } from './options.ts';
import { UsageError } from '../lib/usageError.ts';

/** Which command's options count. */
export type Command = 'server' | 'worker';

/** What was given for each option: by flag, else by environment variable, else in the file, else the fallback. */
export interface Given {
	/** Every value of an option that can be given several times. */
	texts(name: OptionName): string[];
	text(name: OptionName): string | undefined;
	number(name: OptionName, least: number, most?: number): number;
	/** A number without its fraction. */
	whole(name: OptionName, least: number, most?: number): number;
	/** Whether a switch is on. */
	on(name: OptionName): boolean;
}

export function readGiven(
	args: string[],
	env: Record<string, string | undefined>,
	command: Command,
): Given {
	const flags = parse(args, command);
	/** By flag, by environment variable, by the file: where it was given first, and under which name. */
	const find = (name: OptionName): { texts: string[]; where: string } | undefined => {
		const flag = flags[name];
		if (Array.isArray(flag)) return { texts: flag.map(String), where: `--${name}` };
		if (typeof flag === 'string') return { texts: [flag], where: `--${name}` };
		const { env: variable, ...option }: Option = OPTIONS[name];
		const value = env[variable];
		if (value !== undefined && value !== '') {
			const values = option.many ? value.split(',').map((entry) => entry.trim()) : [value];
			return { texts: values, where: variable };
		}
		const inFile = file[name];
		return Array.isArray(inFile) ? { texts: inFile, where: `${name} in ${configPath}` } : undefined;
	};
	let file: FileSettings = {};
	const configPath = find('config')?.texts[0];
	if (configPath !== undefined) file = readConfigFile(configPath);
	const texts = (name: OptionName): string[] => find(name)?.texts ?? [];
	const text = (name: OptionName): string | undefined => {
		const option: Option = OPTIONS[name];
		return texts(name)[0] ?? option.fallback;
	};
	const number = (name: OptionName, least: number, most = Number.MAX_SAFE_INTEGER): number => {
		const value = Number(text(name));
		if (Number.isFinite(value) && value >= least && value <= most) return value;
		throw new UsageError(
			`${find(name)?.where ?? `--${name}`} is "${text(name)}". Give a number from ${least} to ${most}.`,
		);
	};
	const whole = (name: OptionName, least: number, most?: number): number =>
		Math.floor(number(name, least, most));
	const on = (name: OptionName): boolean => {
		if (flags[name] === true) return true;
		const variable = env[OPTIONS[name].env];
		if (variable === undefined || variable === '') return file[name] === true;
		return /^(1|true|yes|on)$/i.test(variable);
	};
	return { texts, text, number, whole, on };
}

function parse(
	args: string[],
	command: Command,
): Record<string, string | boolean | Array<string | boolean> | undefined> {
	const options: Record<string, { type: 'string' | 'boolean'; multiple: boolean }> = {};
	for (const [name, option] of Object.entries<Option>(OPTIONS)) {
		if (command === 'worker' && option.group === 'server') continue;
		options[name] = {
			type: option.value === undefined ? 'boolean' : 'string',
			multiple: option.many === true,
		};
	}
	try {
		return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
	} catch (error) {
		throw new UsageError(
			`${parseProblem(args, (error as Error).message)} "gpu-local help" lists everything that can be given.`,
		);
	}
}

/** Node's own words of a value that begins with a dash speak of another notation. */
function parseProblem(args: string[], message: string): string {
	const at = args.findIndex(
		(arg, index) => arg.startsWith('--') && /^-[^-]/.test(args[index + 1] ?? ''),
	);
	if (/ambiguous/.test(message) && at !== -1) {
		return `${args[at]} is "${args[at + 1]}", which looks like an option of its own. If it is meant, write ${args[at]}=${args[at + 1]}.`;
	}
	return `${message.split('\n')[0]!.replace(/[.:]*$/, '')}.`;
}
