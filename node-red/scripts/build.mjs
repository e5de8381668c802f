/**
 * Builds the package: runtime by tsc into dist/, the editor's one script, with the providers' data, by esbuild into
 * resources/, and
 * the files that Node-RED wants beside each node (html, locales with the providers' words, icons).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const inRoot = (...parts) => path.join(root, ...parts);
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

rmSync(inRoot('dist'), { recursive: true, force: true });
rmSync(inRoot('resources'), { recursive: true, force: true });
const tsc = require.resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', inRoot('tsconfig.json')], { stdio: 'inherit' });

const beside = inRoot('dist/node-red/nodes');
for (const folder of ['locales', 'icons']) {
	cpSync(inRoot('nodes', folder), path.join(beside, folder), { recursive: true });
}
for (const name of Object.keys(readJson(inRoot('package.json'))['node-red'].nodes)) {
	const html = readFileSync(inRoot('nodes', `${name}.html`), 'utf8');
	writeFileSync(path.join(beside, `${name}.html`), withSharedRows(html));
}

const { catalogueOf } = require(inRoot('dist/node-red/src/i18n/catalogue.js'));
for (const file of readdirSync(inRoot('i18n'))) {
	const language = path.basename(file, '.json');
	const target = path.join(beside, 'locales', language, 'text-to-video-account.json');
	const words = catalogueOf(readJson(inRoot('i18n', file)));
	writeFileSync(target, JSON.stringify({ ...readJson(target), words }));
}

const { editorProviders } = require(inRoot('dist/node-red/src/input/editorData.js'));
buildSync({
	entryPoints: [inRoot('editor/index.ts')],
	outfile: inRoot('resources/editor.js'),
	bundle: true,
	format: 'iife',
	globalName: 'TextToVideo',
	target: 'es2020',
	banner: { js: `var textToVideoProviders = ${JSON.stringify(editorProviders())};` },
});

/** Rows that several dialogs have stand once, in `nodes/rows/`; a dialog names them where they belong. */
function withSharedRows(html) {
	return html.replace(/[ \t]*<!-- rows: ([\w-]+) -->\n/g, (_comment, name) =>
		readFileSync(inRoot('nodes/rows', `${name}.html`), 'utf8'),
	);
}
