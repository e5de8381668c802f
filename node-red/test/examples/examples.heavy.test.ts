/** Every example flow, as people import it, in a real Node-RED against simulated providers. */
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
	startSimulator,
	TINY_MP4,
	type Simulator,
	WITHOUT_LIMITS,
} from '../../../test/simulators/simulator';
import { TINY_JPEG } from '../../../test/simulators/files';
import type { FlowNode, Version } from '../support/helper';
import { installed, packed } from '../support/package';
import { startNodeRed, waitFor, type NodeRed } from '../support/server';

const EXAMPLES = path.join(import.meta.dirname, '../../examples');
const PICTURE = { image_url: `data:image/jpeg;base64,${TINY_JPEG.toString('base64')}` };
/** What the first step of example 10 sets. */
const LEFT = { t: 'set', p: 'left', pt: 'flow', tot: 'num' };
const versions: Version[] = ['node-red', 'node-red-4'];

describe.each(versions)('the examples on %s', (version) => {
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;
	const tried = new Set<string>();

	beforeAll(async () => {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: 300, queueMs: 100 });
		userDir = await installed((await packed()).folder);
		await start();
	}, 240_000);
	afterAll(async () => {
		await red?.stop();
		await sim?.close();
		await rm(userDir, { recursive: true, force: true });
	});

	/** As the example of a table recommends it. */
	const contextStorage = {
		default: { module: 'memory' },
		disk: { module: 'localfilesystem', config: { cache: false } },
	};
	async function start() {
		red = await startNodeRed(version, userDir, { fileWorkingDirectory: userDir, contextStorage });
	}

	/** Deploys an example whose accounts are those of the simulator. */
	async function open(name: string, change: (node: FlowNode) => object = () => ({})) {
		tried.add(name);
		const flow = JSON.parse(await readFile(path.join(EXAMPLES, `${name}.json`), 'utf8'));
		const nodes = (flow as FlowNode[]).map((node): FlowNode =>
			node.type === 'text-to-video-account'
				? {
						...node,
						baseUrl: sim.url,
						...(node.callbackBaseUrl ? { callbackBaseUrl: red.url } : {}),
						credentials: { apiKey: sim.key, webhookSecret: sim.webhookSecret },
						...change(node),
					}
				: { ...node, ...change(node) },
		);
		red.debug.length = 0;
		await red.deploy(nodes);
		const charged = sim.book.charges;
		return {
			press: async (label: string) => {
				const node = nodes.find(({ type, name: own }) => type === 'inject' && own === label);
				await red.inject(node!.id);
			},
			shown: async (label: string, count = 1) => {
				const found = () => red.debug.filter(({ name: own }) => own === label);
				await waitFor(() => found().length >= count);
				return found().map(({ msg }) => msg);
			},
			charges: () => sim.book.charges - charged,
		};
	}

	it('1 - Make a video', async () => {
		const { press, shown } = await open('1 - Make a video');
		await press('a prompt');
		expect(await shown('the job')).toMatchObject([{ status: 'succeeded', provider: 'localGpu' }]);
		await press('an object of fields');
		expect(await shown('the job', 2)).toMatchObject([{}, { seed: 7 }]);
		expect(sim.book.jobs.at(-1)?.request).toMatchObject({ prompt: 'A fox in the snow', seed: 7 });
	});

	it('2 - Save videos as files', async () => {
		const { press, shown, charges } = await open('2 - Save videos as files');
		await press('three prompts');
		const files = (await shown('the file', 3)) as string[];
		expect(files.map((file) => path.basename(file)).sort()).toEqual(
			[1, 2, 3].map((index) => `clip-${index}.mp4`),
		);
		for (const file of files) expect(await readFile(file)).toEqual(TINY_MP4);
		expect(charges()).toBe(3);
		await press('stop');
		expect(red.debug.filter(({ name }) => name === 'what happened')).toEqual([]);
	});

	it('3 - Fetch a result later', async () => {
		const { press, shown } = await open('3 - Fetch a result later');
		await press('submit');
		const [jobId] = await shown('submitted');
		expect(sim.book.jobs.at(-1)?.id).toBe(jobId);
		await press('fetch');
		// The debug sidebar shows the first 1000 characters of a Buffer.
		expect(await shown('the video')).toEqual([TINY_MP4.toString('hex').slice(0, 1000)]);
		await press('submit');
		await shown('submitted', 2);
		await press('cancel');
		expect(await shown('cancelled')).toEqual(['cancelled']);
	});

	it('4 - Scheduled pipeline', async () => {
		const { press, shown } = await open('4 - Scheduled pipeline');
		await press('every day at 8');
		const [text] = (await shown('post this')) as string[];
		expect(text).toMatch(/^Today's video: .+ \(.+videos.\d{4}-\d\d-\d\d\.mp4\)$/);
		const file = /\((.+)\)$/.exec(text as string)?.[1] as string;
		expect(await readFile(file)).toEqual(TINY_MP4);
	});

	it('5 - Webhook chain', async () => {
		const { press, shown } = await open('5 - Webhook chain');
		await press('submit');
		await shown('submitted');
		const [address] = (await shown("the video's address")) as string[];
		expect(address).toMatch(/^http.+content/);
		expect(sim.book.callbacks.at(-1)?.status).toBe(202);
	});

	it('6 - Another provider when one fails', async () => {
		const dead = (node: FlowNode) =>
			node.name === 'First GPU' ? { credentials: { apiKey: 'wrong' } } : {};
		const { press, shown, charges } = await open('6 - Another provider when one fails', dead);
		await press('a prompt');
		expect(await shown('the job')).toMatchObject([{ status: 'succeeded' }]);
		expect(charges()).toBe(1);
	});

	it('7 - Batch from a table', async () => {
		const { press, shown, charges } = await open('7 - Batch from a table');
		// The rows are in a file: it takes a moment until they are gone from there.
		const noted = async (member: string) => {
			const rows = await red.get('/context/flow/ttv7tab0000000g1/rows?store=disk');
			return JSON.stringify(rows).split(`\\"${member}\\"`).length - 1;
		};
		const forget = async () => {
			await press('forget');
			await waitFor(async () => (await noted('ordered')) === 0);
		};
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
		await press('make the new rows');
		const files = (await shown('the file', 3)) as string[];
		for (const file of files) expect(await readFile(file)).toEqual(TINY_MP4);
		const [failed] = (await shown('failed rows')) as string[];
		const [row, ...reason] = String(failed).split(': ');
		expect(reason.join()).toContain('Not allowed');
		const made = files.map((file) => path.basename(file, '.mp4'));
		expect([...made, row].sort()).toEqual(['harbour', 'lavender', 'snow', 'street']);
		// The row that was not taken is made at the next press, and no other one again.
		await press('make the new rows');
		const again = (await shown('the file', 4)) as string[];
		expect(path.basename(again.at(-1)!, '.mp4')).toBe(row);
		expect(charges()).toBe(4);
		// A row whose job exists is fetched at the next press, not ordered again.
		await forget();
		sim.faults.next('fetch', { kind: 'error', error: 'invalidKey' });
		await press('make the new rows');
		await shown('the file', 7);
		await shown('failed rows', 2);
		expect(charges()).toBe(8);
		await press('make the new rows');
		await shown('the file', 8);
		expect(charges()).toBe(8);
		await forget();
		await press('make the new rows');
		await shown('the file', 12);
		expect(charges()).toBe(12);
		// A row that was on its way when Node-RED was killed is asked for again, not ordered, and not by a press either.
		await forget();
		sim.faults.next('submit', { kind: 'silent' });
		await press('make the new rows');
		await waitFor(async () => (await noted('ordered')) === 4 && (await noted('file')) === 3);
		await waitFor(() => charges() === 16);
		await red.stop('SIGKILL');
		await start();
		await waitFor(async () => (await noted('file')) === 4);
		expect(charges()).toBe(16);
		const added = await open('7 - Batch from a table', (node) =>
			node.type === 'template' ? { template: `${String(node.template)}meadow,A meadow,2\n` } : {},
		);
		await added.press('make the new rows');
		await added.press('make the new rows');
		await waitFor(() => red.debug.some(({ msg }) => String(msg).endsWith('meadow.mp4')));
		expect(added.charges()).toBe(1);
	});

	it('8 - Know the price first', async () => {
		const { press, shown, charges } = await open('8 - Know the price first');
		await press('a dear one');
		expect(await shown('too dear')).toMatchObject([{ quoted: 0.6, currency: 'USD' }]);
		expect(charges()).toBe(0);
		await press('a video');
		const [told] = (await shown('made')) as string[];
		expect(told).toMatch(/^http.+ cost 0\.42 USD, quoted at 0\.3 USD$/);
		expect(charges()).toBe(1);
	});

	it('9 - A picture from a form', async () => {
		const { shown } = await open('9 - A picture from a form');
		const page = await (await fetch(`${red.url}/a-video`)).text();
		expect(page).toContain('multipart/form-data');
		const body = new FormData();
		body.set('picture', new File([new Uint8Array(TINY_JPEG)], 'boat.jpg', { type: 'image/jpeg' }));
		body.set('prompt', 'The boat drifts away');
		const reply = await fetch(`${red.url}/a-video`, { method: 'POST', body });
		expect(await reply.text()).toBe('Your video is being made.');
		expect(await shown('the job')).toMatchObject([{ status: 'succeeded' }]);
		expect(sim.book.jobs.at(-1)?.request).toMatchObject({
			prompt: 'The boat drifts away',
			input_reference: PICTURE,
		});
	});

	it('10 - Two providers, one budget', async () => {
		const { press, shown, charges } = await open('10 - Two providers, one budget');
		sim.faults.next('submit', { kind: 'error', error: 'noCredit' }, { times: 2 });
		await press('three prompts');
		// 1 USD: three prices of 0.30 are taken; two come back; 0.30 of 0.70 twice.
		const jobs = (await shown('the job', 3)) as Array<{ provider: string; status: string }>;
		expect(jobs.map(({ status }) => status)).toEqual(Array(3).fill('succeeded'));
		expect(jobs.map(({ provider }) => provider).sort()).toEqual([
			'aimlapiPixverse',
			'modelslabV6',
			'modelslabV6',
		]);
		const second = sim.book.jobs.filter(({ provider }) => provider === 'modelslabV6');
		expect(second.map(({ request }) => request.model_id)).toEqual(['cogvideox', 'cogvideox']);
		expect(charges()).toBe(3);
	});

	it('10 - Two providers, one budget: what it does not reach for is not ordered', async () => {
		const { press, shown, charges } = await open('10 - Two providers, one budget', (node) =>
			node.name === '1 USD to spend' ? { rules: [{ ...LEFT, to: '0.7' }] } : {},
		);
		sim.faults.next('submit', { kind: 'resetAfter' });
		sim.faults.next('account', { kind: 'error', error: 'notFound' }, { path: '/v2/logs' });
		await press('three prompts');
		expect(await shown('over the budget')).toMatchObject([{ prompt: 'An owl' }]);
		const [doubt] = (await shown('look at the provider first')) as string[];
		expect(doubt).toContain('may have been accepted');
		await waitFor(() => charges() === 2);
	});

	it('11 - A video with sound', async () => {
		const { press, shown } = await open('11 - A video with sound');
		await press('a lighthouse');
		const [file] = (await shown('the file')) as string[];
		expect(await readFile(file!)).toEqual(TINY_MP4);
		expect(sim.book.jobs.at(-1)?.request).toMatchObject({
			...{ model: 'google/veo-3.1-t2v-fast', generate_audio: true },
			...{ resolution: '720p', duration: 4 },
		});
	});

	it('12 - A series of clips', async () => {
		const withKey = (node: FlowNode) =>
			node.name === 'the last picture'
				? { authType: 'bearer', credentials: { password: sim.key } }
				: {};
		const { press, shown } = await open('12 - A series of clips', withKey);
		await press('three scenes');
		const [clips] = (await shown('the clips')) as string[][];
		const jobs = sim.book.jobs.slice(-3);
		expect(clips).toEqual(jobs.map(({ id }) => expect.stringContaining(id) as string));
		expect(jobs.map(({ request }) => [request.prompt, request.input_reference])).toEqual([
			['A paper boat leaves a harbour at dawn', undefined],
			['The boat drifts into the fog', PICTURE],
			['The boat reaches an island', PICTURE],
		]);
	});

	it('are all tried, annotated, and hold every node', async () => {
		const names = (await readdir(EXAMPLES)).map((name) => name.replace(/\.json$/, '')).sort();
		expect([...tried].sort()).toEqual(names);
		const types = new Set<string>();
		for (const name of names) {
			const flow = JSON.parse(await readFile(path.join(EXAMPLES, `${name}.json`), 'utf8'));
			const own = (flow as FlowNode[]).map(({ type }) => type);
			expect(own).toContain('comment');
			for (const type of own) types.add(type);
			expect(JSON.stringify(flow)).not.toMatch(/apiKey|callbackToken|webhookSecret/);
		}
		for (const type of ['text-to-video', 'text-to-video-result', 'text-to-video-webhook']) {
			expect(types).toContain(type);
		}
	});

	it('left no error in the log and no key outside the provider', () => {
		expect(red.log()).not.toMatch(/\[error\]|uncaught/i);
		expect(red.log()).not.toContain(sim.key);
		expect(sim.book.keyLeaks).toEqual([]);
	});
});
