/** What the editor marks and says of flows that came from elsewhere, such as an import without keys. Both versions. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Editor } from '../support/editor';
import type { FlowNode } from '../support/helper';
import { installed, packed } from '../support/package';
import { startNodeRed, waitFor, type NodeRed } from '../support/server';
import { VERSIONS } from '../support/stage';

let folder: string;

beforeAll(async () => {
	({ folder } = await packed());
}, 240_000);

describe.each(VERSIONS)('the editor of %s', (version) => {
	let editor: Editor;
	let red: NodeRed;
	let userDir: string;

	const account = (id: string, provider: string, more: object = {}): FlowNode => ({
		...{ id, type: 'text-to-video-account', provider, name: '' },
		...more,
	});
	const video = (id: string, accountId: string, y: number, more: object = {}): FlowNode => ({
		...{ id, type: 'text-to-video', z: 'tab', account: accountId, x: 300, y, wires: [[]] },
		...{ fields: { prompt: { type: 'msg', value: 'payload' } }, mode: 'wait', waitAtMost: '10' },
		...more,
	});
	const flows: FlowNode[] = [
		{ id: 'tab', type: 'tab', label: 'Test' },
		account('none', 'stableDiffusionV5'),
		account('keyed', 'stableDiffusionV5', { credentials: { apiKey: 'k' } }),
		account('gpu', 'localGpu', { name: 'My GPU' }),
		video('noKey', 'none', 80),
		video('good', 'keyed', 140),
		video('silent', 'keyed', 200, { callback: true, mode: 'return' }),
		video('late', 'gpu', 260, { waitAtMost: 'abc' }),
		video('stream', 'gpu', 320, { output: 'stream', wires: [['a']] }),
		{ id: 'hook', type: 'text-to-video-webhook', z: 'tab', account: 'keyed', x: 300, y: 380 },
		{ id: 'heard', type: 'text-to-video-webhook', z: 'tab', account: 'gpu', x: 300, y: 440 },
		...['a', 'b'].map((id, index) => ({
			...{ id, type: 'debug', z: 'tab', name: id, x: 620, y: 300 + 60 * index, wires: [] },
		})),
	].map((node) =>
		node.type === 'text-to-video-webhook'
			? { ...node, events: ['succeeded'], output: 'job', wires: [[]] }
			: node,
	);

	beforeAll(async () => {
		userDir = await installed(folder);
		red = await startNodeRed(version, userDir);
		await red.deploy(flows);
		editor = await Editor.open(red.url, `${version}-marks`);
	}, 300_000);
	afterAll(async () => {
		await editor?.close();
		await red?.stop();
		await rm(userDir, { recursive: true, force: true });
	});
	beforeEach(({ onTestFailed }) => onTestFailed(() => editor.picture('failed')));

	it('marks what can not work, and nothing else', async () => {
		await waitFor(async () => await editor.isMarked('noKey'));
		const marked = [];
		for (const { id, x } of flows) if (x && (await editor.isMarked(id))) marked.push(id);
		await editor.picture('canvas');
		expect(marked).toEqual(['noKey', 'silent', 'late', 'hook']);
	});

	it('says under the nodes what the runtime found', async () => {
		const statuses = await editor.page.locator('.red-ui-flow-node-status-label').allTextContents();
		expect(statuses).toEqual(expect.arrayContaining(['no API key', 'not listening']));
	});

	it('shows on each node whose account it has', async () => {
		const labels = await editor.page.locator('.red-ui-flow-node-label').allTextContents();
		const text = labels.join('\n');
		expect(text).toContain('text to video · My GPU');
		expect(text).toMatch(/text to video · Stable Diffusion API/);
		expect(text).toContain('video webhook · My GPU');
	});

	it('marks a stream that a second node wants to read', async () => {
		expect(await editor.isMarked('stream')).toBe(false);
		await editor.wire('stream', 'b');
		await waitFor(async () => await editor.isMarked('stream'));
	});

	it('takes the mark away when the key is entered', async () => {
		await editor.edit('noKey');
		await editor.account('edit', { apiKey: 'a key' });
		await editor.picture('account');
		await editor.saveAccount();
		await editor.leave();
		expect(await editor.isMarked('noKey')).toBe(false);
	});

	it('shows a callback that no provider will make, so that it can be switched off', async () => {
		await editor.edit('silent');
		const box = editor.page.locator('#node-input-callback');
		expect(await box.isVisible()).toBe(true);
		await editor.picture('callback');
		await box.uncheck();
		await editor.leave();
		expect(await editor.isMarked('silent')).toBe(false);
	});

	it('says in the webhook what to do instead, and in the account that a public URL comes first', async () => {
		await editor.edit('hook');
		expect(await editor.page.locator('.ttv-webhook-silent').textContent()).toContain(
			'has no callbacks, so this node would never give a message',
		);
		await editor.picture('webhook');
		await editor.leave('cancel');
		await editor.edit('heard');
		await editor.account('edit', {});
		const address = editor.page.locator('#ttv-callback-url');
		expect(await address.getAttribute('placeholder')).toBe('Enter a public URL first');
		await editor.page.fill('#node-config-input-callbackBaseUrl', 'https://red.example.com');
		expect(await address.getAttribute('placeholder')).toBe('Deploy to see it');
		await editor.saveAccount();
		await editor.leave('cancel');
	});

	it('throws no error in the page', () => {
		expect(editor.faults).toEqual([]);
	});
});
