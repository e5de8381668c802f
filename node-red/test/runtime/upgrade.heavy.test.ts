/** A Node-RED that ran version 0.1.0 until a kill -9 goes on with the package of today. Both versions of Node-RED. */
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../../../test/simulators/simulator';
import {
	atPresent,
	goOnAs,
	RELEASE_010,
	recordedJson,
	type RecordedProvider,
} from '../../../test/support/release010';
import type { Version } from '../support/helper';
import { installed, packed } from '../support/package';
import { startNodeRed, waitFor, type NodeRed } from '../support/server';

let folder: string;

beforeAll(async () => {
	({ folder } = await packed());
}, 240_000);

describe.each<[Version, string]>([
	['node-red', '5'],
	['node-red-4', '4'],
])('on %s', (version, fixture) => {
	interface Recorded {
		nodeRedUrl: string;
		userDir: string;
		jobs: Record<string, string>;
		provider: RecordedProvider;
	}
	const recorded = recordedJson<Recorded>('node-red', fixture, 'provider.json');
	const contextStorage = { default: { module: 'localfilesystem', config: { cache: false } } };
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;

	async function start() {
		sim = await startSimulator({ ...WITHOUT_LIMITS, durationMs: Infinity });
		goOnAs(sim, recorded.provider);
		userDir = await installed(folder);
		await cp(path.join(RELEASE_010, 'node-red', fixture), userDir, { recursive: true });
		for (const name of await readdir(userDir, { recursive: true })) {
			if (!/^(context.*|flows)\.json$/.test(name)) continue;
			const file = path.join(userDir, name);
			const text = atPresent(await readFile(file, 'utf8'), recorded.provider)
				.replaceAll(recorded.provider.url, sim.url)
				.replaceAll(recorded.userDir, userDir);
			await writeFile(file, text);
		}
		const settings = { contextStorage, flowFile: 'flows.json' };
		red = await startNodeRed(version, userDir, settings);
	}
	afterEach(async () => {
		await red?.stop();
		await sim?.close();
		await rm(userDir, { recursive: true, force: true });
	});

	it('finishes the jobs that were under way, each as its node wants it, and pays for none again', async () => {
		await start();
		const paid = sim.book.charges;
		const waiting = { wait: 'wait', file: 'file', novita: 'novita', modelslab: 'modelslab' };
		const nodes = { ...waiting, result: 'returned' };
		for (const job of Object.values(nodes)) {
			const id = recorded.jobs[job]!;
			await waitFor(() => red.log().includes(`Waiting for job ${id} again`));
			await sim.finish(id);
		}
		const heard = (node: string) =>
			red.debug.find(({ name }) => name === `out of ${node}`)?.msg as
				{ job: { jobId: string; status: string }; payload: unknown; filename?: string } | undefined;
		for (const [node, job] of Object.entries(nodes)) {
			await waitFor(() => heard(node) !== undefined);
			expect(heard(node)?.job).toMatchObject({ jobId: recorded.jobs[job], status: 'succeeded' });
		}
		expect((await readFile(path.join(userDir, 'clip.mp4'))).subarray(4, 8).toString()).toBe('ftyp');
		expect(heard('novita')?.payload).toMatchObject({ type: 'Buffer' });
		expect(sim.book.charges).toBe(paid);
	});

	it('answers at the same callback addresses, and drops what came before the restart', async () => {
		await start();
		const here = (url: string) => url.replace(recorded.nodeRedUrl, red.url);
		for (const job of ['toldSigned', 'toldConfirmed']) {
			const id = recorded.jobs[job]!;
			const { url } = recorded.provider.callbacks.find(({ jobId }) => jobId === id)!;
			await waitFor(async () => (await fetch(here(url), { method: 'POST' })).status !== 404);
			expect(await sim.callback(id, { url: here(url) })).toEqual([200]);
		}
		// One that is new is passed on, and nothing else was before it.
		const id = recorded.jobs.wait!;
		const { url } = recorded.provider.callbacks.find(
			({ jobId }) => jobId === recorded.jobs.toldSigned,
		)!;
		await sim.finish(id);
		expect(await sim.callback(id, { url: here(url) })).toEqual([202]);
		const heard = () =>
			red.debug.filter(({ name }) => /^out of hook/.test(name ?? '')).map(({ msg }) => msg);
		await waitFor(() => heard().length > 0);
		expect(heard()).toMatchObject([{ payload: { jobId: id } }]);
	});
});
