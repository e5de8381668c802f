/** The real editor in a browser: drop, make accounts, fill, check, deploy, run. Both versions, both themes. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Provider } from '../../../providers/contract';
import { fieldsOf, isMainField, type Field } from '../../../providers/schema/fields';
import { fieldsOfModel } from '../../../providers/schema/ofModel';
import { providers } from '../../../providers/registry';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../../../test/simulators/simulator';
import { Editor } from '../support/editor';
import type { FlowNode, Version } from '../support/helper';
import { installed, packed } from '../support/package';
import { startNodeRed, waitFor, type NodeRed } from '../support/server';

const versions: Version[] = ['node-red', 'node-red-4'];
/** Each in the newest version; the rows of all are made by the same code. */
const providersIn = (version: Version) =>
	version === 'node-red'
		? providers
		: providers.filter(({ id }) => ['localGpu', 'novita', 'aimlapi'].includes(id));

const inSight = (field: Field) => field.required || isMainField(field);

/** The rows that a node may show: those of the provider, or those of one of its models below the one that names it. */
function possibleRows(provider: Provider) {
	const all = fieldsOf(provider.request);
	const { models } = provider;
	const naming = all.filter(({ name }) => name === models?.field);
	const described = (models?.catalogue.models ?? []).filter(({ fields }) => fields);
	return [all, ...described.map((model) => fieldsOfModel(provider, model))].map((fields) => {
		const others = fields.filter(({ name, role }) => name !== models?.field && role !== 'callback');
		const rows = [...naming, ...others];
		return {
			sight: rows.filter(inSight).map(({ name }) => name),
			folded: rows.filter((field) => !inSight(field)).map(({ name }) => name),
		};
	});
}

