import { startWorker } from '../app.ts';
import { readConfig } from './config.ts';
import { createLogger } from './logger.ts';
import type { Terminal } from './terminal.ts';

/** `gpu-local worker`. */
export async function workerCommand(args: string[], terminal: Terminal): Promise<void> {
	const config = readConfig(args, terminal.env, 'worker');
	const worker = await startWorker(config, createLogger(config.logLevel));
	terminal.onStop(() => worker.stop());
	terminal.out(`gpu-local worker is ready: ${worker.description}`);
}
