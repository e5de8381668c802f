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

		it('ends a message too whose fields are still being read', async () => {
			const { node, caught } = await stage.load();
			node.receive({ payload: 'A fox' });
			node.receive({ cancel: true });
			expect((await caught.next()).failure).toMatchObject({ code: 'cancelled', accepted: 'no' });
			expect(stage.sim.book.requests).toEqual([]);
		});
	});
});
