import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The heavy tests run what is published. */
export default function build(): void {
	execFileSync(process.execPath, [fileURLToPath(new URL('../../build.mjs', import.meta.url))]);
}
