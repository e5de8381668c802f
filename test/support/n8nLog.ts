/** What n8n writes into its log, kept instead of printed. Import it before anything that loads n8n-core. */
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';

// n8n reads these when its classes load.
process.env.N8N_LOG_LEVEL ??= 'debug';
process.env.N8N_LOG_OUTPUT ??= 'none';

const require = createRequire(import.meta.url);

interface Winston {
	transports: { Stream: new (options: { stream: Writable }) => object };
	format: { json(): object };
}

let lines: string[] = [];

/** Starts the record anew and gives what was in it. */
export function takeLog(): string[] {
	const taken = lines;
	lines = [];
	return taken;
}

export function recordLog(): void {
	const fromN8nCore = createRequire(require.resolve('n8n-core'));
	const { Logger } = fromN8nCore('@n8n/backend-common') as { Logger: unknown };
	const { Container } = fromN8nCore('@n8n/di') as {
		Container: { get(type: unknown): { internalLogger: { add(transport: object): void } } };
	};
	const fromCommon = createRequire(fromN8nCore.resolve('@n8n/backend-common'));
	const winston = fromCommon('winston') as Winston;
	const stream = new Writable({
		write(chunk: Buffer, _encoding, done) {
			lines.push(chunk.toString());
			done();
		},
	});
	Container.get(Logger).internalLogger.add(new winston.transports.Stream({ stream }));
}
