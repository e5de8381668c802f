/** What becomes of jobs under way when a node goes and comes again. */
import { describe, expect, it } from 'vitest';
import { listen, until } from '../support/helper';
import { Stage, VERSIONS } from '../support/stage';

/** Node-RED takes a node without a place for a config node. */
const PLACE = { z: 'tab', x: 1, y: 1 };

describe.each(VERSIONS)('%s', (version) => {
	const stage = new Stage(version);

	describe('a redeploy', () => {
		it('picks up the job that was under way and the message in line, and pays for nothing twice', async () => {
			const { node, flow, credentials } = await stage.load(
				{ parallel: '1' },
				{ durationMs: Infinity },
			);
			node.receive({ payload: 'Under way', req: { not: 'data' } });
			node.receive({ payload: 'In line' });
			await until(() => stage.sim.book.charges === 1);
			await stage.helper.setFlows([...flow], 'full', credentials);
			const { out } = stage.hear();
			const [first] = stage.sim.book.jobs;
			await stage.sim.finish(first!.id);
			const msg = await out.next();
			expect(msg).toMatchObject({ payload: { jobId: first!.id }, req: { not: 'data' } });
			await until(() => stage.sim.book.charges === 2);
			const second = stage.sim.book.jobs[1]!;
			expect(second.request.prompt).toBe('In line');
			await stage.sim.finish(second.id);
			expect((await out.next()).job?.jobId).toBe(second.id);
			expect(stage.sim.book.charges).toBe(2);
		});

		it('goes on with a job though the provider can not be asked just then', async () => {
			const { node, flow, credentials, caught } = await stage.load({}, { durationMs: Infinity });
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.charges === 1);
			const { id } = stage.sim.book.jobs[0]!;
			await until(() => stage.sim.book.of('fetch').length === 1);
			stage.sim.faults.next('fetch', { kind: 'resetBefore' });
			await stage.helper.setFlows([...flow], 'full', credentials);
			const { out } = stage.hear();
			await until(() => stage.sim.faults.pending === 0);
			await stage.sim.finish(id);
			expect((await out.next()).job).toMatchObject({ jobId: id, status: 'succeeded' });
			expect(caught.all).toEqual([]);
			expect(stage.sim.book.charges).toBe(1);
		});

		it('without the node says which job could not be cancelled, and why', async () => {
			const { node, flow, credentials, warnings } = await stage.load({}, { durationMs: Infinity });
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.charges === 1);
			const { id } = stage.sim.book.jobs[0]!;
			stage.sim.faults.next('cancel', { kind: 'error', error: 'serverError' });
			const rest = flow.filter(({ id: nodeId }) => nodeId !== stage.nodeId);
			await stage.helper.setFlows(rest, 'full', credentials);
			await until(() => warnings.some((text) => text.includes(id)));
			const told = warnings.find((text) => text.includes(id));
			expect(told).toMatch(/Something broke/);
			expect(told).not.toMatch(/was cancelled/);
		});

		it('hears out a submit that is on its way', async () => {
			const { node, flow, credentials } = await stage.load({}, { durationMs: 2_000 });
			stage.sim.faults.next('submit', { kind: 'slow', ms: 150 });
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.requests.length === 1);
			await stage.helper.setFlows([...flow], 'full', credentials);
			const { out } = stage.hear();
			expect((await out.next()).job?.status).toBe('succeeded');
			expect(stage.sim.book.charges).toBe(1);
		});

		it('tells whose refusal it was that came while no node was there', async () => {
			const { node, flow, credentials } = await stage.load(
				{},
				{ localGpuNeedsKey: true },
				{ hasKey: false },
			);
			stage.sim.faults.next('submit', { kind: 'slow', ms: 150 });
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.requests.length === 1);
			await stage.helper.setFlows([...flow], 'full', credentials);
			const { error, failure } = await stage.hear().caught.next();
			expect(failure).toMatchObject({ code: 'invalid_key', accepted: 'no' });
			expect((error as { message: string }).message).toMatch(/^Local GPU \(HTTP 401\): /);
		});

		it.each([
			['full', 0],
			['nodes', 0],
			['full', 150],
			['nodes', 150],
		])(
			'(%s) without the node cancels its jobs at the provider, one whose submit still takes %i ms too',
			async (deploy, ms) => {
				const { node, flow, credentials } = await stage.load({}, { durationMs: Infinity });
				if (ms > 0) stage.sim.faults.next('submit', { kind: 'slow', ms });
				node.receive({ payload: 'A fox' });
				await until(() => (ms > 0 ? stage.sim.book.requests.length : stage.sim.book.charges) === 1);
				const rest = flow.filter(({ id }) => id !== stage.nodeId);
				await stage.helper.setFlows(rest, deploy, credentials);
				await until(() => stage.sim.book.of('cancel').length > 0);
				expect(stage.sim.state(stage.sim.book.jobs[0]!.id).status).toBe('cancelled');
			},
		);

		it('tells Catch and Complete how it ended, as if nothing had come between', async () => {
			const { node, flow, credentials } = await stage.load(
				{},
				{ durationMs: Infinity },
				{
					more: (id) => [
						{ id: 'complete', type: 'complete', scope: [id], wires: [['completed']], ...PLACE },
						{ id: 'completed', type: 'helper', ...PLACE },
					],
				},
			);
			node.receive({ payload: 'Good' });
			node.receive({ payload: 'Bad' });
			await until(() => stage.sim.book.charges === 2);
			await stage.helper.setFlows([...flow], 'full', credentials);
			const { out, caught } = stage.hear();
			const completed = listen(stage.helper.getNode('completed'));
			const jobOf = (prompt: string) =>
				stage.sim.book.jobs.find(({ request }) => request.prompt === prompt)!.id;
			await stage.sim.finish(jobOf('Good'));
			await stage.sim.fail(jobOf('Bad'), 'No light');
			expect((await out.next()).job?.jobId).toBe(jobOf('Good'));
			expect((await completed.next()).job?.jobId).toBe(jobOf('Good'));
			const { job, error } = await caught.next();
			expect([job?.jobId, error]).toMatchObject([jobOf('Bad'), { code: 'generation_failed' }]);
		});

		it('leaves no status behind, and no timer', async () => {
			const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
			const { node, texts, flow, credentials } = await stage.load(
				{ parallel: '2' },
				{ durationMs: Infinity },
			);
			stage.sim.faults.next('submit', {
				...{ kind: 'error', error: 'rateLimited', retryAfterSeconds: 100 },
			});
			for (const payload of ['Refused for now', 'Under way', 'In line']) node.receive({ payload });
			await until(() => stage.sim.book.of('fetch').length > 0);
			expect(texts.at(-1)).toBe('2 running, 1 in line');
			await stage.helper.setFlows([...flow], 'full', credentials);
			expect(texts.at(-1)).toBe('');
			await stage.clear();
			// The one that stays is the time limit of this test. Those of the node would have run for longer than that.
			await until(() => timers().length <= 1);
		});

		it('without the account does not forget the id of the job', async () => {
			const { node, flow, credentials } = await stage.load({}, { durationMs: Infinity });
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.charges === 1);
			const rest = flow.filter(({ id }) => id !== 'account');
			await stage.helper.setFlows(rest, 'full', credentials);
			const { caught } = stage.hear();
			const { job, failure, error } = await caught.next();
			const { id } = stage.sim.book.jobs[0]!;
			expect([job?.jobId, failure?.accepted]).toEqual([id, 'yes']);
			expect((error as { message: string }).message).toBe(
				`Job ${id}: This node has no usable account. Open the node and choose an account with a provider.`,
			);
		});

		it('finds its jobs again inside a subflow', async () => {
			const inner = { id: 'inner', type: 'text-to-video', account: 'account', waitAtMost: '1' };
			const { flow, credentials } = await stage.load(
				{},
				{ durationMs: Infinity },
				{
					more: () => [
						{
							...{ id: 'sub', type: 'subflow', name: 'Video', in: [{ wires: [{ id: 'inner' }] }] },
							out: [{ wires: [{ id: 'inner', port: 0 }] }],
						},
						{ ...inner, ...PLACE, z: 'sub', wires: [[]] },
						{ id: 'instance', type: 'subflow:sub', wires: [['out']], ...PLACE },
					],
				},
			);
			stage.helper.getNode('instance').receive({ payload: 'A fox' });
			await until(() => stage.sim.book.charges === 1);
			await stage.helper.setFlows([...flow], 'full', credentials);
			const { out } = stage.hear();
			const { id } = stage.sim.book.jobs[0]!;
			await stage.sim.finish(id);
			expect((await out.next()).job?.jobId).toBe(id);
			expect(stage.sim.book.charges).toBe(1);
			expect(stage.sim.book.of('cancel')).toEqual([]);
		});

		it('with many nodes raises no warning of a leak', async () => {
			const warnings: string[] = [];
			const hear = ({ name }: Error) => void warnings.push(name);
			process.on('warning', hear);
			const more = () =>
				Array.from({ length: 15 }, (_unused, index) => ({
					...{ id: `many${index}`, type: 'text-to-video', z: 'tab', account: 'account' },
					wires: [],
				}));
			const { flow, credentials } = await stage.load({}, {}, { more });
			await stage.helper.setFlows([...flow], 'full', credentials);
			process.off('warning', hear);
			expect(warnings).toEqual([]);
		});
	});
});
