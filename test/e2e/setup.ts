import { join } from 'node:path';
import { ensureN8nHost } from '../../scripts/n8n-host/install';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import { buildIfNeeded } from '../../scripts/start/build';
import { terminalProgress } from '../../scripts/start/terminal';

/** Once before all end-to-end tests: the package as it is now, and the n8n that loads it. */
export async function setup(): Promise<void> {
	await buildIfNeeded(join(REPOSITORY_FOLDER, '.run', 'build.txt'));
	await ensureN8nHost(terminalProgress());
}
