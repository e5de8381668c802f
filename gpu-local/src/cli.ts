#!/usr/bin/env node
import nodeModule from 'node:module';
import { COMMANDS, helpText } from './commands/help.ts';
import { sentenceOf } from './commands/problems.ts';
import type { Terminal } from './commands/terminal.ts';
import { UsageError } from './lib/usageError.ts';
import { version } from './version.ts';

// An older Node.js than it needs has none, and is told so in words.
(nodeModule as Partial<typeof nodeModule>).enableCompileCache?.();

const terminal: Terminal = {
	env: process.env,
	out: (text) => void process.stdout.write(`${text}\n`),
	progress: (line, again) => {
		const overwrite = again === true && process.stderr.isTTY;
		process.stderr.write(overwrite ? `\r\u001b[2K${line}` : `${line}\n`);
	},
	onStop: (stop) => {
		let stopping = false;
		for (const signal of ['SIGINT', 'SIGTERM'] as const) {
			process.on(signal, () => {
				// The second time, somebody does not want to wait.
				if (stopping) process.exit(130);
				stopping = true;
				void stop().then(() => process.exit(0));
			});
		}
	},
};

type Run = (args: string[], terminal: Terminal) => Promise<void>;

/** Loaded when it is wanted: what all of them need takes half a second. */
const RUN: Record<keyof typeof COMMANDS, Run> = {
	serve: async (...given) => await (await import('./commands/serve.ts')).serveCommand(...given),
	worker: async (...given) => await (await import('./commands/worker.ts')).workerCommand(...given),
	doctor: async (...given) => await (await import('./commands/doctor.ts')).doctorCommand(...given),
	setup: async (...given) => await (await import('./commands/setup.ts')).setupCommand(...given),
	models: async (...given) => await (await import('./commands/models.ts')).modelsCommand(...given),
	callbacks: async (...given) =>
		await (await import('./commands/callbacks.ts')).callbacksCommand(...given),
	backup: async (...given) => await (await import('./commands/backup.ts')).backupCommand(...given),
	restore: async (...given) =>
		await (await import('./commands/restore.ts')).restoreCommand(...given),
	'webhook-secret': async (...given) =>
		await (await import('./commands/webhookSecret.ts')).webhookSecretCommand(...given),
	help: async () => terminal.out(helpText()),
	version: async () => terminal.out(version),
};

/** Commands whose options are their own. */
const OWN_HELP = new Set(['setup', 'models', 'callbacks', 'backup', 'restore']);

async function main(given: string[]): Promise<void> {
	const [first = 'serve', ...rest] = given;
	if (first === '--help' || first === '-h') return terminal.out(helpText());
	if (first === '--version' || first === '-v') return terminal.out(version);
	const [command, args] = first.startsWith('-') ? ['serve', given] : [first, rest];
	if (args.includes('--help') && !OWN_HELP.has(command)) return terminal.out(helpText());
	if (!Object.hasOwn(RUN, command)) {
		throw new UsageError(
			`There is no command "${command}". The commands are: ${Object.keys(COMMANDS).join(', ')}.`,
		);
	}
	await RUN[command as keyof typeof COMMANDS](args, terminal);
}

main(process.argv.slice(2)).catch((error: unknown) => {
	const text = sentenceOf(error) ?? (error instanceof Error ? error.stack : String(error));
	process.stderr.write(`${text}\n`);
	process.exit(1);
});
