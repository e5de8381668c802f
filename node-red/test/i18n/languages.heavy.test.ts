/** What a person reads in the real editor, in each language: palette, dialog, fields and help; one of them in the older version. */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Editor } from '../support/editor';
import type { Version } from '../support/helper';
import { installed, packed } from '../support/package';
import { startNodeRed, type NodeRed } from '../support/server';

const versions: Version[] = ['node-red', 'node-red-4'];
const TYPES = ['text-to-video', 'text-to-video-result', 'text-to-video-webhook'];
const at = (file: string) => readFile(path.join(import.meta.dirname, '../..', file), 'utf8');
const blankless = (text: string | null) => (text ?? '').replace(/\s+/g, '');

describe.each(versions)('the languages of %s', (version) => {
	let red: NodeRed;
	let userDir: string;

	beforeAll(async () => {
		userDir = await installed((await packed()).folder);
		red = await startNodeRed(version, userDir);
		await red.deploy([
			{ id: 'tab', type: 'tab', label: 'Text to Video' },
			{ id: 'account', type: 'text-to-video-account', provider: 'localGpu' },
			{
				...{ id: 'node', type: 'text-to-video', z: 'tab', account: 'account', fields: {} },
				...{ x: 300, y: 100, wires: [[]] },
			},
		]);
	}, 300_000);
	afterAll(async () => {
		await red?.stop();
		await rm(userDir, { recursive: true, force: true });
	});

	const languages = version === 'node-red' ? ['en-US', 'de', 'ja', 'zh-CN'] : ['ja'];
	it.each(languages)('%s: everything is in it', async (language) => {
		const { editor: texts } = JSON.parse(
			await at(`nodes/locales/${language}/text-to-video-account.json`),
		) as { editor: Record<string, string> };
		const words = JSON.parse(
			language === 'en-US' ? '{}' : await at(`i18n/${language}.json`),
		) as Record<string, string>;
		const editor = await Editor.open(red.url, `${version}-${language}`, language);
		try {
			for (const type of TYPES) {
				const catalogue = JSON.parse(await at(`nodes/locales/${language}/${type}.json`)) as Record<
					string,
					{ palette: string }
				>;
				const label = editor.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
				expect(blankless(await label.textContent())).toBe(blankless(catalogue[type]!.palette));
				const [, start] = /<p>([^<]+)/.exec(await at(`nodes/locales/${language}/${type}.html`))!;
				expect(blankless(await editor.help(type))).toContain(blankless(start!));
			}
			await editor.edit('node');
			const dialog = editor.page.locator('.red-ui-tray-body');
			for (const key of ['account', 'output', 'more']) {
				expect(await dialog.textContent()).toContain(texts[key]);
			}
			for (const word of ['Prompt', 'Negative Prompt', 'What the video should not show.']) {
				expect(await dialog.textContent()).toContain(words[word] ?? word);
			}
			// A node that another tool wrote, with nothing in it but an account.
			expect(await editor.page.inputValue('#node-input-mode')).toBe('wait');
			expect(await editor.page.inputValue('#node-input-output')).toBe('job');
			await editor.picture('dialog');
			await editor.leave('cancel');
			expect(editor.faults).toEqual([]);
		} finally {
			await editor.close();
		}
	});
});
