import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../src/page/examples.js';
import { startReceiver } from './support/receiver.ts';
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
		server = await startTestServer(['--webhook-allow', '127.0.0.1'], {
			GPU_LOCAL_API_KEYS: KEY,
		});
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
		await page.getByText('This key is wrong').waitFor();
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
		const poster = await eventually(async () => (await player.getAttribute('poster')) ?? undefined);
		expect(poster).toMatch(/^blob:/);
		const sizeOf = `(async () => {
			const picture = new Image();
			picture.src = '${poster}';
			await picture.decode();
			return [picture.naturalWidth, picture.naturalHeight];
		})()`;
		expect(await page.evaluate(sizeOf)).toEqual([512, 288]);
		// Nothing of the video itself was loaded for it.
		expect(await player.evaluate((video: Json) => video.readyState)).toBe(0);
		await player.evaluate((video: Json) => video.load());
		await player.evaluate((video: Json) => (video.preload = 'metadata'));
		await eventually(
			async () => (await player.evaluate((video: Json) => video.readyState)) >= 1 || undefined,
		);
		expect(
			await player.evaluate((video: Json) => [video.videoWidth, video.videoHeight, video.duration]),
		).toEqual([512, 288, 4]);
		expect(await page.locator('#summary').textContent()).toMatch(/preview on .+ \(.+, [\d.]+ GB\)/);
		const shot = process.env.GPU_LOCAL_SCREENSHOT;
		if (shot) await page.screenshot({ path: shot, fullPage: true });
		expect(problems).toEqual([]);
	});

	it('can be used by people who do not see it', async () => {
		const faults = async (): Promise<string[]> => {
			await page.evaluate(axe.source);
			const { violations } = (await page.evaluate('axe.run()')) as Json;
			return violations.map(({ id, nodes }: Json) => `${id}: ${nodes[0].html}`);
		};
		await page.getByText('All fields of this model').click();
		await card('A paper boat').getByText('All parameters and callbacks').click();
		expect(await faults()).toEqual([]);
		await page.emulateMedia({ colorScheme: 'dark' });
		expect(await faults()).toEqual([]);
		await page.emulateMedia({ colorScheme: 'light' });
		await page.getByText('All fields of this model').click();
		await page.setViewportSize({ width: 375, height: 800 });
		expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
		await page.setViewportSize({ width: 1100, height: 900 });
	});

	it('shows the place in the queue, cancels, filters, searches and cancels several at once', async () => {
		await card('A fox in the snow').getByText('Cancel', { exact: true }).click();
		await card('A fox in the snow').getByText('cancelled', { exact: true }).waitFor();
		await create({ prompt: 'Takes its time', model: 'preview-slow', num_frames: 40 });
		await create({ prompt: 'Waiting, the first', model: 'preview-slow', num_frames: 40 });
		await create({ prompt: 'Waiting, 100 % sure', model: 'preview-slow', num_frames: 40 });
		await card('Waiting, 100 % sure').getByText('place 2 of 2').waitFor();
		await page.getByLabel('Search').fill('100 %');
		await eventually(async () => (await page.locator('.job').count()) === 1 || undefined);
		await page.getByLabel('Search').fill('');
		await page.getByLabel('Status').selectOption('queued');
		await eventually(async () => (await page.locator('.job').count()) === 2 || undefined);
		await page.getByLabel('Select all shown').check();
		await page.getByText('2 selected').waitFor();
		await page.getByText('Cancel selected').click();
		await page.getByText('No job fits this filter').waitFor();
		await page.getByLabel('Status').selectOption('failed');
		await eventually(async () => (await page.locator('.job').count()) === 1 || undefined);
		await page.getByLabel('Status').selectOption('');
		await card('A fox in the snow').waitFor();
		const [{ id }] = (
			await server.call('GET', '/v1/videos?query=its%20time', undefined, AUTHORIZED)
		).body.data;
		await server.call('DELETE', `/v1/videos/${id}`, undefined, AUTHORIZED);
		const wrong = await server.call('GET', '/v1/videos?status=done', undefined, AUTHORIZED);
		expect(wrong.body.error.message).toContain('status is "done". Give one or several of: queued');
	});

	it('runs again, deletes after a question, and makes videos', async () => {
		await card('A job that fails').getByText('Run again').click();
		await eventually(async () => (await card('A job that fails').count()) === 2 || undefined);
		const { width } = (await card('A job that fails')
			.first()
			.locator('.picture')
			.boundingBox()) ?? {
			width: 0,
		};
		// No black box where there is no picture.
		expect(width).toBe(0);
		await card('A paper boat').getByText('Delete', { exact: true }).click();
		await page.getByText('This cannot be undone').waitFor();
		await page.getByText('Keep', { exact: true }).click();
		expect(await card('A paper boat').count()).toBe(1);
		await card('A paper boat').getByText('Delete', { exact: true }).click();
		await page.locator('dialog').getByText('Delete', { exact: true }).click();
		await eventually(async () => (await card('A paper boat').count()) === 0 || undefined);
		expect(await page.evaluate('document.activeElement.tagName')).not.toBe('BODY');
		await page.locator('#new [name=prompt]').fill('Made on the page');
		await page.getByLabel('Seconds', { exact: true }).fill('1');
		await page.getByText('All fields of this model').click();
		const kind = async (label: string): Promise<string> =>
			await page
				.getByLabel(label, { exact: true })
				.evaluate((input) => `${input.tagName} ${(input as unknown as { type: string }).type}`);
		expect(await kind('Seed')).toBe('INPUT number');
		expect(await kind('Negative Prompt')).toBe('TEXTAREA textarea');
		expect(await kind('Tracking ID')).toBe('INPUT text');
		expect(await kind('LoRAs')).toBe('TEXTAREA textarea');
		const choices = async (label: string): Promise<string[]> =>
			await page.getByLabel(label, { exact: true }).locator('option').allTextContents();
		expect(await choices('Closed Loop')).toEqual(['usual (false)', 'true', 'false']);
		expect(await choices('Resolution')).toEqual(['usual', '360p', '540p', '720p', '1080p']);
		await page.getByLabel('Seed', { exact: true }).fill('7');
		await page.getByLabel('Frames per Second').fill('12');
		await page.getByText('Make video', { exact: true }).click();
		await card('Made on the page').locator('video').waitFor();
		await card('Made on the page').getByText('12 frames · 12 fps · seed 7').waitFor();
		await card('Made on the page').getByText('Use as a start').click();
		expect(await page.locator('#new [name=prompt]').inputValue()).toBe('Made on the page');
		expect(problems).toEqual([]);
	});

	it('sends a callback again, and calls a receiver again that was gone', async () => {
		const receiver = await startReceiver((nth) => ({ status: nth === 1 ? 410 : 200 }));
		const { id } = await create({
			prompt: 'Calls back',
			num_frames: 2,
			webhook: { url: receiver.url },
		});
		await server.finished(id, AUTHORIZED);
		await receiver.nth(1);
		await eventually(async () => {
			const { body } = await server.call('GET', '/v1/callbacks/disabled', undefined, AUTHORIZED);
			return body.data.length === 1 || undefined;
		});
		await page.reload();
		await page.getByLabel(`Call ${receiver.url} again`).click();
		await page.getByText('Receivers that are not called any more').waitFor({ state: 'hidden' });
		await card('Calls back').getByText('All parameters and callbacks').click();
		await card('Calls back').getByText('Send callback again').click();
		await receiver.nth(2);
		await receiver.stop();
		expect(problems).toEqual([]);
	});

	it('explains the API, also on a phone', async () => {
		await page.setViewportSize({ width: 375, height: 800 });
		await page.goto(`${server.url}/docs`);
		await page.getByText('POST /v3/async/txt2video').waitFor();
		await page.getByText('Make a video and wait for it: Python').first().click();
		expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
		await page.evaluate(axe.source);
		const { violations } = (await page.evaluate('axe.run()')) as Json;
		expect(violations.map(({ id, nodes }: Json) => `${id}: ${nodes[0].html}`)).toEqual([]);
		expect(problems).toEqual([]);
	});

	it.each(
		examples('', KEY).flatMap(({ title, calls }) =>
			Object.keys(calls).map((language) => [title, language] as const),
		),
	)('gives a call of %s in %s that makes a video', async (title, language) => {
		const folder = await mkdtemp(join(tmpdir(), 'gpu-local-example-'));
		const { calls } = examples(server.url, KEY).find((each) => each.title === title)!;
		const [command, name] = RUN[language]!;
		await writeFile(join(folder, name!), calls[language as keyof typeof calls]);
		await promisify(execFile)(command!, [name!], { cwd: folder, timeout: 60_000 });
		const video = await readFile(join(folder, 'video.mp4'));
		expect(video.subarray(4, 8).toString()).toBe('ftyp');
		await rm(folder, { recursive: true });
	});
});

/** What runs an example, and how its file is called. */
const RUN: Record<string, [string, string]> = {
	curl: ['sh', 'example.sh'],
	Node: [process.execPath, 'example.mjs'],
	Python: ['python3', 'example.py'],
};
