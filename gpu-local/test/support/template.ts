import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TEMPLATE_NAME } from '../../src/db/pglite/template.ts';
import { makeTemplate } from '../../src/makeTemplate.ts';

const DIST = join(import.meta.dirname, '..', '..', 'dist');

/** Once for all test runs: every server of a test begins with a new database. */
export default async function setup(): Promise<void> {
	if (!existsSync(join(DIST, TEMPLATE_NAME))) await makeTemplate(DIST);
}
