/** A picture of every example flow in a real Node-RED. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { FlowNode } from '../../node-red/test/support/helper';
import { installed, packed } from '../../node-red/test/support/package';
import { startNodeRed } from '../../node-red/test/support/server';
import { REPOSITORY_FOLDER } from '../repository';

const FLOWS_FOLDER = join(REPOSITORY_FOLDER, 'node-red', 'examples');
/** Pixels around the outermost nodes. */
const MARGIN = 40;
/** The editor draws its nodes within this time. */
const SETTLE_MS = 800;

/** The example flows for Node-RED, in the order of their numbers. */
export const flowFileNames = async (): Promise<string[]> =>
	(await readdir(FLOWS_FOLDER))
		.filter((name) => name.endsWith('.json'))
		.sort((one, other) => parseInt(one, 10) - parseInt(other, 10));

/** `1 - Make a video.json` becomes `1-make-a-video.png`: a name that needs no escape in an address. */
export const flowPictureName = (fileName: string): string =>
	`${fileName
		.replace(/\.json$/, '')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')}.png`;

export async function takeFlows(browser: Browser, folder: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	const userFolder = await installed((await packed()).folder);
	const red = await startNodeRed('node-red', userFolder);
	const page = await browser.newPage({ viewport: { width: 1800, height: 900 } });
	try {
		for (const name of await flowFileNames()) {
			const flow = JSON.parse(await readFile(join(FLOWS_FOLDER, name), 'utf8')) as FlowNode[];
			await red.deploy(flow);
			await page.goto(red.url);
			await page.locator('.red-ui-flow-node').first().waitFor();
			await page.addStyleTag({ content: '.red-ui-notification { display: none !important; }' });
			await page.waitForTimeout(SETTLE_MS);
			const path = join(folder, flowPictureName(name));
			await page.screenshot({ path, clip: await extentOf(page) });
		}
	} finally {
		await page.close();
		await red.stop();
		await rm(userFolder, { recursive: true, force: true });
	}
}

/** The part of the page that the nodes take, and a margin that stays on the sheet. */
async function extentOf(page: Page) {
	const boxesOf = async (selector: string) =>
		await page
			.locator(selector)
			.evaluateAll((elements) =>
				elements.map((element) => element.getBoundingClientRect().toJSON()),
			);
	const [sheet] = await boxesOf('#red-ui-workspace-chart');
	const nodes = await boxesOf('.red-ui-flow-node:visible');
	const x = Math.max(sheet.left, Math.min(...nodes.map(({ left }) => left)) - MARGIN);
	const y = Math.max(sheet.top, Math.min(...nodes.map(({ top }) => top)) - MARGIN);
	const right = Math.max(...nodes.map((node) => node.right)) + MARGIN;
	const bottom = Math.max(...nodes.map((node) => node.bottom)) + MARGIN;
	return { x, y, width: right - x, height: bottom - y };
}
