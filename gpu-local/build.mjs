// Bundles the server, with providers/ and jobs/ in it, into dist/; npm packages stay outside.
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');

rmSync(dist, { recursive: true, force: true });
await build({
	entryPoints: {
		cli: join(here, 'src/cli.ts'),
		'preview-thread': join(here, 'src/engines/preview/thread.ts'),
		'database-thread': join(here, 'src/db/pglite/thread.ts'),
		'make-template': join(here, 'src/makeTemplate.ts'),
	},
	outdir: dist,
	bundle: true,
	// What a command does not need is not loaded.
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node22.12',
	packages: 'external',
	logLevel: 'warning',
	legalComments: 'none',
});
cpSync(join(here, 'src/page'), join(dist, 'page'), {
	recursive: true,
	filter: (path) => !path.endsWith('.d.ts'),
});

// Beside the bundle, because it opens the database's thread from there; then it has done its work.
const makeTemplate = join(dist, 'make-template.js');
await (await import(pathToFileURL(makeTemplate).href)).makeTemplate(dist);
rmSync(makeTemplate);
