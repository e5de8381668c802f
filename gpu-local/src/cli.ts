#!/usr/bin/env node
import { pino } from 'pino';
import { startServer } from './app.ts';
import { readConfig, UsageError } from './config.ts';
import { FolderInUseError } from './db/folderLock.ts';

async function serve(args: string[]): Promise<void> {
	const config = readConfig(args, process.env, 'server');
	const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
	const server = await startServer(config, log);
	process.stdout.write(`gpu-local is ready at ${server.url}\n`);
	stopOnSignal(() => server.stop());
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

async function main(): Promise<void> {
	const [command = 'serve', ...args] = process.argv.slice(2);
	if (command.startsWith('--')) return await serve(process.argv.slice(2));
	if (command === 'serve') return await serve(args);
	throw new UsageError(`There is no command "${command}".`);
}

main().catch((error: unknown) => {
	const expected = error instanceof UsageError || error instanceof FolderInUseError;
	const text = expected ? error.message : error instanceof Error ? error.stack : String(error);
	process.stderr.write(`${text}\n`);
	process.exit(1);
});
