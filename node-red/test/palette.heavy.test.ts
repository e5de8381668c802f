/** As people get it: the tarball through the palette of a Node-RED that has never seen it, then a first video. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../../test/simulators/simulator';
import type { Version } from './support/helper';
import { NAME, packed } from './support/package';
import { startNodeRed, waitFor, type NodeRed } from './support/server';

const versions: Version[] = ['node-red', 'node-red-4'];

describe.each(versions)('the palette of %s', (version) => {
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;

	afterEach(async () => {
		await red?.stop();
		await sim?.close();
		await rm(userDir, { recursive: true, force: true });
	});

	it('installs the package with all it needs, and runs it without a restart', async () => {
		const { tarball } = await packed();
		sim = await startSimulator({ durationMs: 300, queueMs: 100 });
		userDir = await mkdtemp(path.join(tmpdir(), 'ttv-palette-'));
		red = await startNodeRed(version, userDir, {
			externalModules: { autoInstall: false, palette: { allowInstall: true, allowUpload: true } },
		});
		const form = new FormData();
		form.append('tarball', new Blob([await readFile(tarball)]), path.basename(tarball));
		const reply = await fetch(`${red.url}/nodes`, {
			method: 'POST',
			headers: { accept: 'application/json' },
			body: form,
		});
		const installed = (await reply.json()) as { name: string; nodes: object[] };
		expect(installed).toMatchObject({ name: NAME });
		expect(installed.nodes).toHaveLength(4);
		for (const set of installed.nodes) {
			expect(set).toMatchObject({ enabled: true });
			expect(set).not.toHaveProperty('err');
		}
		await red.deploy([
			{ id: 'tab', type: 'tab', label: 'Test' },
			{
				...{ id: 'account', type: 'text-to-video-account', provider: 'localGpu' },
				...{ baseUrl: sim.url, credentials: { apiKey: sim.key } },
			},
			{
				...{ id: 'in', type: 'inject', z: 'tab', x: 100, y: 100, wires: [['node']] },
				...{ props: [{ p: 'payload' }], payload: 'A fox', payloadType: 'str' },
			},
			{
				...{ id: 'node', type: 'text-to-video', z: 'tab', account: 'account' },
				...{ x: 300, y: 100, wires: [['out']] },
			},
			{
				...{ id: 'out', type: 'debug', z: 'tab', x: 500, y: 100, wires: [] },
				...{ active: true, tosidebar: true, complete: 'job', targetType: 'msg' },
			},
		]);
		await red.inject('in');
		await waitFor(() => red.debug.length > 0);
		expect(red.debug[0]?.msg).toMatchObject({ provider: 'localGpu', status: 'succeeded' });
	});
});
