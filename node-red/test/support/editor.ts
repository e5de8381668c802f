/** The real editor in a browser, used as a person uses it: by mouse and keyboard. */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { waitFor } from './server';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
	...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
	...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Where the pictures go for someone to look at. */
const PICTURES = process.env.PICTURES ?? path.join(tmpdir(), 'text-to-video-editor');

export interface AccountInput {
	provider?: string;
	apiKey?: string;
	baseUrl?: string;
	callbackBaseUrl?: string;
	webhookSecret?: string;
}

interface EditorWindow {
	$(selector: string): { length: number };
	RED: {
		nodes: {
			node(id: string): { valid: boolean } | null;
			filterNodes(filter: { type: string }): Array<{ id: string }>;
			getNodeHelp(type: string): string;
			filterLinks(filter: { source: { id: string }; target: { id: string } }): unknown[];
		};
	};
}

export class Editor {
	/** Errors that the page threw. */
	readonly faults: string[] = [];

	private constructor(
		readonly page: Page,
		private readonly browser: Browser,
		private readonly name: string,
	) {
		// Less than a test has, so that it is the step that is told of.
		page.setDefaultTimeout(60_000);
		page.on('pageerror', (error) => this.faults.push(error.message));
	}

	/** @param name in front of its pictures' names */
	static async open(url: string, name: string, language = 'en-US'): Promise<Editor> {
		await mkdir(PICTURES, { recursive: true });
		const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
		const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
		const editor = new Editor(page, browser, name);
		await page.addInitScript((code) => localStorage.setItem('editor-language', code), language);
		await page.goto(url);
		await page.waitForSelector('.red-ui-flow-node');
		await page.waitForSelector('.red-ui-palette-node');
		await page.waitForTimeout(500);
		return editor;
	}

	close = async () => await this.browser.close();

	picture = async (name: string) =>
		void (await this.page.screenshot({ path: path.join(PICTURES, `${this.name}-${name}.png`) }));

	/** Takes a node out of the palette. @returns its id */
	async drop(type: string, x: number, y: number): Promise<string> {
		const ids = () =>
			this.page.evaluate(
				(wanted) =>
					(window as never as EditorWindow).RED.nodes
						.filterNodes({ type: wanted })
						.map(({ id }) => id),
				type,
			);
		const before = await ids();
		const item = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
		await item.scrollIntoViewIfNeeded();
		const from = (await item.boundingBox())!;
		const chart = (await this.page.locator('#red-ui-workspace-chart').boundingBox())!;
		await this.page.mouse.move(from.x + 40, from.y + 12);
		await this.page.mouse.down();
		await this.page.mouse.move(chart.x + x - 20, chart.y + y - 10, { steps: 8 });
		await this.page.mouse.move(chart.x + x, chart.y + y, { steps: 4 });
		await this.page.mouse.up();
		await waitFor(async () => (await ids()).length > before.length);
		return (await ids()).find((id) => !before.includes(id)) as string;
	}

	/** Draws a wire from the output of one node to the input of another. */
	async wire(from: string, to: string): Promise<void> {
		let obstacle: string | undefined;
		/** A mouse reaches only what lies on top. */
		const middle = async (id: string, side: 'input' | 'output') => {
			const { x, y, width, height } = (await this.port(id, side).boundingBox())!;
			const at = { x: x + width / 2, y: y + height / 2 };
			const onTop = await this.page.evaluate((point) => {
				const hit = document.elementFromPoint(point.x, point.y);
				return hit?.closest('.red-ui-flow-node-group')?.id ?? hit?.id ?? 'nothing';
			}, at);
			obstacle = onTop === id ? undefined : `The ${side} of ${id} lies under ${onTop}`;
			return [at.x, at.y] as const;
		};
		const isDrawn = () =>
			this.page.evaluate(
				([source, target]) =>
					(window as never as EditorWindow).RED.nodes.filterLinks({
						source: { id: source! },
						target: { id: target! },
					}).length > 0,
				[from, to],
			);
		// A node that is drawn anew in that moment moves its ports away from the mouse.
		const draw = async () => {
			await this.page.mouse.move(...(await middle(from, 'output')));
			if (obstacle) return false;
			await this.page.mouse.down();
			await this.page.mouse.move(...(await middle(to, 'input')), { steps: 12 });
			await this.page.mouse.up();
			return await isDrawn();
		};
		await waitFor(draw).catch((error: unknown) => {
			throw obstacle ? new Error(obstacle, { cause: error }) : error;
		});
	}

