/** What is left of jobs when Node-RED's process ends: by a kill in the middle of a submit, or by a stop. Both versions. */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../../../test/simulators/simulator';
import type { FlowNode } from '../support/helper';
import { installed, packed } from '../support/package';
import { startNodeRed, waitFor, type NodeRed } from '../support/server';
import { VERSIONS } from '../support/stage';

/** As the README advises: the default store stays one that Function nodes can read. */
const contextStorage = {
	default: { module: 'memory' },
	disk: { module: 'localfilesystem', config: { cache: false } },
};

let folder: string;

beforeAll(async () => {
	({ folder } = await packed());
}, 240_000);

describe.each(VERSIONS)('on %s', (version) => {
	let red: NodeRed;
	let sim: Simulator;
	let userDir: string;

	interface Heard {
		payload: { jobId?: string; status?: string };
		remembered?: number;
	}
	const heard = (name: string): Heard[] =>
		red.debug.filter((shown) => shown.name === name).map(({ msg }) => msg as Heard);

	async function start(provider: string, settings: object) {
		sim = await startSimulator({ durationMs: Infinity });
		userDir = await installed(folder);
		red = await startNodeRed(version, userDir, { ...settings });
		await red.deploy(flow(provider));
	}
	const startAgain = async (settings: object) =>
		(red = await startNodeRed(version, userDir, { ...settings }));
	afterEach(async () => {
		await red?.stop();
		await sim?.close();
		await rm(userDir, { recursive: true, force: true });
	});

	function flow(provider: string): FlowNode[] {
		const place = { z: 'tab', x: 100, y: 100 };
		const debug = { type: 'debug', active: true, tosidebar: true, complete: 'true', ...place };
		return [
			{ id: 'tab', type: 'tab', label: 'Test' },
			{
				...{ id: 'account', type: 'text-to-video-account', provider, baseUrl: sim.url },
				credentials: { apiKey: sim.key },
			},
			{
				...{ id: 'in', type: 'inject', payload: 'A fox', payloadType: 'str', ...place },
				...{ props: [{ p: 'payload' }], wires: [['count']] },
			},
			{
				...{ id: 'count', type: 'function', outputs: 1, ...place, wires: [['node']] },
				func: "flow.set('n', (flow.get('n') || 0) + 1); msg.remembered = flow.get('n'); return msg;",
			},
			{
				...{ id: 'node', type: 'text-to-video', account: 'account', waitAtMost: '1' },
				...{ parallel: '1', ...place, wires: [['out']] },
			},
			{ ...debug, id: 'out', name: 'out', targetType: 'full' },
			{ id: 'catch', type: 'catch', scope: null, ...place, wires: [['caught']] },
			// Told at the start, before anybody listens to the sidebar: the log is there from the beginning.
			{ ...debug, id: 'caught', name: 'caught', targetType: 'full', console: true },
		];
	}

	/** The provider has the request, and makes a job of it when nobody is there any more to hear so. */
	async function killInTheMiddle() {
		sim.faults.next('submit', { kind: 'slow', ms: 3_000 });
		await red.inject('in');
		await waitFor(() => sim.book.of('submit').length === 1);
		await red.stop('SIGKILL');
		expect(sim.book.charges).toBe(0);
		await waitFor(() => sim.book.charges === 1);
	}

	it('asks again with the same key where the provider knows the request, and pays once', async () => {
		await start('localGpu', { contextStorage });
		await killInTheMiddle();
		await startAgain({ contextStorage });
		await waitFor(() => red.log().includes('Asking again about request'));
		await waitFor(() => sim.book.of('fetch').length > 0);
		const { id } = sim.book.jobs[0]!;
		await sim.finish(id);
		await waitFor(() => heard('out').length > 0);
		expect(heard('out')).toMatchObject([
			{ payload: { jobId: id, status: 'succeeded' }, remembered: 1 },
		]);
		expect(sim.book.charges).toBe(1);
		expect(heard('caught')).toEqual([]);
	});

	it('finds the job in the log of a provider that has one', async () => {
		await start('aimlapiPixverse', { contextStorage });
		await killInTheMiddle();
		await startAgain({ contextStorage });
		const { id } = sim.book.jobs[0]!;
		await waitFor(() => red.log().includes(`job ${id}`));
		await sim.finish(id);
		await waitFor(() => heard('out').length > 0);
		expect(heard('out')).toMatchObject([{ payload: { jobId: id, status: 'succeeded' } }]);
		expect(sim.book.of('submit')).toHaveLength(1);
	});

	it('tells Catch that a job may exist where nobody can be asked', async () => {
		await start('stableDiffusionV5', { contextStorage });
		await killInTheMiddle();
		await startAgain({ contextStorage });
		await waitFor(() => red.log().includes('the job may exist'));
		expect(red.log()).toMatch(/accepted: .*unknown/);
		expect(red.log()).toMatch(/remembered: .*1/);
		expect(sim.book.of('submit')).toHaveLength(1);
		const kept = async () => await readFile(path.join(userDir, 'context/tab/node.json'), 'utf8');
		await waitFor(async () => !(await kept()).includes('sentAt'));
		// Who was told once is not told again.
		await red.stop('SIGKILL');
		await startAgain({ contextStorage });
		await red.inject('in');
		await waitFor(() => sim.book.charges === 2);
		expect(red.log()).not.toContain('the job may exist');
	});

	it('says at the start that nothing lasts, and at a stop what that loses', async () => {
		await start('localGpu', {});
		expect(red.log().match(/no context store lasts over a restart/g)).toHaveLength(1);
		await red.inject('in');
		await red.inject('in');
		await waitFor(() => sim.book.of('fetch').length > 0);
		await red.stop('SIGTERM');
		const { id } = sim.book.jobs[0]!;
		expect(red.log()).toContain(`will not be taken up again, for no context store lasts: ${id}.`);
		expect(red.log()).toContain('Messages in line that are dropped: 1.');
	});

	it('says at a stop that a submit has no answer yet', async () => {
		await start('stableDiffusionV5', {});
		sim.faults.next('submit', { kind: 'slow', ms: 60_000 });
		await red.inject('in');
		await waitFor(() => sim.book.of('submit').length === 1);
		await red.stop('SIGTERM');
		expect(red.log()).toContain('Submits without an answer yet: 1.');
	});

	it('says nothing at a stop that loses nothing', async () => {
		await start('localGpu', { contextStorage });
		await red.inject('in');
		await waitFor(() => sim.book.of('fetch').length > 0);
		await red.stop('SIGTERM');
		expect(red.log()).not.toMatch(/no context store lasts|dropped|Submits without/);
	});
});
