/** Node-RED's palette manager: the tarball is uploaded, npm brings what it needs, and a flow makes a video. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Version } from '../../node-red/test/support/helper';
import { startNodeRed, waitFor, type NodeRed } from '../../node-red/test/support/server';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { npm, packTarball } from '../support/tarball';

const NAME = 'node-red-contrib-text-to-video';
const TYPES = ['text-to-video', 'text-to-video-account', 'text-to-video-result'];

interface Module {
	name: string;
	version: string;
	nodes: Array<{ types: string[]; err?: string }>;
}

let folder: string;
let tarball: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'text-to-video-palette-'));
	npm(['run', 'build', '--workspace=node-red'], join(import.meta.dirname, '..', '..'));
	({ path: tarball } = packTarball(folder, 'node-red'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each<[string, Version]>([
	['4.1', 'node-red-4'],
	['5', 'node-red'],
])('Node-RED %s', (major, version) => {
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;

	beforeAll(async () => {
		sim = await startSimulator();
		userDir = await mkdtemp(join(folder, 'user-'));
		await writeFile(
			join(userDir, 'package.json'),
			JSON.stringify({ name: 'node-red-project', version: '0.0.1', private: true }),
		);
		red = await startNodeRed(version, userDir, {
			externalModules: { autoInstall: false, palette: { allowInstall: true, allowUpload: true } },
		});
	});
	afterAll(async () => {
		await red?.stop();
		await sim?.close();
	});

	it('takes the uploaded tarball, and has its nodes at once', async () => {
		const running = (await red.get('/settings')) as { version: string };
		expect(running.version).toMatch(new RegExp(`^${major.replace('.', '\\.')}\\.`));
		const form = new FormData();
		form.set('tarball', new Blob([await readFile(tarball)]), basename(tarball));
		const reply = await fetch(`${red.url}/nodes`, { method: 'POST', body: form });
		const text = await reply.text();
		expect(reply.status, text).toBe(200);
		const module = JSON.parse(text) as Module;
		expect(module.name).toBe(NAME);
		expect(module.nodes.flatMap(({ types }) => types)).toEqual(expect.arrayContaining(TYPES));
		expect(module.nodes.filter(({ err }) => err)).toEqual([]);
	});

	it('makes a video with them', async () => {
		const place = { x: 100, y: 100 };
		await red.deploy([
			{ id: 'tab', type: 'tab', label: 'Test' },
			{
				...{ id: 'account', type: 'text-to-video-account', provider: 'localGpu' },
				...{ baseUrl: sim.url, credentials: { apiKey: sim.key } },
			},
			{
				...{ id: 'in', type: 'inject', z: 'tab', payload: 'A fox', payloadType: 'str', ...place },
				...{ props: [{ p: 'payload' }], wires: [['node']] },
			},
			{
				...{ id: 'node', type: 'text-to-video', z: 'tab', account: 'account', ...place },
				...{ waitAtMost: '1', wires: [['out']] },
			},
			{
				...{ id: 'out', type: 'debug', z: 'tab', name: 'out', active: true, tosidebar: true },
				...{ complete: 'true', targetType: 'full', ...place },
			},
		]);
		await red.inject('in');
		await waitFor(() => red.debug.some(({ name }) => name === 'out'));
		const [shown] = red.debug.filter(({ name }) => name === 'out');
		const [job] = sim.book.jobs;
		expect(shown?.msg).toMatchObject({ payload: { jobId: job?.id, status: 'succeeded' } });
	});
});
