import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';
import type { Json } from './support/json.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const KEY = 'a-key-that-is-long-enough';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };

describe('the page', () => {
	let server: TestServer;
	let browser: Browser;
	let page: Page;
	const problems: string[] = [];

	beforeAll(async () => {
		if (!existsSync(CHROMIUM)) {
			throw new Error('These tests need Chromium: apt-get install -y chromium');
		}
		server = await startTestServer([], { GPU_LOCAL_API_KEYS: KEY });
		browser = await chromium.launch({
			executablePath: CHROMIUM,
			args: [
				'--headless',
				'--no-sandbox',
				'--disable-gpu',
				'--disable-quic',
				'--no-first-run',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
			],
		});
		page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
		page.on('pageerror', (error) => problems.push(error.message));
		page.on('console', (message) => {
			if (message.type() === 'error') problems.push(message.text());
		});
	});
	afterAll(async () => {
		await browser?.close();
		await server?.stop();
	});

	const create = async (body: object) =>
		(await server.call('POST', '/v1/videos', { size: '512x288', ...body }, AUTHORIZED)).body;
	const card = (prompt: string) => page.locator('.job', { hasText: prompt });

	it('asks for the key, and shows what runs, what is done and what failed', async () => {
		const failed = await create({ prompt: 'A job that fails', model: 'preview-fail' });
		await server.finished(failed.id, AUTHORIZED);
		const done = await create({
			prompt: 'A paper boat drifting down a rainy street, <b>cinematic</b>',
			num_frames: 32,
			seed: 42,
		});
		await server.finished(done.id, AUTHORIZED);
		await create({ prompt: 'A fox in the snow at dawn', model: 'preview-slow', num_frames: 40 });

		await page.goto(server.url);
		await page.getByLabel('This server needs an API key').fill('wrong-key');
		await page.getByText('Use key').click();
		await page.getByText('The API key is missing or wrong').waitFor();
		// That refusal is the only problem that the browser may have seen.
		expect(problems.splice(0).filter((text) => !text.includes('401'))).toEqual([]);
		await page.getByLabel('This server needs an API key').fill(KEY);
		await page.getByText('Use key').click();

		const running = card('A fox in the snow at dawn');
		await eventually(async () => {
			const percent = Number(await running.locator('progress').getAttribute('value'));
			return percent > 25 || undefined;
		});
		expect(await card('A job that fails').locator('.error').textContent()).toContain(
			'fails on purpose',
		);
		const finished = card('A paper boat');
		// What a job says is text, never markup.
		expect(await finished.locator('.prompt b').count()).toBe(0);
		const player = finished.locator('video');
		await eventually(
			async () => (await player.evaluate((video: Json) => video.readyState)) >= 1 || undefined,
		);
		expect(
			await player.evaluate((video: Json) => [video.videoWidth, video.videoHeight, video.duration]),
		).toEqual([512, 288, 4]);
		const shot = process.env.GPU_LOCAL_SCREENSHOT;
		if (shot) await page.screenshot({ path: shot, fullPage: true });
		expect(problems).toEqual([]);
	});

	it('cancels, runs again, deletes and makes videos', async () => {
		await card('A fox in the snow').getByText('Cancel').click();
		await card('A fox in the snow').getByText('cancelled', { exact: true }).waitFor();
		await card('A job that fails').getByText('Run again').click();
		await eventually(async () => (await card('A job that fails').count()) === 2 || undefined);
		await card('A paper boat').getByText('Delete').click();
		await eventually(async () => (await card('A paper boat').count()) === 0 || undefined);
		await page.getByLabel('Prompt').fill('Made on the page');
		await page.getByLabel('Seconds').fill('1');
		await page.getByText('Make video').click();
		await card('Made on the page').locator('video').waitFor();
		await page.goto(`${server.url}/docs`);
		await page.getByText('POST /v3/async/txt2video').waitFor();
		expect(problems).toEqual([]);
	});
});
