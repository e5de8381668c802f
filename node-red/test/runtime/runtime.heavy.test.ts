/** What only a whole Node-RED shows: the published package, HTTP routes, and a restart. Both versions. */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../../../test/simulators/simulator';
import type { FlowNode, Version } from '../support/helper';
import { installed, NAME, packed } from '../support/package';
import { startNodeRed, waitFor, type NodeRed } from '../support/server';

let folder: string;
let files: string[];

beforeAll(async () => {
	({ folder, files } = await packed());
}, 240_000);

describe('the published package', () => {
	it('holds what it must and nothing else', () => {
		const nodes = [
			'text-to-video',
			'text-to-video-account',
			'text-to-video-result',
			'text-to-video-webhook',
		];
		for (const node of nodes) {
			expect(files).toContain(`dist/node-red/nodes/${node}.js`);
			expect(files).toContain(`dist/node-red/nodes/${node}.html`);
			for (const language of ['de', 'en-US', 'ja', 'zh-CN']) {
				for (const kind of ['json', 'html']) {
					expect(files).toContain(`dist/node-red/nodes/locales/${language}/${node}.${kind}`);
				}
			}
		}
		for (const file of ['LICENSE', 'README.md', 'package.json', 'resources/editor.js']) {
			expect(files).toContain(file);
		}
		const known =
			/^(LICENSE|README\.md|package\.json|resources\/editor\.js|docs\/[\w-]+\.png|examples\/[^/]+\.json|dist\/(providers|jobs|node-red\/src)\/[\w/]+\.js|dist\/providers\/catalogue\/data\/\w+\.json|dist\/node-red\/nodes\/(text-to-video[\w-]*\.(js|html)|icons\/[\w-]+\.svg|locales\/[\w-]+\/[\w-]+\.(json|html)))$/;
		expect(files.filter((file) => !known.test(file))).toEqual([]);
	});

	it('says about itself what the flow library asks for', async () => {
		const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
		expect(manifest.keywords).toContain('node-red');
		expect(manifest).toMatchObject({
			name: NAME,
			license: 'MIT',
			repository: { type: 'git' },
			'node-red': { version: '>=4.1.0' },
		});
		expect(manifest.bugs.url).toMatch(/^https:/);
		expect(Object.keys(manifest.dependencies).sort()).toEqual(['undici', 'zod']);
		// The definitions must be literal, for the library reads them without running them.
		for (const file of Object.values(manifest['node-red'].nodes) as string[]) {
			const html = await readFile(path.join(folder, file.replace('.js', '.html')), 'utf8');
			const type = path.basename(file, '.js');
			expect(html).toMatch(
				new RegExp(`RED\\.nodes\\.registerType\\('${type}', \\{\\s+category: '`),
			);
		}
	});
});

const versions: Version[] = ['node-red', 'node-red-4'];

