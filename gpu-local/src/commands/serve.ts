import { version } from '../version.ts';
import { readConfig } from './config.ts';
import { createLogger } from './logger.ts';
import type { Terminal } from './terminal.ts';

/** `gpu-local serve`. */
export async function serveCommand(args: string[], terminal: Terminal): Promise<void> {
	const config = readConfig(args, terminal.env, 'server');
	terminal.progress(`gpu-local ${version} is starting …`);
	// Said before what takes its time is loaded.
	const { startServer } = await import('../app.ts');
	const server = await startServer(config, createLogger(config.logLevel));
	terminal.onStop(() => server.stop());
	terminal.out(
		server.obstacle === undefined
			? `gpu-local is ready at ${server.url}`
			: `gpu-local answers at ${server.url}, but no video can be made yet. ${server.obstacle}`,
	);
}