describe.each(versions)('the editor of %s', (version) => {
	let editor: Editor;
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;
	/** The nodes that are dropped in the first test and used in the others. */
	let node: string;
	let result: string;
	let webhook: string;

	beforeAll(async () => {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: 300, queueMs: 100 });
		userDir = await installed((await packed()).folder);
		red = await startNodeRed(version, userDir);
		await red.deploy(start);
		editor = await Editor.open(red.url, version);
	}, 300_000);
	afterAll(async () => {
		await editor?.close();
		await red?.stop();
		await sim?.close();
		await rm(userDir, { recursive: true, force: true });
	});

	beforeEach(({ onTestFailed }) => onTestFailed(() => editor.picture('failed')));

	/** What a person has from the start: a way to begin and a way to see. None of our nodes. */
	const start: FlowNode[] = [
		{ id: 'tab', type: 'tab', label: 'Text to Video' },
		{
			...{ id: 'in', type: 'inject', z: 'tab', name: 'a prompt', x: 120, y: 100, wires: [[]] },
			...{ props: [{ p: 'payload' }], payload: 'A fox in the snow', payloadType: 'str' },
			...{ repeat: '', crontab: '', once: false, onceDelay: 0.1, topic: '' },
		},
		...['made', 'fetched', 'called'].map((name, index) => ({
			// A node bears its account's name and grows to the right: its end must not come to lie on what it is wired to.
			...{ id: name, type: 'debug', z: 'tab', name, x: 690, y: 100 + 100 * index, wires: [] },
			...{ active: true, tosidebar: true, complete: 'job', targetType: 'msg', statusType: 'auto' },
		})),
	];
	const heard = (name: string) =>
		red.debug
			.filter((shown) => shown.name === name)
			.map(({ msg }) => msg as { jobId: string; provider: string; status: string });
	/** Presses the button and waits for what comes out. */
	async function run(name = 'made') {
		const before = heard(name).length;
		await editor.press('in');
		await waitFor(() => heard(name).length > before);
		return heard(name).at(-1)!;
	}

	it('marks each node that was just dropped with the red triangle', async () => {
		node = await editor.drop('text-to-video', 320, 100);
		result = await editor.drop('text-to-video-result', 320, 200);
		webhook = await editor.drop('text-to-video-webhook', 320, 300);
		for (const id of [node, result, webhook]) expect(await editor.isMarked(id)).toBe(true);
		await editor.wire('in', node);
		await editor.wire(node, 'made');
		await editor.picture('dropped');
		// Jobs that usually take minutes are first asked about after more than one, and all that is dropped is one node.
		await editor.edit(node);
		await editor.page.selectOption('#node-input-mode', 'return');
		await editor.leave();
	});

	it.each(providersIn(version).map(({ id, title }) => [title, id]))(
		'%s: makes the account by its dialog, fills, deploys and runs',
		async (title, id) => {
			await editor.edit(node);
			await editor.account('add', { provider: id, apiKey: sim.key, baseUrl: 'not an address' });
			const address = editor.page.locator('#node-config-input-baseUrl');
			await address.blur();
			expect(await address.getAttribute('class')).toContain('input-error');
			await address.fill(sim.url);
			await editor.picture(`account-${id}`);
			await editor.saveAccount();
			expect(await editor.page.textContent('#node-input-account option:checked')).toContain(title);

			const provider = providers.find((one) => one.id === id)!;
			const fields = fieldsOf(provider.request).filter(({ role }) => role !== 'callback');
			const names = async (rows: string) =>
				await editor.page.$$eval(rows, (all) => all.map((row) => row.getAttribute('data-field')));
			expect(possibleRows(provider)).toContainEqual({
				sight: await names('#ttv-fields > .ttv-row, #ttv-fields > div > .ttv-row'),
				folded: await names('.ttv-folded > div > .ttv-row'),
			});

			const empty = fields.filter(
				({ required, type, name, ...rest }) =>
					required && type === 'text' && name !== 'prompt' && !(rest.default ?? rest.initial),
			);
			for (const { name } of empty) await editor.fill(name, '');
			await editor.leave();
			expect(await editor.isMarked(node)).toBe(empty.length > 0);
			if (empty.length > 0) {
				await editor.edit(node);
				for (const { name } of empty) await editor.fill(name, 'a-model');
				await editor.picture(`fields-${id}`);
				await editor.leave();
			}
			expect(await editor.isMarked(node)).toBe(false);

			await editor.deploy();
			const { jobId, ...job } = await run();
			expect(job).toMatchObject({ provider: id });
			expect(sim.book.jobs.at(-1)).toMatchObject({ id: jobId });
			expect(JSON.stringify(sim.book.jobs.at(-1)?.request)).toContain('A fox in the snow');
			expect(sim.book.keyLeaks).toEqual([]);
		},
	);

	it('shows what models cost and what the account holds, and changes its rows with the model', async () => {
		await editor.edit(node);
		await editor.page.selectOption('#node-input-account', { label: 'AI/ML API: any model' });
		await editor.page.click('[data-field=model] .ttv-search');
		await editor.page.waitForSelector('.ttv-model .ttv-price');
		const price = editor.page.locator('[data-model="bytedance/seedance-2-0"] .ttv-price');
		expect(await price.textContent()).toBe('Price: 0.03 to 0.12 USD a second');
		await editor.picture('prices');
		await editor.page.click('[data-model="bytedance/seedance-2-0"]');
		await editor.settled();
		const rows = [];
		for (const model of ['bytedance/seedance-2-0', 'kling-video/v1.5/pro/text-to-video', 'veo2']) {
			await editor.fill('model', model);
			await editor.settled();
			await editor.page.$$eval('.ttv-folded', (all) =>
				all.forEach((one) => one.setAttribute('open', '')),
			);
			await editor.picture(`model-${model.replace(/\W+/g, '-')}`);
			const names = await editor.page.$$eval('#ttv-fields .ttv-row', (all) =>
				all.map((row) => row.getAttribute('data-field')),
			);
			rows.push(names.join(' '));
		}
		expect(new Set(rows).size).toBe(rows.length);
		await editor.account('edit', {});
		await editor.page.click('#ttv-account-check');
		const state = editor.page.locator('#ttv-account-state');
		await waitFor(async () => ((await state.textContent()) ?? '').includes('Balance'));
		expect(await state.textContent()).toBe('Balance: 123.45 USD.');
		await editor.picture('account-state');
		await editor.saveAccount();
		await editor.leave('cancel');
	});

	it('checks ranges while they are typed', async () => {
		await editor.edit(node);
		await editor.page.selectOption('#node-input-account', { label: 'Novita txt2video' });
		await editor.fill('height', '99');
		expect(await editor.row('height').locator('.input-error').count()).toBeGreaterThan(0);
		expect(await editor.row('height').locator('.ttv-hint').textContent()).toContain('256 to 1024');
		await editor.picture('wrong');
		await editor.leave();
		expect(await editor.isMarked(node)).toBe(true);
		await editor.edit(node);
		await editor.fill('height', '512');
		expect(await editor.row('height').locator('.input-error').count()).toBe(0);
		await editor.leave();
		expect(await editor.isMarked(node)).toBe(false);
	});

	it('finds models at the provider, and takes lists', async () => {
		await editor.edit(node);
		await editor.page.selectOption('#node-input-account', { label: 'Local GPU' });
		await editor.page.selectOption('#node-input-mode', 'wait');
		await editor.page.click('.ttv-folded > summary');
		const asked = sim.book.of('models').length;
		await editor.page.click('[data-field=model] .ttv-search');
		await editor.page.waitForSelector('.ttv-model');
		await editor.page.fill('.ttv-models input', 'wan');
		await waitFor(async () => (await editor.page.locator('.ttv-model').count()) === 1);
		expect(sim.book.of('models').length).toBeGreaterThan(asked);
		await editor.picture('models');
		await editor.page.click('.ttv-model');
		await editor.fill('seconds', '2');
		const list = '[data-field=loras]';
		const add = `${list} > .ttv-control > .red-ui-editableList .red-ui-editableList-addButton`;
		await editor.page.click(add);
		await editor.fill('model_name', 'lora-ink', list);
		await editor.page.click(add);
		await editor.page.locator(`${list} .red-ui-editableList-item-remove`).last().click();
		await editor.settled();
		expect(await editor.page.textContent('.ttv-badge')).toBe('3 set');
		await editor.picture('list');
		await editor.leave();
		await editor.deploy();
		expect(await run()).toMatchObject({ status: 'succeeded' });
		expect(sim.book.jobs.at(-1)?.request).toMatchObject({
			...{ prompt: 'A fox in the snow', model: 'wan-2.2', seconds: '2' },
			loras: [{ model_name: 'lora-ink', strength: 0.8 }],
		});
		await editor.edit(node);
		expect(await editor.page.textContent('.ttv-badge')).toBe('3 set');
		await editor.leave('cancel');
	});

	it('fetches a result and hears a callback with nodes that were filled in the same way', async () => {
		await editor.edit(node);
		await editor.account('edit', {
			...{ callbackBaseUrl: red.url, webhookSecret: sim.webhookSecret },
		});
		await editor.picture('account-callbacks');
		await editor.saveAccount();
		await editor.page.selectOption('#node-input-mode', 'return');
		await editor.page.check('#node-input-callback');
		await editor.leave();
		for (const id of [result, webhook]) {
			await editor.edit(id);
			await editor.page.selectOption('#node-input-account', { label: 'Local GPU' });
			await editor.picture(id === result ? 'result' : 'webhook');
			await editor.leave();
			expect(await editor.isMarked(id)).toBe(false);
		}
		await editor.wire(node, result);
		await editor.wire(result, 'fetched');
		await editor.wire(webhook, 'called');
		await editor.deploy();
		const { jobId, status } = await run('fetched');
		expect(status).toBe('succeeded');
		await waitFor(() => heard('called').length > 0);
		expect(heard('called')).toMatchObject([{ jobId, status: 'succeeded' }]);
		await editor.edit(node);
		await editor.account('edit', {});
		expect(await editor.page.inputValue('#ttv-callback-url')).toMatch(
			new RegExp(`^${red.url}/text-to-video/`),
		);
		await editor.saveAccount();
		await editor.leave('cancel');
	});

	it('looks at home in both themes', async () => {
		for (const theme of version === 'node-red' ? ['light', 'dark'] : ['light']) {
			await editor.page.evaluate(
				(dark) => document.documentElement.classList.toggle('nr-theme-dark', dark),
				theme === 'dark',
			);
			await editor.edit(node);
			await editor.page.click('.ttv-folded > summary');
			await editor.picture(theme);
			for (const part of ['.ttv-row > label', '.ttv-name', '.ttv-hint', '.ttv-about']) {
				const [text, back] = await editor.page.$eval(part, (label) => {
					const { color } = getComputedStyle(label);
					let at: Element | null = label;
					while (at && getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)')
						at = at.parentElement;
					return [color, at ? getComputedStyle(at).backgroundColor : 'rgb(255, 255, 255)'];
				});
				// Node-RED 4's own grey for what is secondary has no more than 3.5.
				const least = version === 'node-red' ? 4.5 : 3;
				expect(contrast(text!, back!), `${part} in ${theme}`).toBeGreaterThan(least);
			}
			const widths = await editor.page.$$eval('.ttv-control:not(.ttv-searchable)', (controls) =>
				controls.map((control) => [
					control.clientWidth,
					control.querySelector('.red-ui-typedInput-container')!.clientWidth,
				]),
			);
			// Up to the borders.
			for (const [room, input] of widths) expect(room! - input!).toBeLessThanOrEqual(2);
			await editor.leave('cancel');
		}
	});

	it('throws no error in the page', () => {
		expect(editor.faults).toEqual([]);
	});
});

/** Of two CSS colours, as WCAG counts it. */
function contrast(text: string, back: string): number {
	const [dark, light] = [luminance(text), luminance(back)].sort((a, b) => a - b) as [
		number,
		number,
	];
	return (light + 0.05) / (dark + 0.05);
}

function luminance(css: string): number {
	const [red = 0, green = 0, blue = 0] = (css.match(/[\d.]+/g) ?? []).map((part) => {
		const share = Number(part) / 255;
		return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
