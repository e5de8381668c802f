import { readFileSync } from 'node:fs';

/** Of this package; `package.json` lies one folder above, in the repository as in the published package. */
export const version: string = (
	JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
		version: string;
	}
).version;
