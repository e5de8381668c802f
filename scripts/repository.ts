import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of this repository. */
export const REPOSITORY_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));

/** The name under which n8n loads this package, and the first part of its node types' names. */
export const PACKAGE_NAME = 'n8n-nodes-text-to-video';

/** Where the pinned n8n is declared (package.json and lock). */
export const N8N_HOST_FOLDER = join(REPOSITORY_FOLDER, 'n8n-host');

/** Where the oldest n8n that this package supports is declared. */
export const OLDEST_N8N_HOST_FOLDER = join(N8N_HOST_FOLDER, 'oldest');
