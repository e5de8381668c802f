import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Problem } from '../n8n-host/problem';
import { REPOSITORY_FOLDER } from '../repository';

export const USAGE = `npm start                       Start n8n with this package and make a first video
npm start -- --once             The same, then stop everything and exit
npm start -- --port 5678        Port of n8n (0: any free one)
npm start -- --executor-port 8484   Port of the local executor (0: any free one)
npm start -- --state .run       Folder for n8n's data, the videos and the logs`;

export interface StartOptions {
	once: boolean;
	help: boolean;
	port: number;
	executorPort: number;
	/** Absolute. */
	stateFolder: string;
}

/** Reads the command line of `npm start`. */
export function readOptions(args: string[], workingFolder: string): StartOptions {
	try {
		const { values } = parseArgs({
			args,
			options: {
				once: { type: 'boolean', default: false },
				help: { type: 'boolean', short: 'h', default: false },
				port: { type: 'string', default: '5678' },
				'executor-port': { type: 'string', default: '8484' },
				state: { type: 'string', default: join(REPOSITORY_FOLDER, '.run') },
			},
		});
		return {
			once: values.once,
			help: values.help,
			port: portNumber('--port', values.port),
			executorPort: portNumber('--executor-port', values['executor-port']),
			stateFolder: isAbsolute(values.state) ? values.state : resolve(workingFolder, values.state),
		};
	} catch (error) {
		if (error instanceof Problem) throw error;
		throw new Problem((error as Error).message, `What can be said:\n${USAGE}`);
	}
}

function portNumber(option: string, text: string): number {
	const port = Number(text);
	if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
	throw new Problem(
		`${option} is "${text}", which is no port.`,
		'A port is a number from 0 (any free one) to 65535.',
	);
}
