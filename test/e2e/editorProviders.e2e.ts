/** The real editor in a real browser: every provider from the node panel to the played video. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../../providers/registry';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import { openBrowser } from '../../scripts/screenshots/browser';
import { Editor } from '../../scripts/screenshots/editor';
import { smallValues } from '../simulators/client';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { EditorPanel } from '../support/editorPanel';
import { N8nServer } from '../support/n8nServer';

/** Where the pictures of every panel go, and of what was on the screen when a test failed. */
const PICTURES = join(REPOSITORY_FOLDER, '.run', 'editor');
const PROMPT = 'A fox in the snow';

let sim: Simulator;
let n8n: N8nServer;
let browser: Browser;
let editor: Editor;
let panel: EditorPanel;
/** The names of the accounts that were made in the dialog, by credential type. */
const accounts = new Map<string, string>();

beforeAll(async () => {
	await mkdir(PICTURES, { recursive: true });
	sim = await startSimulator({ ...WITHOUT_LIMITS, localGpuNeedsKey: true });
	n8n = await N8nServer.start();
	browser = await openBrowser();
	editor = await Editor.open(browser, n8n.openUrl);
	panel = new EditorPanel(editor.page);
});
afterAll(async () => {
	await browser?.close();
	await n8n?.dispose();
	await sim?.close();
});
afterEach(async ({ task }) => {
	if (task.result?.state === 'fail')
		await editor.picture(join(PICTURES, `failed-${task.name.replace(/\W+/g, '-')}.png`));
});

describe.each(providers)('$title', (provider) => {
	it('is chosen, connected, filled in, run, and its video is played in the output', async () => {
		await panel.startWith('Text to Video');
		await panel.choose('provider', provider.title);
		await expect
			.poll(async () => await panel.credentialLabels(), { timeout: 20_000 })
			.toEqual([`Credential for ${provider.account.title}`]);

		const account = accounts.get(provider.credential);
		if (account) await panel.takeCredential(account);
		else accounts.set(provider.credential, await makeAccount());
		await panel.fillMainFields(provider, smallValues(provider, PROMPT));
		await editor.picture(join(PICTURES, `panel-${provider.id}.png`));
		const earlier = sim.book.jobs.length;
		await panel.executeForFile();

		expect(await panel.playVideo()).toEqual({ width: 64, height: 64, playedSeconds: 1 });
		const [job, ...more] = sim.book.jobs.slice(earlier);
		expect(more).toEqual([]);
		expect(job?.provider).toBe(provider.id);
		expect(JSON.stringify(job?.request)).toContain(PROMPT);
	});
});

/** A wrong key first, as happens when one is copied; then the right one. */
async function makeAccount(): Promise<string> {
	await panel.newCredential();
	const dialog = editor.page.getByTestId('editCredential-modal');
	const name = await dialog.getByTestId('inline-edit-preview').innerText();
	await panel.type('baseUrl', sim.url);
	await panel.type('apiKey', 'not-the-key');
	await panel.saveCredential();
	await dialog.getByText('Couldn’t connect with these settings').waitFor();
	await panel.type('apiKey', sim.key);
	await panel.saveCredential();
	await panel.credentialTaken();
	return name;
}
