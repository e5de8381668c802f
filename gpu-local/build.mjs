// Bundles the server, with providers/ and jobs/ in it, into dist/; npm packages stay outside.
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');

rmSync(dist, { recursive: true, force: true });
await build({
	entryPoints: {
		cli: join(here, 'src/cli.ts'),
		'preview-thread': join(here, 'src/engines/preview/thread.ts'),
	},
	outdir: dist,
	bundle: true,
	format: 'esm',
	platform: 'node',
	target: 'node22.12',
	packages: 'external',
	logLevel: 'warning',
	legalComments: 'none',
});
cpSync(join(here, 'src/page'), join(dist, 'page'), { recursive: true });
