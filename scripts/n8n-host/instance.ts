import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ChildProgram } from './childProgram';
import { n8nEnvironment } from './environment';
import type { N8nHost } from './install';
import { instanceSecrets, type InstanceSecrets } from './instanceSecrets';
import { installPackageInto } from './packageLink';
import { freePort } from './preflight';

const READY_LIMIT_MS = 180_000;

export interface StartN8nOptions {
	host: N8nHost;
	/** The instance's own folder: database, credentials, log. Reused by the next start on it. */
	folder: string;
	/** 0 or absent: any free port. */
	port?: number;
	/** Folder that workflows may read and write; relative file names in nodes start here. */
	filesFolder?: string;
	/** The page to which the opening link leads. */
	openTarget?: string;
	/** Further settings of n8n; `undefined` leaves one as it is in a fresh n8n. */
	env?: Record<string, string | undefined>;
	/** Puts this package where n8n looks for it, below the given folder; by default a copy of the built one. */
	placePackage?: (userFolder: string) => Promise<void>;
}

/** A real n8n that answers. */
export interface RunningN8n {
	/** `http://127.0.0.1:<port>` */
	url: string;
	port: number;
	/** Opens the editor, signed in. */
	openUrl: string;
	filesFolder: string;
	secrets: InstanceSecrets;
	program: ChildProgram;
}

/** Starts n8n with this package on a folder of its own and waits until it is ready. */
export async function startN8n(options: StartN8nOptions): Promise<RunningN8n> {
	const { host } = options;
	await mkdir(options.folder, { recursive: true });
	// n8n compares real paths: a temporary folder behind a link (macOS) would be refused.
	const folder = await realpath(options.folder);
	const wantedFilesFolder = options.filesFolder ?? join(folder, 'files');
	await mkdir(wantedFilesFolder, { recursive: true });
	const filesFolder = await realpath(wantedFilesFolder);
	await (options.placePackage ?? installPackageInto)(folder);
	const secrets = await instanceSecrets(folder, host);
	const port = options.port || (await freePort());
	const env = n8nEnvironment(
		process.env,
		{
			folder,
			filesFolder,
			port,
			runnerPort: await freePort(),
			openTarget: options.openTarget ?? '/',
		},
		secrets,
		options.env,
	);
	const program = await ChildProgram.start({
		name: 'n8n',
		nodeBinary: host.nodeBinary,
		args: [host.n8nScript, 'start'],
		cwd: filesFolder,
		env,
		logFile: join(folder, 'n8n.log'),
	});
	const url = `http://127.0.0.1:${port}`;
	await program.untilReady(`${url}/healthz/readiness`, READY_LIMIT_MS);
	return {
		url,
		port,
		openUrl: `${url}/open/${secrets.openKey}`,
		filesFolder,
		secrets,
		program,
	};
}
