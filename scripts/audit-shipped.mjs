// Known holes in what the three published packages bring along, asked of the npm registry: `npm run audit:shipped`.
// Exits 1 where there are any, and 2 where the registry does not answer such questions (mirrors often do not): then
// nothing was checked.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { name, workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const codes = [
	[name, '--workspaces=false'],
	...workspaces.map((folder) => [folder, `--workspace=${folder}`]),
].map(([title, which]) => audit(title, which));
process.exitCode = codes.includes(2) ? 2 : Math.max(...codes);

function audit(title, which) {
	const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', which], {
		cwd: root,
		encoding: 'utf8',
		shell: process.platform === 'win32',
	});
	const report = parsed(stdout);
	const counts = report?.metadata?.vulnerabilities;
	if (!counts) {
		const why = report?.message ?? report?.error?.summary ?? 'no answer';
		console.error(`${title}: not checked, the registry does not answer audits (${why})`);
		return 2;
	}
	console.log(`${title}: ${counts.total} known vulnerabilities`);
	for (const hole of Object.values(report.vulnerabilities ?? {})) {
		console.log(`  ${hole.name} ${hole.range}: ${hole.severity}`);
	}
	return counts.total > 0 ? 1 : 0;
}

function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
