import { readFileSync } from 'node:fs';

/** A file of the page; beside this file in the repository, beside the bundle in the published package. */
export const pageFile = (name: string): string =>
	readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