	private port = (id: string, side: 'input' | 'output') =>
		this.onChart(id).locator(`.red-ui-flow-port-${side} .red-ui-flow-port`);

	private onChart = (id: string) => this.page.locator(`[id="${id}"]`);

	/** The red triangle. */
	isMarked = async (id: string) =>
		await this.onChart(id).locator('.red-ui-flow-node-error').isVisible();

	async edit(id: string): Promise<void> {
		await this.onChart(id).locator('.red-ui-flow-node').first().dblclick();
		await this.page.waitForSelector('#node-dialog-ok', { state: 'visible' });
		await this.settled();
	}

	/** What the sidebar shows about a node. */
	help = async (type: string) =>
		await this.page.evaluate(
			(wanted) => (window as never as EditorWindow).RED.nodes.getNodeHelp(wanted),
			type,
		);

	async leave(button: 'ok' | 'cancel' = 'ok'): Promise<void> {
		await this.page.click(`#node-dialog-${button}`);
		await this.page.waitForSelector('#node-dialog-ok', { state: 'detached' });
		await this.settled();
	}

	/** In the dialog of a node: the plus or the pencil beside the account, then the account's own dialog. */
	async account(button: 'add' | 'edit', input: AccountInput): Promise<void> {
		await this.page.click(`#node-input-btn-account-${button}`);
		await this.page.waitForSelector('#node-config-dialog-ok', { state: 'visible' });
		await this.settled();
		const { provider, ...texts } = input;
		if (provider) await this.page.selectOption('#node-config-input-provider', provider);
		for (const [name, text] of Object.entries(texts)) {
			await this.page.fill(`#node-config-input-${name}`, text);
		}
	}

	async saveAccount(): Promise<void> {
		await this.page.click('#node-config-dialog-ok');
		await this.page.waitForSelector('#node-config-dialog-ok', { state: 'detached' });
		await this.settled();
	}

	/** The row of a field; inside a list, of the list's item. */
	row = (name: string, inside = '#ttv-fields'): Locator =>
		this.page.locator(`${inside} [data-field="${name}"]`).first();

	input = (name: string, inside?: string): Locator =>
		this.row(name, inside).locator('.red-ui-typedInput-input-wrap input').first();

	async fill(name: string, text: string, inside?: string): Promise<void> {
		const input = this.input(name, inside);
		await input.fill(text);
		await input.blur();
	}

	async deploy(): Promise<void> {
		const button = this.page.locator('#red-ui-header-button-deploy');
		// Node-RED asks whether nodes that are not complete yet shall be deployed all the same.
		const confirm = this.page.locator('.red-ui-notification button.primary');
		await button.click();
		await waitFor(async () => {
			if (await confirm.isVisible()) await confirm.click();
			return /\bdisabled\b/.test((await button.getAttribute('class')) ?? '');
		});
		await this.settled();
	}

	/** The button of an inject node. */
	press = async (id: string) =>
		await this.onChart(id).locator('.red-ui-flow-node-button-button').click();

	/** Dialogs slide in and out, and a busy machine is late with it. */
	async settled(): Promise<void> {
		await this.page.waitForTimeout(400);
		await this.page.waitForFunction(
			() => (window as never as EditorWindow).$(':animated').length === 0,
		);
	}
}
