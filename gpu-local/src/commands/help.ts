import { OPTIONS } from './options.ts';

export const COMMANDS = {
	serve: 'Answer requests and make videos (this is what happens without a command).',
	worker: 'Only make videos, for a server on another machine.',
	doctor: 'Say what works on this machine, and what to do about what does not.',
	setup: 'Install what the engine diffusers needs (gpu-local setup --help).',
	models: 'Add, list, check and remove models (gpu-local models --help).',
	callbacks: 'Look at callbacks, send them again (gpu-local callbacks --help).',
	backup: 'Pack all jobs and videos into a file (gpu-local backup --help).',
	restore: 'Put back what a backup holds (gpu-local restore --help).',
	'webhook-secret': 'Show the secret that callbacks are signed with.',
	help: 'Show this.',
	version: 'Show the version.',
} as const;

const WIDTH = 96;
const INDENT = 8;

/** Everything that can be typed, in plain words. */
export function helpText(): string {
	const commands = Object.entries(COMMANDS).map(([name, help]) => `  ${name.padEnd(16)}${help}`);
	const options = Object.entries(OPTIONS).flatMap(([name, option]) => {
		const value = 'value' in option ? ` ${option.value}` : '';
		const fallback = 'fallback' in option ? ` [${option.fallback}]` : '';
		return [`  --${name}${value}${fallback}`, ...wrapped(`${option.help} (${option.env})`)];
	});
	return [
		'Makes videos from text on this machine.',
		'',
		'  gpu-local COMMAND [OPTIONS]',
		'',
		'Commands',
		...commands,
		'',
		'Options (each can also be set by the environment variable in brackets, or in the file that --config names)',
		...options,
		'',
	].join('\n');
}

function wrapped(text: string): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		if (line.length + word.length > WIDTH - INDENT) {
			lines.push(line);
			line = '';
		}
		line = line ? `${line} ${word}` : word;
	}
	return [...lines, line].map((each) => ' '.repeat(INDENT) + each);
}
