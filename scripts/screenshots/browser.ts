import { existsSync } from 'node:fs';
import { chromium, selectors, type Browser } from 'playwright-core';
import { Problem } from '../n8n-host/problem';

const CANDIDATES = [
	process.env.CHROMIUM_PATH,
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
	'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Without these a headless Chromium as root, or without a network, starts slowly or not at all. */
const QUIET_ARGUMENTS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

/** The machine's own Chromium or Chrome, without a window. */
export async function openBrowser(): Promise<Browser> {
	const executablePath = CANDIDATES.find((path) => path && existsSync(path));
	if (!executablePath)
		throw new Problem(
			'There is no Chromium on this machine.',
			'Install one (on Debian or Ubuntu "sudo apt-get install -y chromium"), or name it in CHROMIUM_PATH.',
		);
	// n8n's own name for the attribute that its tests go by.
	selectors.setTestIdAttribute('data-test-id');
	return await chromium.launch({ executablePath, headless: true, args: QUIET_ARGUMENTS });
}
