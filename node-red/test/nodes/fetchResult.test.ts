/** Fetch result. */
import { describe, expect, it } from 'vitest';
import { TINY_MP4 } from '../../../test/simulators/simulator';
import { until, type FlowNode } from '../support/helper';
import { RESULT, Stage, VERSIONS } from '../support/stage';

describe.each(VERSIONS)('%s', (version) => {
	const stage = new Stage(version);

	describe('fetch result', () => {
		/** A job that was submitted earlier. */
		async function submitted(durationMs: number, change: Partial<FlowNode> = {}) {
			const loadedFlow = await stage.load(change, { durationMs }, { node: RESULT });
			const reply = await fetch(`${stage.sim.url}/v1/videos`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', authorization: `Bearer ${stage.sim.key}` },
				body: JSON.stringify({ prompt: 'A fox' }),
			});
			const { id } = (await reply.json()) as { id: string };
			return { ...loadedFlow, id };
		}

		it('waits for a job that it has only the id of', async () => {
			const { node, out, id } = await submitted(500, { jobId: 'payload', jobIdType: 'msg' });
			node.receive({ payload: id });
			expect((await out.next()).job).toMatchObject({ jobId: id, status: 'succeeded' });
			expect(stage.sim.book.charges).toBe(1);
		});

		it('asks once and gives the job as it stands', async () => {
			const { node, out, id } = await submitted(Infinity, {
				operation: 'ask',
				jobId: 'payload',
			});
			node.receive({ payload: id });
			const { job } = await out.next();
			expect(job).toMatchObject({ jobId: id });
			expect(job?.nextPollSeconds).toBeGreaterThan(0);
			expect(stage.sim.book.of('fetch')).toHaveLength(1);
		});

		it('takes the job that text to video left in the message, and downloads its video', async () => {
			const { node, out, id } = await submitted(0, { operation: 'ask', output: 'buffer' });
			const job = { provider: 'localGpu', jobId: id, status: 'processing', videos: [] };
			node.receive({
				job: { ...job, submittedAt: new Date().toISOString(), trackingId: 'mine' },
			});
			const msg = await out.next();
			expect(msg.payload).toEqual(TINY_MP4);
			expect(msg.job).toMatchObject({ jobId: id, trackingId: 'mine' });
		});

		it('cancels', async () => {
			const { node, caught, out, id } = await submitted(Infinity, {
				operation: 'cancel',
				jobId: 'payload',
			});
			node.receive({ payload: id });
			expect((await out.next()).job).toMatchObject({ jobId: id, status: 'cancelled' });
			expect(caught.all).toEqual([]);
		});

		it('goes on cancelling where a deploy comes between', async () => {
			const change = { operation: 'cancel', jobId: 'payload' };
			const { node, flow, credentials, id } = await submitted(Infinity, change);
			stage.sim.faults.next('cancel', { kind: 'slow', ms: 200 });
			node.receive({ payload: id });
			await until(() => stage.sim.book.of('cancel').length === 1);
			await stage.helper.setFlows([...flow], 'full', credentials);
			const { out, caught } = stage.hear();
			expect((await out.next()).job).toMatchObject({ jobId: id, status: 'cancelled' });
			expect(caught.all).toEqual([]);
		});

		it('takes the job in any shape that it comes back in from where it was kept', async () => {
			const { node, out, id } = await submitted(Infinity, { operation: 'ask' });
			const row = { provider: 'localGpu', jobId: id, videos: '[]', title: 'Mine' };
			for (const message of [
				{ job: JSON.stringify(row) },
				{ job: [row] },
				{ job: [id] },
				{ job: JSON.stringify(id) },
				{ payload: row },
				{ payload: JSON.stringify(row) },
			]) {
				node.receive(message);
				expect((await out.next()).job).toMatchObject({ jobId: id });
			}
			expect(stage.sim.book.charges).toBe(1);
		});

		it.each([
			[{}, 'The job ID is {}, which is neither', 'Give the jobId'],
			[true, 'The job ID is true, which is neither', 'Give the jobId'],
			[1.5, 'The job ID is 1.5, which is neither', 'Give the jobId'],
			['{"a": 1', 'The job ID is {"a": 1, which is neither', 'Give the jobId'],
			['{{payload}}', 'The job ID is {{payload}}, which is neither', 'Give the jobId'],
			[['a', 'b'], 'The job ID is ["a","b"], which is neither', 'put a Split node before'],
		])('refuses %j by name and asks nobody', async (job, words, advice) => {
			const { node, caught } = await stage.load({}, {}, { node: RESULT });
			node.receive({ job });
			const { failure } = await caught.next();
			expect(failure).toMatchObject({ accepted: 'no', code: 'invalid_request' });
			expect(failure?.message).toContain(words);
			expect(failure?.advice).toContain(advice);
			expect(stage.sim.book.requests).toEqual([]);
		});

		it('says what is wrong with a job that it can not fetch', async () => {
			const { node, caught } = await stage.load({}, {}, { node: RESULT });
			node.receive({ payload: 'A fox' });
			expect(((await caught.next()).error as { message: string }).message).toContain(
				'There is no job id',
			);
			node.receive({ job: 'nobody' });
			const msg = await caught.next();
			expect(msg.failure).toMatchObject({ code: 'not_found' });
			expect((msg.error as { message: string }).message).toContain('nobody');
			const foreign = { provider: 'novita', jobId: 'n1', status: 'queued', videos: [] };
			node.receive({ job: { ...foreign, submittedAt: new Date().toISOString() } });
			const { error } = await caught.next();
			expect((error as { message: string }).message).toContain('belongs to the provider "novita"');
		});
	});
});
