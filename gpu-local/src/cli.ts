#!/usr/bin/env node
import { pino } from 'pino';
import type { FastifyBaseLogger } from 'fastify';
import { startServer, startWorker } from './app.ts';
import { examine, report } from './commands/doctor.ts';
import { COMMANDS, helpText } from './commands/help.ts';
import { readConfig } from './config.ts';
import { readWebhookSecret } from './callbacks/secrets.ts';
import { FolderInUseError } from './db/folderLock.ts';
import { modelsCommand } from './commands/models.ts';
import { setupCommand } from './commands/setup.ts';
import { UsageError } from './lib/usageError.ts';
import { version } from './version.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const logger = (level: string): FastifyBaseLogger =>
	pino({ level }, pino.destination({ dest: 2, sync: true }));

async function serve(args: string[]): Promise<void> {
	const config = readConfig(args, process.env, 'server');
	const server = await startServer(config, logger(config.logLevel));
	stopOnSignal(() => server.stop());
	say(`gpu-local is ready at ${server.url}`);
}

async function work(args: string[]): Promise<void> {
	const config = readConfig(args, process.env, 'worker');
	const worker = await startWorker(config, logger(config.logLevel));
	stopOnSignal(() => worker.stop());
	say(`gpu-local worker is ready: ${worker.description}`);
}

async function doctor(args: string[]): Promise<void> {
	const checks = await examine(readConfig(args, process.env, 'server'));
	say(report(checks));
	const wrong = checks.filter(({ ok }) => !ok).length;
	say(wrong === 0 ? '\nEverything works.' : `\n${wrong} of ${checks.length} checks failed.`);
	process.exitCode = wrong === 0 ? 0 : 1;
}

async function models(args: string[]): Promise<void> {
	const { modelsFolder } = readConfig([], process.env, 'server');
	await modelsCommand(args, {
		modelsFolder,
		env: process.env,
		out: say,
		progress: (line, again) => {
			const overwrite = again === true && process.stderr.isTTY;
			process.stderr.write(overwrite ? `\r\u001b[2K${line}` : `${line}\n`);
		},
	});
}

async function showWebhookSecret(args: string[]): Promise<void> {
	const { dataFolder, webhookSecrets } = readConfig(args, process.env, 'server');
	const secret = webhookSecrets[0] ?? (await readWebhookSecret(dataFolder));
	if (secret === undefined) {
		throw new UsageError(
			`There is no webhook secret in ${dataFolder} yet. It is made when the server starts for the first time.`,
		);
	}
	say(secret);
}

function stopOnSignal(stop: () => Promise<void>): void {
	let stopping = false;
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.on(signal, () => {
			// The second time, somebody does not want to wait.
			if (stopping) process.exit(130);
			stopping = true;
			void stop().then(() => process.exit(0));
		});
	}
}

/** Commands whose options are their own. */
const OWN_HELP = new Set(['setup', 'models']);

async function main(given: string[]): Promise<void> {
	const [first = 'serve', ...rest] = given;
	if (first === '--help' || first === '-h') return say(helpText());
	if (first === '--version' || first === '-v') return say(version);
	const [command, args] = first.startsWith('-') ? ['serve', given] : [first, rest];
	if (args.includes('--help') && !OWN_HELP.has(command)) return say(helpText());
	switch (command) {
		case 'serve':
			return await serve(args);
		case 'worker':
			return await work(args);
		case 'doctor':
			return await doctor(args);
		case 'setup':
			return await setupCommand(args, { env: process.env, out: say });
		case 'models':
			return await models(args);
		case 'webhook-secret':
			return await showWebhookSecret(args);
		case 'help':
			return say(helpText());
		case 'version':
			return say(version);
		default:
			throw new UsageError(
				`There is no command "${command}". The commands are: ${Object.keys(COMMANDS).join(', ')}.`,
			);
	}
}

main(process.argv.slice(2)).catch((error: unknown) => {
	const expected = error instanceof UsageError || error instanceof FolderInUseError;
	const text = expected ? error.message : error instanceof Error ? error.stack : String(error);
	process.stderr.write(`${text}\n`);
	process.exit(1);
});
