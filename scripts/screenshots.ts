/**
 * Takes the documents' pictures from the real editors: `npm run screenshots` [-- <folder>]
 * Every workflow runs before its picture is taken, so that it shows what a run looks like.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { explain } from './n8n-host/problem';
import { REPOSITORY_FOLDER } from './repository';
import { takeGallery } from './screenshots/gallery';
import { takeFlows } from './screenshots/nodeRedFlows';
import { openBrowser } from './screenshots/browser';
import { Editor } from './screenshots/editor';
import { readExamples } from './start/examples';
import { startMainJob } from './start/mainJob';
import { terminalProgress } from './start/terminal';

async function main(): Promise<void> {
	const folder = resolve(process.argv[2] ?? join(REPOSITORY_FOLDER, 'docs', 'images'));
	await mkdir(folder, { recursive: true });
	const stateFolder = await mkdtemp(join(tmpdir(), 'text-to-video-screenshots-'));
	const started = await startMainJob(
		{ once: false, help: false, port: 0, executorPort: 0, stateFolder },
		terminalProgress(),
	);
	const browser = await openBrowser();
	try {
		const editor = await Editor.open(browser, started.n8n.openUrl);
		const [first] = await readExamples();
		await editor.openWorkflow(first?.id ?? '');
		await editor.execute('Write the video to disk');
		await editor.picture(join(folder, 'editor.png'));
		await editor.openNode('Text to Video');
		await editor.picture(join(folder, 'panel-local-gpu.png'));
		await editor.choose('provider', 'Novita');
		await editor.picture(join(folder, 'panel-novita.png'));
		await started.stop();
		await takeGallery(browser, join(folder, 'examples'));
		await takeFlows(browser, join(folder, 'flows'));
	} finally {
		await browser.close();
		await started.stop();
		await rm(stateFolder, { recursive: true, force: true });
	}
	console.log(`The pictures are in ${folder}`);
}

main().then(
	() => process.exit(0),
	(error: unknown) => {
		console.error(explain(error));
		process.exit(1);
	},
);
