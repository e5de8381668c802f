/** Quote, limits, the account's balance and lost ids, as a flow sees them. */
import { describe, expect, it } from 'vitest';
import type { FlowNode } from '../support/helper';
import { RESULT, Stage } from '../support/stage';

const provider = 'aimlapiPixverse';
const NODE: FlowNode = { id: 'node', type: 'text-to-video', mode: 'return' };
/** The simulator's price: 0.06 USD a second. */
const VIDEO = { prompt: 'A fox', resolution: '720p', duration: 5 };

describe('the money of', () => {
	const stage = new Stage('node-red');
	const submits = () => stage.sim.book.of('submit').length;
	const FIND = {
		...{ id: 'find', type: 'text-to-video-result', operation: 'find' },
		...{ z: 'tab', x: 1, y: 1, account: 'account', wires: [['out']] },
	};
	const load = async (change: object = {}, { node = NODE, account = {} } = {}) =>
		await stage.load(change, {}, { node, provider, account, more: () => [FIND] });

	it('a job is quoted beforehand, in msg.job.cost and msg.cost', async () => {
		const { node, out } = await load();
		node.receive({ payload: VIDEO });
		const { job, cost } = await out.next();
		expect(job?.cost).toMatchObject({ quoted: 0.3 });
		expect(cost).toEqual(job?.cost);
	});

	it('a flow that has a msg.cost of its own is left alone', async () => {
		const { node, out } = await load();
		node.receive({ payload: VIDEO, cost: { centre: 42 } });
		expect(await out.next()).toMatchObject({
			cost: { centre: 42 },
			job: { cost: { quoted: 0.3 } },
		});
	});

	it('an estimate is said without sending anything, and the prompt goes on', async () => {
		const { node, out } = await load({ mode: 'estimate' });
		node.receive({ payload: VIDEO, topic: 't' });
		const cost = {
			quoted: 0.3,
			currency: 'USD',
			basis: '0.06 USD a second × 5 s (resolution 720p)',
		};
		expect(await out.next()).toMatchObject({ payload: VIDEO, topic: 't', cost });
		expect(submits()).toBe(0);
	});

	it('an estimate checks every field', async () => {
		const { node, caught } = await load({ mode: 'estimate' });
		node.receive({ payload: { ...VIDEO, duration: 7 } });
		expect((await caught.next()).failure).toMatchObject({
			code: 'invalid_request',
			accepted: 'no',
		});
	});

	it('a message is refused whose video would cost more than the node allows', async () => {
		const { node, out, caught } = await load({ maximumCost: '0.25' });
		node.receive({ payload: VIDEO });
		const { failure } = await caught.next();
		expect(failure).toMatchObject({ accepted: 'no' });
		expect(failure?.message).toBe(
			'The video would cost 0.3 USD (0.06 USD a second × 5 s (resolution 720p)), and at most 0.25 USD are allowed.',
		);
		expect(submits()).toBe(0);
		node.receive({ payload: { ...VIDEO, resolution: '360p' } });
		expect((await out.next()).job?.cost).toMatchObject({ quoted: 0.15 });
	});

	it.each([
		['refuse', 0],
		['run', 1],
	])('what has no price is met with "%s"', async (unpriced, paid) => {
		const { node, out, caught } = await load({ maximumCost: '0.25', unpriced });
		stage.sim.faults.next('account', { kind: 'error', error: 'serverError' });
		node.receive({ payload: VIDEO });
		const ended = unpriced === 'run' ? out : caught;
		const { failure } = await ended.next();
		expect(failure?.message ?? 'the price list').toContain('the price list');
		expect(submits()).toBe(paid);
	});

	it('a limit that is no amount lets nothing be spent', async () => {
		const { node, caught } = await load({ maximumCost: 'a lot' });
		node.receive({ payload: VIDEO });
		expect((await caught.next()).failure?.message).toContain('which is no amount in USD');
		expect(submits()).toBe(0);
	});

	it('an account ends at its daily limit, and what was not taken is free again', async () => {
		const { node, out, caught } = await load({}, { account: { dailyLimit: '0.7' } });
		stage.sim.faults.next('submit', { kind: 'error', error: 'noCredit' });
		node.receive({ payload: VIDEO });
		expect((await caught.next()).failure).toMatchObject({ accepted: 'no' });
		for (let count = 0; count < 2; count += 1) {
			node.receive({ payload: VIDEO });
			await out.next();
		}
		node.receive({ payload: VIDEO });
		expect((await caught.next()).failure?.message).toBe(
			'The video would cost 0.3 USD, the account spent 0.6 USD today, and its daily limit is 0.7 USD.',
		);
		expect(stage.sim.book.charges).toBe(2);
		node.receive({ checkAccount: true, payload: 1 });
		expect((await out.next()).payload).toEqual({
			...{ provider, balance: 123.45, currency: 'USD' },
			spentToday: { usd: 0.6, jobs: 2, limit: '0.7' },
		});
	});

	it('an account is checked by the message or by the node, and nothing is submitted', async () => {
		const { node, out } = await load({ operation: 'account' }, { node: RESULT });
		node.receive({ payload: 'anything' });
		const state = { provider, balance: 123.45, currency: 'USD' };
		expect(await out.next()).toMatchObject({ payload: state });
		await stage.clear();
		const second = await load();
		second.node.receive({ payload: VIDEO, checkAccount: true });
		const msg = await second.out.next();
		expect(msg.payload).toMatchObject(state);
		expect(msg).not.toHaveProperty('checkAccount');
		expect(submits()).toBe(0);
	});

	it('an account without a list of its jobs says so, and nobody is asked', async () => {
		const { node, caught } = await stage.load(
			{ operation: 'find' },
			{},
			{ node: RESULT, provider: 'novita' },
		);
		for (const msg of [{ payload: 'no id' }, { requestId: 'order-1' }]) {
			node.receive(msg);
			const { failure } = await caught.next();
			expect(failure).toMatchObject({ accepted: 'unknown' });
			expect(failure?.message).toMatch(/^Novita.* has no list of jobs/);
		}
		expect(stage.sim.book.requests).toEqual([]);
	});

	it('a lost id is found by the request id of the failed message, and not guessed', async () => {
		const { node, out, caught } = await load();
		node.receive({ payload: VIDEO });
		const { job } = await out.next();
		const find = stage.helper.getNode('find');
		find.receive({ failure: { requestId: job?.requestId } });
		expect((await out.next()).job).toMatchObject({ jobId: job?.jobId });
		find.receive({ requestId: 'never-sent' });
		const { failure } = await caught.next();
		expect(failure).toMatchObject({ accepted: 'unknown', requestId: 'never-sent' });
		expect(failure?.message).toMatch(/^The job is not known yet\. .+ looked through once/);
		find.receive({ payload: 'no id at all' });
		expect((await out.next()).payload).toMatchObject([{ jobId: job?.jobId, provider }]);
		expect(stage.sim.book.charges).toBe(1);
	});
});
