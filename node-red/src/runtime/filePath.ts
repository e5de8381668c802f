/** Where a file lies that a node or a message names. */
import path from 'node:path';
import type { NodeAPI } from 'node-red';

/**
 * Relative names lie where the settings put the files of Node-RED's own nodes; where they do not, beside the flows, for
 * the folder that Node-RED was started in is anywhere. The slash that marks a folder is kept.
 */
export function filePath(RED: NodeAPI, name: string): string {
	const settings = RED.settings as unknown as { fileWorkingDirectory?: string; userDir?: string };
	const base = settings.fileWorkingDirectory ?? settings.userDir ?? process.cwd();
	const resolved = path.resolve(base, name);
	return /[\\/]$/.test(name) ? `${resolved}${path.sep}` : resolved;
}