describe.each(versions)('a whole %s', (version) => {
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;

	async function start(settings: object = {}, options: object = {}) {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: Infinity, ...options });
		userDir = await installed(folder);
		red = await startNodeRed(version, userDir, { ...settings });
	}
	afterEach(async () => {
		await red?.stop();
		await sim?.close();
		await rm(userDir, { recursive: true, force: true });
	});
	afterAll(() => undefined);

	const flow = (more: FlowNode[], account: object = {}): FlowNode[] => [
		{ id: 'tab', type: 'tab', label: 'Test' },
		{
			...{ id: 'account', type: 'text-to-video-account', provider: 'localGpu' },
			...{ baseUrl: sim.url, callbackBaseUrl: red.url, credentials: { apiKey: sim.key } },
			...account,
		},
		{
			id: 'in',
			type: 'inject',
			z: 'tab',
			payload: 'A fox',
			payloadType: 'str',
			...IN,
			wires: [['node']],
		},
		{ id: 'node', type: 'text-to-video', z: 'tab', account: 'account', ...NODE, wires: [['out']] },
		{ id: 'out', type: 'debug', z: 'tab', name: 'out', ...DEBUG },
		...more,
	];
	const IN = { props: [{ p: 'payload' }], x: 100, y: 100 };
	const NODE = { waitAtMost: '1', x: 300, y: 100 };
	const DEBUG = {
		active: true,
		tosidebar: true,
		complete: 'true',
		targetType: 'full',
		x: 500,
		y: 100,
	};
	const hook = (id: string, events: string[]): FlowNode[] => [
		{
			...{ id, type: 'text-to-video-webhook', z: 'tab', account: 'account' },
			...{ events, x: 100, y: 200, wires: [[`${id}-out`]] },
		},
		{ id: `${id}-out`, type: 'debug', z: 'tab', name: id, ...DEBUG },
	];
	const heard = (name: string) =>
		red.debug
			.filter((shown) => shown.name === name)
			.map(({ msg }) => msg as { topic: string; payload: { jobId: string; status: string } });

	async function submit(): Promise<string> {
		const before = sim.book.charges;
		await red.inject('in');
		await waitFor(() => sim.book.charges > before);
		return sim.book.jobs.at(-1)!.id;
	}

	it('gives each callback once to every webhook node that wants its kind', async () => {
		await start();
		const secret = { credentials: { apiKey: sim.key, webhookSecret: sim.webhookSecret } };
		await red.deploy(
			flow([...hook('ends', ['succeeded', 'failed']), ...hook('failures', ['failed'])], secret).map(
				(node) => (node.id === 'node' ? { ...node, mode: 'return', callback: true } : node),
			),
		);
		const jobId = await submit();
		expect(sim.book.jobs[0]?.callbackUrl).toMatch(
			new RegExp(`^${red.url}/text-to-video/account/[\\w-]{32}$`),
		);
		await sim.finish(jobId);
		expect(await sim.callback(jobId, { times: 2 })).toEqual([200, 200]);
		expect(await sim.callback(jobId, { forged: true })).toEqual([401]);
		await waitFor(() => heard('ends').length > 0);
		expect(heard('ends')).toMatchObject([{ topic: 'succeeded', payload: { jobId } }]);
		expect(heard('failures')).toEqual([]);

		const second = await submit();
		await sim.fail(second, 'No light');
		await waitFor(() => heard('failures').length > 0);
		expect(heard('failures')).toMatchObject([
			{ topic: 'failed', payload: { failure: { message: 'No light' } } },
		]);
		expect(heard('ends')).toHaveLength(2);
	});

	it('trusts no unsigned callback before it has asked the provider', async () => {
		await start();
		await red.deploy(
			flow(hook('ends', ['succeeded'])).map((node) =>
				node.id === 'node' ? { ...node, mode: 'return', callback: true } : node,
			),
		);
		const jobId = await submit();
		expect(await sim.callback(jobId, { forged: true })).toEqual([202]);
		await waitFor(() => sim.book.of('fetch', jobId).length === 1);
		await sim.finish(jobId);
		await waitFor(() => heard('ends').length > 0);
		expect(heard('ends')).toHaveLength(1);
		expect(JSON.stringify(heard('ends'))).not.toContain('forged.example.com');
	});

	it('answers at the address of the account alone, and no more when the last webhook node is gone', async () => {
		await start();
		await red.deploy(flow(hook('ends', ['succeeded'])));
		const { callbackUrl } = (await red.get('/text-to-video/accounts/account')) as {
			callbackUrl: string;
		};
		const post = async (url: string, body = '{}', type = 'application/json') =>
			(await fetch(url, { method: 'POST', headers: { 'content-type': type }, body })).status;
		expect(await post(callbackUrl.replace(/.{4}$/, 'nope'))).toBe(401);
		expect(await post(callbackUrl, '{"type":')).toBe(400);
		expect(await post(callbackUrl, 'a=b', 'application/x-www-form-urlencoded')).toBe(415);
		// A sender whose message is not read to its end does not get the answer, and sends it all again.
		for (const mebibytes of [1, 30]) {
			expect(await post(callbackUrl, JSON.stringify('x'.repeat(mebibytes * 1024 ** 2)))).toBe(413);
		}
		await red.deploy(flow([]));
		expect(await post(callbackUrl)).toBe(404);
		await red.deploy(flow(hook('ends', ['succeeded'])));
		expect(await post(callbackUrl, '{"type":')).toBe(400);
	});

	it('searches models with the stored key at the stored address only', async () => {
		await start();
		await red.deploy(flow([]));
		const search = async (body: object) => {
			const reply = await fetch(`${red.url}/text-to-video/models`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			});
			return (await reply.json()) as { models?: Array<{ value: string }>; problem?: string };
		};
		const found = await search({ account: 'account', search: 'model', query: 'wan' });
		expect(found.models?.map(({ value }) => value)).toEqual(['wan-2.2']);
		expect(sim.book.of('models').at(-1)?.carriedKey).toBe(true);
		await search({ account: 'account', search: 'model', baseUrl: `${sim.filesUrl}` });
		expect(sim.book.keyLeaks).toEqual([]);
		expect((await search({ account: 'other', search: 'model' })).problem).toBeTruthy();
	});

	it('takes address and key of an account from the environment, for the search too', async () => {
		await start();
		await red.stop();
		Object.assign(process.env, { TTV_TEST_URL: sim.url, TTV_TEST_KEY: sim.key });
		red = await startNodeRed(version, userDir, {});
		const account = {
			baseUrl: '${TTV_TEST_URL}',
			credentials: { apiKey: '${TTV_TEST_KEY}' },
		};
		await red.deploy(flow([], account));
		for (const name of ['TTV_TEST_URL', 'TTV_TEST_KEY']) delete process.env[name];
		await sim.finish(await submit());
		await waitFor(() => heard('out').length > 0);
		const reply = await fetch(`${red.url}/text-to-video/models`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({
				...{ account: 'account', provider: 'localGpu', search: 'model', query: 'wan' },
				...{ baseUrl: account.baseUrl, apiKey: account.credentials.apiKey },
			}),
		});
		expect(await reply.json()).toMatchObject({ models: [{ value: 'wan-2.2' }] });
		expect(sim.book.of('models').at(-1)?.carriedKey).toBe(true);
	});

	it('says that no callback can arrive where HTTP nodes are switched off', async () => {
		await start({ httpNodeRoot: false });
		const nodes = flow(hook('ends', ['succeeded'])).map((node) =>
			node.id === 'node' ? { ...node, mode: 'return', callback: true } : node,
		);
		await red.deploy(nodes);
		await red.inject('in');
		// The webhook node says so when it starts, text to video for the message.
		const said = () => red.log().match(/HTTP nodes are switched off/g) ?? [];
		await waitFor(() => said().length >= 2);
		expect(red.log()).toContain('or switch callbacks off in the node');
		expect(said()).toHaveLength(2);
		expect(sim.book.requests).toEqual([]);
	});

	const contextStorage = { default: { module: 'localfilesystem', config: { cache: false } } };

	it('goes on confirming a callback that a deploy interrupts', async () => {
		await start();
		const nodes = flow(hook('ends', ['succeeded'])).map((node) =>
			node.id === 'node' ? { ...node, mode: 'return', callback: true } : node,
		);
		await red.deploy(nodes);
		const jobId = await submit();
		sim.faults.next('fetch', { kind: 'error', error: 'serverError' });
		await sim.finish(jobId);
		await waitFor(() => sim.book.of('fetch', jobId).length === 1);
		await red.deploy(nodes);
		await waitFor(() => heard('ends').length > 0);
		expect(heard('ends')).toMatchObject([{ payload: { jobId, status: 'succeeded' } }]);
		expect(await sim.callback(jobId)).toEqual([200]);
	});

	it.each([
		{
			what: 'drops what came already, and asks after what came too early, where a context store lasts',
			...{ settings: { contextStorage }, answer: 200, known: 1 },
		},
		{
			what: 'does not know what came before where none does',
			...{ settings: {}, answer: 202, known: 0 },
		},
	])('after a restart $what', async ({ settings, answer, known }) => {
		await start(settings);
		const uiPort = Number(new URL(red.url).port);
		const nodes = flow(hook('ends', ['succeeded'])).map((node) =>
			node.id === 'node' ? { ...node, mode: 'return', callback: true } : node,
		);
		await red.deploy(nodes);
		const jobId = await submit();
		await sim.finish(jobId);
		await waitFor(() => heard('ends').length > 0);
		expect(await sim.callback(jobId)).toEqual([200]);
		// The only message about this job, before the provider's own answer shows the end.
		const early = await submit();
		expect(await sim.callback(early, { as: { status: 'succeeded' } })).toEqual([202]);
		await waitFor(() => sim.book.of('fetch', early).length > 0);
		const written = path.join(userDir, 'context/account/flow.json');
		if (known > 0) {
			const kept = async () => await readFile(written, 'utf8').catch(() => '');
			await waitFor(async () => /seenCallbacks/.test(await kept()));
			await waitFor(async () => (await kept()).includes(early));
		}
		await red.stop('SIGKILL');
		const asked = sim.book.of('fetch', early).length;
		red = await startNodeRed(version, userDir, { ...settings, uiPort });
		await waitFor(() => sim.book.of('fetch', early).length >= asked + known);
		delete sim.book.job(early).callbackUrl;
		await sim.finish(early);
		expect(await sim.callback(jobId)).toEqual([answer]);
		const next = await submit();
		await sim.finish(next);
		await waitFor(() => heard('ends').some(({ payload }) => payload.jobId === next));
		const heardOf = (id: string) => heard('ends').filter(({ payload }) => payload.jobId === id);
		await waitFor(() => heardOf(early).length >= known);
		expect(heardOf(early)).toHaveLength(known);
		expect(heardOf(jobId)).toHaveLength(1 - known);
	});

	it('picks a job up after a kill where a context store lasts', async () => {
		await start({ contextStorage });
		await red.deploy(flow([]));
		const jobId = await submit();
		await waitFor(() => sim.book.of('fetch', jobId).length > 0);
		await red.stop('SIGKILL');
		red = await startNodeRed(version, userDir, { contextStorage });
		await waitFor(() => red.log().includes(`Waiting for job ${jobId} again`));
		await sim.finish(jobId);
		await waitFor(() => heard('out').length > 0);
		expect(heard('out')).toMatchObject([{ payload: { jobId, status: 'succeeded' } }]);
		expect(sim.book.charges).toBe(1);
	});
});
