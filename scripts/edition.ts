/**
 * Builds a package that speaks to one service, from the same sources: `npm run edition -- <account> [<folder>]`.
 * The list of providers holds those of that account alone, and only the files that are then reached are compiled.
 */
import { execFileSync } from 'node:child_process';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import type { Provider } from '../providers/contract';
import { providers } from '../providers/registry';
import { PACKAGE_NAME, REPOSITORY_FOLDER } from './repository';

interface Manifest {
	[key: string]: unknown;
	name: string;
	keywords: string[];
	n8n: { nodes: string[]; credentials: string[] };
}

type Exports = Record<string, Provider | undefined>;

const require = createRequire(import.meta.url);

const SOURCES = ['providers', 'jobs', 'nodes', 'credentials'];
const REGISTRY = join('providers', 'registry.ts');
const CATALOGUES = join('providers', 'catalogue', 'data');
/** What people search for that belongs to one service. */
const SERVICE_WORDS = ['Stable Diffusion', 'Novita', 'PixVerse', 'GPU', 'ModelsLab', 'AI/ML API'];

/** `textToVideoStableDiffusionApi` → `stableDiffusion` */
const accountOf = ({ credential }: Provider): string => {
	const name = credential.replace(/^textToVideo/, '').replace(/Api$/, '');
	return name[0]!.toLowerCase() + name.slice(1);
};

