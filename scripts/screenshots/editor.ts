import type { Browser, Page } from 'playwright-core';

const VIEWPORT = { width: 1440, height: 900 };
/** Animations of the canvas and the panel end within this time. */
const SETTLE_MS = 800;
const RUN_LIMIT_MS = 120_000;

/** n8n's editor in a browser, signed in. */
export class Editor {
	private constructor(readonly page: Page) {}

	/**
	 * @param openUrl the link that signs in
	 * @param isDark whether the editor shows its dark theme
	 */
	static async open(browser: Browser, openUrl: string, isDark = false): Promise<Editor> {
		const context = await browser.newContext({
			viewport: VIEWPORT,
			colorScheme: isDark ? 'dark' : 'light',
		});
		const page = await context.newPage();
		await page.goto(openUrl, { waitUntil: 'domcontentloaded' });
		return new Editor(page);
	}

	/** Opens a workflow and shows all of it. */
	async openWorkflow(id: string): Promise<void> {
		const { origin } = new URL(this.page.url());
		await this.page.goto(`${origin}/workflow/${id}`, { waitUntil: 'domcontentloaded' });
		await this.page.getByTestId('canvas-node').first().waitFor();
		await this.page.keyboard.press('1');
		await this.settle();
	}

	/** Presses "Execute workflow" and waits until every node has its green tick. */
	async execute(): Promise<void> {
		const nodes = await this.page.getByTestId('canvas-node').count();
		await this.page.getByTestId('execute-workflow-button').first().click();
		await this.page
			.getByTestId('canvas-node-status-success')
			.nth(nodes - 1)
			.waitFor({ timeout: RUN_LIMIT_MS });
		await this.settle();
	}

	/** Opens a node's panel by a double click, as a person does. */
	async openNode(name: string): Promise<void> {
		await this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`).dblclick();
		await this.page.getByTestId('parameter-input').first().waitFor();
		await this.settle();
	}

	async closeNode(): Promise<void> {
		await this.page.keyboard.press('Escape');
		await this.settle();
	}

	/** Chooses an option of a drop-down parameter by its shown name. */
	async choose(parameter: string, option: string): Promise<void> {
		await this.page.getByTestId(`parameter-input-${parameter}`).locator('input').click();
		await this.page.getByRole('option', { name: option }).first().click();
		await this.settle();
	}

	/** Writes a PNG of what a person sees, or of one part of it. */
	async picture(file: string, selector?: string): Promise<void> {
		if (selector) await this.page.locator(selector).first().screenshot({ path: file });
		else await this.page.screenshot({ path: file });
	}

	private async settle(): Promise<void> {
		await this.page.waitForTimeout(SETTLE_MS);
	}
}
