import type { Browser, Locator, Page } from 'playwright-core';
import type { WorkflowJson } from '../n8n-host/rest';

const VIEWPORT = { width: 1440, height: 900 };
/** Animations of the canvas and the panel end within this time. */
const SETTLE_MS = 800;
const RUN_LIMIT_MS = 120_000;
/** Nearly as wide as a README, so that the notes can be read. */
const CANVAS_WIDTH = 1100;
/** Pixels above and below the canvas. */
const HEADER_AND_LOGS = 100;
/** Pixels that a node and its label take on the canvas. */
const NODE_SIZE = { width: 160, height: 150 };
/** Pixels under the nodes, and as many above, for a connection that goes back. */
const LOOP_HEIGHT = 160;
/** Hides what lies over the canvas (buttons, switches, messages) and the dots under it, half of a picture's bytes. */
const BARE_CANVAS = `
	[data-test-id=canvas-background], [data-test-id=canvas-controls], [data-test-id=execute-workflow-button], [data-test-id=workflow-chat-button],
	:has(> * > [data-test-id=radio-button-workflow]), :has(> [data-test-id=radio-button-workflow]),
	[data-test-id=node-creator-plus-button], [data-test-id=command-bar-button], [data-test-id=add-sticky-button],
	[data-test-id=toggle-focus-panel-button], .el-notification { visibility: hidden !important; }`;

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

	/** Presses "Execute workflow" and waits until the last step has its green tick. */
	async execute(lastStep: string): Promise<void> {
		await this.startListening();
		await this.untilDone(lastStep);
	}

	/** Presses "Execute workflow", which lets a webhook trigger wait for its first event. */
	async startListening(): Promise<void> {
		await this.page.getByTestId('execute-workflow-button').first().click();
		await this.settle();
	}

	async untilDone(step: string): Promise<void> {
		await this.node(step)
			.getByTestId('canvas-node-status-success')
			.first()
			.waitFor({ timeout: RUN_LIMIT_MS });
		await this.settle();
	}

	/** Says something in the chat of a workflow that starts with it, and waits for the answer. */
	async chat(words: string, lastStep: string): Promise<void> {
		await this.page.getByTestId('workflow-chat-button').click();
		const input = this.page.getByPlaceholder(/^Type message/);
		await input.fill(words);
		await input.press('Enter');
		await this.untilDone(lastStep);
		await this.page.getByTestId('workflow-chat-button').click();
		await this.settle();
	}

	/** Opens a node's panel by a double click, as a person does. */
	async openNode(name: string): Promise<void> {
		await this.node(name).dblclick();
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

	/** Writes a PNG of the whole workflow without the editor around it, as large as a page shows it well. */
	async canvasPicture(file: string, workflow: WorkflowJson): Promise<void> {
		const { width, height } = extentOf(workflow);
		const canvasHeight = Math.round((CANVAS_WIDTH * height) / width);
		await this.page.addStyleTag({ content: BARE_CANVAS });
		await this.page.setViewportSize({
			width: CANVAS_WIDTH,
			height: Math.min(Math.max(canvasHeight, 360), 900) + HEADER_AND_LOGS,
		});
		await this.page.mouse.move(5, 5);
		await this.settle();
		await this.page.keyboard.press('1');
		await this.settle();
		await this.page.getByTestId('canvas-wrapper').screenshot({ path: file });
		await this.page.setViewportSize(VIEWPORT);
	}

	private node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	private async settle(): Promise<void> {
		await this.page.waitForTimeout(SETTLE_MS);
	}
}

type Connections = Record<string, { main?: Array<Array<{ node: string }> | null> }>;

/** How much of the canvas a workflow takes. */
function extentOf({ nodes, connections }: WorkflowJson): { width: number; height: number } {
	const xOf = (name: string) => nodes.find((node) => node.name === name)?.position[0] ?? 0;
	const goesBack = Object.entries(connections as Connections).some(([from, { main = [] }]) =>
		main.flat().some((to) => to && xOf(to.node) < xOf(from)),
	);
	const boxes = nodes.map(({ position: [x, y], parameters }) => ({
		x,
		y,
		right: x + Number(parameters.width ?? NODE_SIZE.width),
		bottom: y + Number(parameters.height ?? NODE_SIZE.height),
	}));
	return {
		width: Math.max(...boxes.map(({ right }) => right)) - Math.min(...boxes.map(({ x }) => x)),
		height:
			Math.max(...boxes.map(({ bottom }) => bottom)) -
			Math.min(...boxes.map(({ y }) => y)) +
			(goesBack ? LOOP_HEIGHT : 0),
	};
}