const kebab = (account: string): string =>
	account.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function main([account, given]: string[]): void {
	const accounts = [...new Set(providers.map(accountOf))];
	if (!account || !accounts.includes(account)) {
		throw new Error(`Which account? One of ${accounts.join(', ')}.`);
	}
	const editions = join(REPOSITORY_FOLDER, '.run', 'editions');
	mkdirSync(editions, { recursive: true });
	// Inside the repository, whose modules the compiler finds there.
	const folder = mkdtempSync(join(editions, `${account}-`));
	try {
		const name = build(account, folder);
		const place = resolve(given ?? join(editions, account));
		rmSync(place, { recursive: true, force: true });
		cpSync(folder, place, { recursive: true });
		console.log(`${name} is in ${place}`);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** @returns the name of the package */
function build(account: string, folder: string): string {
	const kept = providers.filter((provider) => accountOf(provider) === account);
	for (const name of SOURCES) {
		cpSync(join(REPOSITORY_FOLDER, name), join(folder, name), { recursive: true });
	}
	const services = keepInRegistry(folder, kept);
	emptyCatalogues(folder, services);

	const manifest = manifestOf(kept, `${PACKAGE_NAME}-${kebab(account)}`);
	const { nodes, credentials } = manifest.n8n;
	for (const path of nodes) rename(folder, sourceOf(path), kept, manifest.name);
	writeJson(folder, 'package.json', manifest);
	for (const path of readManifest().n8n.nodes.filter((each) => !nodes.includes(each))) {
		rmSync(join(folder, dirname(sourceOf(path))), { recursive: true });
	}
	for (const path of readManifest().n8n.credentials.filter((each) => !credentials.includes(each))) {
		rmSync(join(folder, sourceOf(path)));
	}
	const { compilerOptions } = readJson('tsconfig.json');
	writeJson(folder, 'tsconfig.json', {
		compilerOptions: { ...(compilerOptions as object), types: [] },
		files: [
			...[...nodes, ...credentials].map(sourceOf),
			...nodes.map((path) => sourceOf(path).replace(/\.ts$/, '.json')),
		],
	});
	writeFileSync(join(folder, 'README.md'), readmeOf(kept, manifest.name));
	cpSync(join(REPOSITORY_FOLDER, 'LICENSE'), join(folder, 'LICENSE'));
	cpSync(join(REPOSITORY_FOLDER, 'CHANGELOG.md'), join(folder, 'CHANGELOG.md'));
	const compile = join(REPOSITORY_FOLDER, 'scripts', 'build.mjs');
	execFileSync(process.execPath, [compile, folder], { stdio: 'inherit' });
	return manifest.name;
}

const sourceOf = (built: string): string => built.replace(/^dist\//, '').replace(/\.js$/, '.ts');

const readJson = (name: string) =>
	JSON.parse(readFileSync(join(REPOSITORY_FOLDER, name), 'utf8')) as Record<string, unknown>;

const readManifest = (): Manifest => readJson('package.json') as Manifest;

const writeJson = (folder: string, name: string, value: object): void =>
	writeFileSync(join(folder, name), `${JSON.stringify(value, null, '\t')}\n`);

/** @returns the names of the services' folders that stay */
function keepInRegistry(folder: string, kept: Provider[]): Set<string> {
	const text = readFileSync(join(REPOSITORY_FOLDER, REGISTRY), 'utf8');
	const imports = [...text.matchAll(/^import \{([^}]+)\} from '\.\/([^']+)';$/gm)].map(
		([, names, path]) => {
			const exported = require(join(REPOSITORY_FOLDER, 'providers', path!)) as Exports;
			const stay = names!
				.split(',')
				.map((name) => name.trim())
				.filter((name) => kept.some(({ id }) => id === exported[name]?.id));
			return { path: path!, stay };
		},
	);
	const reached = imports.filter(({ stay }) => stay.length > 0);
	const names = reached.flatMap(({ stay }) => stay);
	const end = /^export function providerById[^]+/m.exec(text)?.[0];
	if (names.length !== kept.length || !end) throw new Error(`${REGISTRY} is written otherwise`);
	const lines = [
		"import type { Provider } from './contract';",
		...reached.map(({ path, stay }) => `import { ${stay.join(', ')} } from './${path}';`),
		`\nexport const providers: readonly Provider[] = [${names.join(', ')}];\n`,
	];
	writeFileSync(join(folder, REGISTRY), `${lines.join('\n')}\n${end}`);
	return new Set(reached.map(({ path }) => path.split('/')[0]!));
}

/** What the catalogue holds of other services. A service's models lie under the name of its folder. */
function emptyCatalogues(folder: string, services: Set<string>): void {
	for (const file of readdirSync(join(folder, CATALOGUES))) {
		const path = join(CATALOGUES, file);
		const data = readJson(path);
		if (!Array.isArray(data.models) || services.has(basename(file, '.json'))) continue;
		writeJson(folder, path, { ...data, firstChoices: [], models: [] });
	}
}

function manifestOf(kept: Provider[], name: string): Manifest {
	const whole = readManifest();
	const [{ account, credential }] = kept as [Provider];
	const callsBack = kept.some(({ capabilities }) => capabilities.callback);
	const { scripts, workspaces, devDependencies, ...manifest } = whole;
	return {
		...manifest,
		name,
		description: `Text to Video for n8n by ${account.title}, without paying twice or losing a job`,
		keywords: ['n8n-community-node-package', 'n8n', 'text-to-video', 'video-generation'],
		n8n: {
			...whole.n8n,
			nodes: whole.n8n.nodes.filter((path) => callsBack || !/Trigger/.test(path)),
			credentials: whole.n8n.credentials.filter((path) =>
				path.toLowerCase().endsWith(`/${credential.toLowerCase()}.credentials.js`),
			),
		},
	};
}

/** The node belongs to the package of its own name, and is not found by the names of other services. */
function rename(folder: string, source: string, kept: Provider[], name: string): void {
	const path = join(folder, source);
	const text = readFileSync(path, 'utf8');
	writeFileSync(path, text.replaceAll(`'${PACKAGE_NAME}.`, `'${name}.`));
	const codexPath = source.replace(/\.ts$/, '.json');
	const codex = readJson(codexPath) as { node: string; alias: string[] };
	const others = providers.filter((provider) => !kept.includes(provider));
	const foreign = [...SERVICE_WORDS, ...others.map(({ account }) => account.title)].filter(
		(word) => !kept.some(({ title, account }) => `${title} ${account.title}`.includes(word)),
	);
	writeJson(folder, codexPath, {
		...codex,
		node: codex.node.replace(PACKAGE_NAME, name),
		alias: codex.alias.filter((word) => !foreign.includes(word)),
	});
}

const readmeOf = (
	kept: Provider[],
	name: string,
): string => `# Text to Video by ${kept[0]!.account.title}, for n8n

Drop a **Text to Video** node into a workflow, write a prompt, and the next step gets a video. No job is paid twice, none
is lost. This package speaks to ${kept[0]!.account.title} alone; it is built from
[n8n-nodes-text-to-video](https://github.com/text-to-video/n8n-nodes-text-to-video), which speaks to several services.

## Install

**Settings → Community nodes → Install**, then \`${name}\`.

## What it makes videos with

${kept.map(({ title, description }) => `- ${title}${description ? `: ${description}` : ''}`).join('\n')}

Make a credential of the type _Text to Video: ${kept[0]!.account.title}_ with your key. Every field of the service's documents is in the
node, by its own name: [the list of fields](https://github.com/text-to-video/n8n-nodes-text-to-video/blob/main/docs/fields.md).

## Licence

MIT
`;

main(process.argv.slice(2));
