/** The real editor in a browser: drop, choose, fill, check, deploy, run. Both versions, both themes. */
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../../providers/registry';
import { fieldsOf } from '../../providers/fields';
import { startSimulator, type Simulator } from '../../test/simulators/simulator';
import type { FlowNode, Version } from './support/helper';
import { installed, packed } from './support/package';
import { startNodeRed, waitFor, type NodeRed } from './support/server';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
	...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
	...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Where the pictures go for someone to look at. */
const PICTURES = process.env.PICTURES ?? path.join(tmpdir(), 'text-to-video-editor');
const versions: Version[] = ['node-red', 'node-red-4'];

describe.each(versions)('the editor of %s', (version) => {
	let browser: Browser;
	let page: Page;
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;
	const faults: string[] = [];

	beforeAll(async () => {
		sim = await startSimulator({ durationMs: 1_500, queueMs: 200 });
		userDir = await installed((await packed()).folder);
		red = await startNodeRed(version, userDir);
		await red.deploy(start());
		await mkdir(PICTURES, { recursive: true });
		browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
		page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
		page.on('pageerror', (error) => faults.push(error.message));
		await page.goto(red.url);
		await page.waitForSelector('.red-ui-flow-node');
		await page.waitForTimeout(500);
	}, 300_000);
	afterAll(async () => {
		await browser?.close();
		await red?.stop();
		await sim?.close();
		await rm(userDir, { recursive: true, force: true });
	});

	/** One account for each provider, and a way to start and to see. */
	const start = (): FlowNode[] => [
		{ id: 'tab', type: 'tab', label: 'Text to Video' },
		...providers.map(({ id }) => ({
			...{ id: `account-${id}`, type: 'text-to-video-account', provider: id },
			...{ baseUrl: sim.url, callbackBaseUrl: red.url, credentials: { apiKey: sim.key } },
		})),
		{
			...{
				id: 'in',
				type: 'inject',
				z: 'tab',
				name: 'a prompt',
				x: 130,
				y: 120,
				wires: [['made']],
			},
			...{ props: [{ p: 'payload' }], payload: 'A fox in the snow', payloadType: 'str' },
			...{ repeat: '', crontab: '', once: false, onceDelay: 0.1, topic: '' },
		},
		{
			...{ id: 'made', type: 'text-to-video', z: 'tab', x: 310, y: 120, wires: [['out']] },
			...{ account: 'account-localGpu', fields: {}, output: 'job', mode: 'wait' },
		},
		{
			...{ id: 'out', type: 'debug', z: 'tab', name: 'the job', x: 500, y: 120, wires: [] },
			...{ active: true, tosidebar: true, complete: 'job', targetType: 'msg', statusType: 'auto' },
		},
	];

	const edit = async (id: string) => {
		await page.evaluate((node) => {
			const { RED } = window as never as {
				RED: { editor: { edit(n: unknown): void }; nodes: { node(i: string): unknown } };
			};
			RED.editor.edit(RED.nodes.node(node));
		}, id);
		await page.waitForSelector('#node-dialog-ok', { state: 'visible' });
		await page.waitForTimeout(500);
	};
	const leave = async (button: 'ok' | 'cancel') => {
		await page.click(`#node-dialog-${button}`);
		await page.waitForSelector('#node-dialog-ok', { state: 'detached' });
	};
	const isValid = (id: string) =>
		page.evaluate(
			(node) =>
				(
					window as never as { RED: { nodes: { node(i: string): { valid: boolean } } } }
				).RED.nodes.node(node).valid,
			id,
		);
	const shoot = (name: string) =>
		page.screenshot({ path: path.join(PICTURES, `${version}-${name}.png`) });

	it('shows each provider all of its fields, the required ones in sight', async () => {
		await edit('made');
		for (const provider of providers) {
			await page.selectOption('#node-input-account', `account-${provider.id}`);
			await page.waitForTimeout(200);
			const fields = fieldsOf(provider.request).filter(({ role }) => role !== 'callback');
			const rows = await page.$$eval(
				'#ttv-fields > .ttv-row, .ttv-folded > div > .ttv-row',
				(all) => all.map((row) => row.getAttribute('data-field')),
			);
			expect([...rows].sort()).toEqual(fields.map(({ name }) => name).sort());
			const visible = await page.$$eval('#ttv-fields > .ttv-row', (all) =>
				all.map((row) => row.getAttribute('data-field')),
			);
			expect(visible).toEqual(
				fields.filter(({ required, always }) => required || always).map(({ name }) => name),
			);
		}
		await leave('cancel');
	});

	it('marks what is not complete with the red triangle, and takes it away', async () => {
		expect(await isValid('made')).toBe(true);
		await edit('made');
		await page.selectOption('#node-input-account', 'account-novita');
		await page.waitForTimeout(300);
		const height = page.locator('[data-field=height] .red-ui-typedInput-input-wrap input');
		await height.fill('99');
		await height.blur();
		expect(await page.locator('[data-field=height] .input-error').count()).toBeGreaterThan(0);
		await shoot('wrong');
		await leave('ok');
		expect(await isValid('made')).toBe(false);
		await edit('made');
		await page.locator('[data-field=height] .red-ui-typedInput-input-wrap input').fill('512');
		await leave('ok');
		expect(await isValid('made')).toBe(true);
		await edit('made');
		await page.selectOption('#node-input-account', 'account-localGpu');
		await leave('ok');
	});

	it('finds models at the provider, fills a list, deploys and runs', async () => {
		await edit('made');
		await page.click('.ttv-folded > summary');
		await page.click('[data-field=model] .ttv-search');
		await page.waitForSelector('.ttv-model');
		await page.fill('.ttv-models input', 'wan');
		await waitFor(async () => (await page.locator('.ttv-model').count()) === 1);
		await page.click('.ttv-model');
		await page.locator('[data-field=seconds] .red-ui-typedInput-input-wrap input').fill('2');
		await page.click(
			'[data-field=loras] > .ttv-control > .red-ui-editableList .red-ui-editableList-addButton',
		);
		await page
			.locator('[data-field=loras] [data-field=model_name] .red-ui-typedInput-input-wrap input')
			.fill('lora-ink');
		await page.waitForTimeout(200);
		expect(await page.textContent('.ttv-badge')).toBe('3 set');
		await shoot('list');
		await leave('ok');
		await page.click('#red-ui-header-button-deploy');
		await page.waitForTimeout(1_500);
		const before = red.debug.length;
		await red.inject('in');
		await page.waitForTimeout(700);
		await shoot('running');
		await waitFor(() => red.debug.length > before);
		expect(sim.book.jobs.at(-1)?.request).toMatchObject({
			prompt: 'A fox in the snow',
			model: 'wan-2.2',
			seconds: '2',
			loras: [{ model_name: 'lora-ink', strength: 0.8 }],
		});
		await edit('made');
		expect(await page.textContent('.ttv-badge')).toBe('3 set');
		await leave('cancel');
	});

	it.each(['text-to-video', 'text-to-video-result', 'text-to-video-webhook'])(
		'lets %s be dropped from the palette and opened',
		async (type) => {
			const count = () =>
				page.evaluate(
					(wanted) =>
						(
							window as never as { RED: { nodes: { filterNodes(f: object): unknown[] } } }
						).RED.nodes.filterNodes({ type: wanted }).length,
					type,
				);
			const before = await count();
			const item = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
			await item.scrollIntoViewIfNeeded();
			const from = (await item.boundingBox())!;
			await page.mouse.move(from.x + 40, from.y + 12);
			await page.mouse.down();
			await page.mouse.move(600, 350, { steps: 8 });
			await page.mouse.move(620, 360 + before * 40, { steps: 4 });
			await page.mouse.up();
			await page.waitForTimeout(300);
			expect(await count()).toBe(before + 1);
		},
	);

	it('looks at home in both themes', async () => {
		for (const theme of version === 'node-red' ? ['light', 'dark'] : ['light']) {
			await page.evaluate(
				(dark) => document.documentElement.classList.toggle('nr-theme-dark', dark),
				theme === 'dark',
			);
			await page.waitForTimeout(300);
			await edit('made');
			await shoot(theme);
			const [text, back] = await page.$eval('.ttv-row > label', (label) => {
				const { color } = getComputedStyle(label);
				let at: Element | null = label;
				while (at && getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)')
					at = at.parentElement;
				return [color, at ? getComputedStyle(at).backgroundColor : 'rgb(255, 255, 255)'];
			});
			const light = (css: string | undefined) =>
				(css?.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
			expect(Math.abs(light(text) - light(back))).toBeGreaterThan(100);
			await leave('cancel');
		}
	});

	it('throws no error in the page', () => {
		expect(faults).toEqual([]);
	});
});
