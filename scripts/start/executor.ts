import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChildProgram } from '../n8n-host/childProgram';
import { n8nNodeBinary } from '../n8n-host/commands';
import { REPOSITORY_FOLDER } from '../repository';

const READY_LIMIT_MS = 60_000;
const PACKAGE_FOLDER = join(REPOSITORY_FOLDER, 'gpu-local');

export interface Executor {
	url: string;
	program: ChildProgram;
}

/** Starts the built local executor with its preview engine on a folder of its own. */
export async function startExecutor(options: {
	port: number;
	folder: string;
	logFile: string;
	/** Where n8n receives callbacks; the executor calls no other address of this computer. */
	callbackOrigins: string[];
}): Promise<Executor> {
	const { bin } = JSON.parse(await readFile(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as {
		bin: Record<string, string>;
	};
	const program = await ChildProgram.start({
		name: 'The local executor',
		nodeBinary: n8nNodeBinary(),
		args: [
			join(PACKAGE_FOLDER, bin['gpu-local'] ?? ''),
			'serve',
			'--engine',
			'preview',
			'--port',
			String(options.port),
			'--data',
			options.folder,
			...options.callbackOrigins.flatMap((origin) => ['--webhook-allow', origin]),
		],
		cwd: PACKAGE_FOLDER,
		env: withoutForeignSettings(process.env),
		logFile: options.logFile,
	});
	const url = `http://127.0.0.1:${options.port}`;
	await program.untilReady(`${url}/v1/models`, READY_LIMIT_MS);
	return { url, program };
}

/** Settings of another executor, or another program's database, must not leak into this one. */
function withoutForeignSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const foreign = /^(GPU_LOCAL_|DATABASE_URL$|AWS_|NODE_OPTIONS$)/;
	return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
}
