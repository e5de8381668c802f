import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_NAME, REPOSITORY_FOLDER } from '../repository';
import { Problem } from './problem';

/**
 * Puts the built package where n8n looks for community packages. A copy, not a link: through a
 * link Node would resolve `n8n-workflow` and `zod` in this repository's node_modules, where a
 * user's n8n has its own copies of both.
 */
export async function installPackageInto(userFolder: string): Promise<void> {
	if (!existsSync(join(REPOSITORY_FOLDER, 'dist', 'nodes')))
		throw new Problem(
			`The package is not built: there is no ${join(REPOSITORY_FOLDER, 'dist')}.`,
			'Run "npm run build".',
		);
	const target = join(userFolder, '.n8n', 'nodes', 'node_modules', PACKAGE_NAME);
	await rm(target, { recursive: true, force: true });
	await mkdir(target, { recursive: true });
	for (const part of ['package.json', 'dist'])
		await cp(join(REPOSITORY_FOLDER, part), join(target, part), { recursive: true });
}
