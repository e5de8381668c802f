/** The end of jobs that a message asks for. */
import { describe, expect, it } from 'vitest';
import { until } from '../support/helper';
import { Stage, VERSIONS } from '../support/stage';

describe.each(VERSIONS)('%s', (version) => {
	const stage = new Stage(version);

	describe('cancel', () => {
		it('ends all jobs of the node, at the provider too', async () => {
			const { node, caught } = await stage.load({ parallel: '1' }, { durationMs: Infinity });
			node.receive({ payload: 'A fox' });
			node.receive({ payload: 'In line' });
			await until(() => stage.sim.book.charges === 1);
			node.receive({ cancel: true });
			await caught.next(2);
			const [inLine, running] = [...caught.all].sort(
				(a, b) => Number(Boolean(a.job)) - Number(Boolean(b.job)),
			);
			expect(inLine?.failure).toMatchObject({ code: 'cancelled', accepted: 'no' });
			expect(running?.job).toMatchObject({ status: 'cancelled' });
			expect(running?.failure).toMatchObject({ code: 'cancelled', accepted: 'yes' });
			expect(running?.failure?.message).not.toMatch(/succeeded|download/i);
			expect(stage.sim.book.of('cancel')).toHaveLength(1);
			expect(stage.sim.book.charges).toBe(1);
		});

		it('ends one job by its id, and says where it does not know it', async () => {
			const { node, caught, texts } = await stage.load({}, { durationMs: Infinity });
			node.receive({ payload: 'One' });
			node.receive({ payload: 'Two' });
			await until(() => stage.sim.book.charges === 2);
			const jobId = stage.sim.book.jobs[0]!.id;
			await until(() => texts.some((text) => /2 running/.test(text)));
			node.receive({ reset: jobId });
			expect((await caught.next()).job).toMatchObject({ jobId, status: 'cancelled' });
			node.receive({ reset: 'other' });
			const { error } = await caught.next();
			expect((error as { message: string }).message).toMatch(/not waiting for job other/);
			expect(stage.sim.book.of('cancel')).toHaveLength(1);
		});

		it('ends nothing with an empty list, and says so where an object names no job', async () => {
			const { node, caught, out } = await stage.load({ parallel: '1' }, { durationMs: Infinity });
			node.receive({ payload: 'A fox' });
			node.receive({ payload: 'In line' });
			await until(() => stage.sim.book.charges === 1);
			node.receive({ cancel: [] });
			for (const value of [{}, [{}], ['x', {}]]) {
				node.receive({ cancel: value });
				const msg = await caught.next();
				expect(msg.failure).toMatchObject({ code: 'invalid_request', accepted: 'no' });
				expect(msg.failure?.message).toContain('names no job');
			}
			expect(stage.sim.book.of('cancel')).toEqual([]);
			await stage.sim.finish(stage.sim.book.jobs[0]!.id);
			expect((await out.next()).job?.status).toBe('succeeded');
			expect(caught.all).toHaveLength(3);
		});

		it('goes on waiting for a job that the provider can not cancel, and says so', async () => {
			const { node, caught, out } = await stage.load(
				{},
				{ durationMs: Infinity },
				{ provider: 'stableDiffusionV5' },
			);
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.charges === 1);
			const { id } = stage.sim.book.jobs[0]!;
			await until(() => stage.sim.book.of('fetch').length > 0);
			node.receive({ cancel: true });
			const { failure } = await caught.next();
			expect(failure).toMatchObject({ code: 'not_allowed', accepted: 'yes' });
			expect(failure?.message).toContain(`job ${id} goes on`);
			expect(failure?.advice).toContain('goes on waiting');
			await stage.sim.finish(id);
			expect((await out.next()).job).toMatchObject({ jobId: id, status: 'succeeded' });
			expect(caught.all).toHaveLength(1);
		});

		it('goes on waiting where the submit was still on its way, too', async () => {
			const { node, caught, out } = await stage.load(
				{},
				{ durationMs: Infinity },
				{ provider: 'stableDiffusionV5' },
			);
			stage.sim.faults.next('submit', { kind: 'slow', ms: 150 });
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.requests.length === 1);
			node.receive({ cancel: true });
			const { failure } = await caught.next();
			const { id } = stage.sim.book.jobs[0]!;
			expect(failure?.message).toContain(`job ${id} goes on`);
			await stage.sim.finish(id);
			expect((await out.next()).job?.jobId).toBe(id);
			expect(stage.sim.book.charges).toBe(1);
		});

		it('with msg.reset waits no longer either, and gives the id to fetch the job with', async () => {
			const { node, caught } = await stage.load(
				{},
				{ durationMs: Infinity },
				{ provider: 'stableDiffusionV5' },
			);
			node.receive({ payload: 'A fox', mine: 1 });
			await until(() => stage.sim.book.charges === 1);
			const { id } = stage.sim.book.jobs[0]!;
			await until(() => stage.sim.book.of('fetch').length > 0);
			node.receive({ reset: true });
			await caught.next(2);
			const ended = caught.all.find((msg) => msg.mine === 1);
			expect(ended?.job?.jobId).toBe(id);
			const told = caught.all.find((msg) => msg.mine === undefined);
			expect(told?.failure?.advice).toContain('no longer waits');
		});

		it('goes on waiting where cancelling fails, and ends the job at the second try', async () => {
			const { node, caught } = await stage.load({}, { durationMs: Infinity });
			node.receive({ payload: 'A fox' });
			await until(() => stage.sim.book.charges === 1);
			stage.sim.faults.next('cancel', { kind: 'error', error: 'serverError' });
			node.receive({ cancel: true });
			await caught.next();
			node.receive({ cancel: true });
			expect((await caught.next()).job?.status).toBe('cancelled');
		});

		it('tells in the failure of an unknown id, like every other failure', async () => {
			const { node, caught } = await stage.load();
			node.receive({ cancel: 'nobody' });
			expect((await caught.next()).failure).toMatchObject({
				...{ code: 'invalid_request', accepted: 'no' },
			});
		});

		it('ends a message too whose fields are still being read', async () => {
			const { node, caught } = await stage.load();
			node.receive({ payload: 'A fox' });
			node.receive({ cancel: true });
			expect((await caught.next()).failure).toMatchObject({ code: 'cancelled', accepted: 'no' });
			expect(stage.sim.book.requests).toEqual([]);
		});
	});
});
