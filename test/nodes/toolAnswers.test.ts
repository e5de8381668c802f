/** What an agent reads, and how long it waits for it. The tool in a workflow of n8n's: `tool.test.ts`. */
import { describe, expect, it } from 'vitest';
import {
	isBesideCall,
	isTool,
	LIMIT_REACHED,
	toolItem,
	toolProblem,
	waitMinutes,
} from '../../nodes/shared/tool';
import { ownFailure, providerFailure } from '../../nodes/shared/errors';
import type { FailureCode, Job, JobStatus, Provider } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { failure } from '../../providers/replies/failures';
import { newJob } from '../../providers/replies/job';
import { hookContext } from '../support/hookContext';

const novita = providerById('novita');
const job: Job = newJob('novita', 'task-1', 0);
const TOOL = 'text-to-video.textToVideoTool';
const tool = (itemIndex = 0) => hookContext({ type: TOOL, itemIndex });

describe('a call', () => {
	it('is known by the node’s name', () => {
		expect(isTool(tool())).toBe(true);
		expect(isTool(hookContext())).toBe(false);
	});

	it('is the first item alone; a node has them all', () => {
		expect(isBesideCall(tool(0))).toBe(false);
		expect(isBesideCall(tool(1))).toBe(true);
		expect(isBesideCall(hookContext({ itemIndex: 1 }))).toBe(false);
	});
});

describe('the wait', () => {
	const slow: Provider = { ...novita, limits: { ...novita.limits, longestSeconds: 1_200 } };
	const quick: Provider = { ...novita, limits: { ...novita.limits, longestSeconds: 10 } };

	it('is two minutes at most for an agent', () => {
		expect(waitMinutes(tool(), {}, slow)).toBe(2);
		expect(waitMinutes(tool(), { waitAtMost: 30 }, quick)).toBe(2);
		expect(waitMinutes(tool(), { waitAtMost: 1 }, slow)).toBe(1);
		expect(waitMinutes(tool(), { waitAtMost: 0 }, slow)).toBe(0);
	});

	it('is as long as was chosen, or as the model takes, for a node', () => {
		expect(waitMinutes(hookContext(), { waitAtMost: 0 }, slow)).toBe(0);
		expect(waitMinutes(hookContext(), { waitAtMost: 90 }, quick)).toBe(90);
		expect(waitMinutes(hookContext(), {}, quick)).toBe(10);
		expect(waitMinutes(hookContext(), {}, slow)).toBe(30);
	});
});

describe('the answer about a job', () => {
	const answer = (more: Partial<Job>, orders?: Parameters<typeof toolItem>[2]) =>
		toolItem({ ...job, ...more }, 0, orders).json;

	it('that goes on says how far it is, when to ask, and not to order again', () => {
		const more = {
			status: 'processing',
			progress: 40,
			etaSeconds: 9,
			nextPollSeconds: 4.2,
		} as const;
		const orders = { ordersLeft: 3, costSoFarUsd: 0.5 };
		expect(answer({ ...more, warnings: ['Slow.'], cost: { quoted: 0.25 } }, orders)).toStrictEqual({
			provider: 'novita',
			jobId: 'task-1',
			status: 'processing',
			finished: false,
			accepted: 'yes',
			progress: 40,
			etaSeconds: 9,
			askAgainInSeconds: 5,
			warnings: ['Slow.'],
			costUsd: 0.25,
			ordersLeft: 3,
			costSoFarUsd: 0.5,
			next: 'The video is not done yet. Fetch the result with this jobId; do not order it again.',
		});
	});

	it('that goes on and of which nothing is known has no members for that', () => {
		expect(answer({})).toStrictEqual({
			provider: 'novita',
			jobId: 'task-1',
			status: 'queued',
			finished: false,
			accepted: 'yes',
			askAgainInSeconds: 10,
			next: expect.any(String) as string,
		});
	});

	it('that is done gives the addresses, and nothing to wait for', () => {
		const videos = ['https://a.test/1', 'https://a.test/2'].map((url) => ({ url, mimeType: 'v' }));
		const more = { progress: 100, etaSeconds: 1, nextPollSeconds: 3, videos };
		expect(
			answer({ ...more, status: 'succeeded', cost: { usd: 0.5, quoted: 0.25 } }),
		).toStrictEqual({
			provider: 'novita',
			jobId: 'task-1',
			status: 'succeeded',
			finished: true,
			accepted: 'yes',
			videoUrls: ['https://a.test/1', 'https://a.test/2'],
			costUsd: 0.5,
			next: 'Give the address to the user. Do not order it again.',
		});
	});

	it('without a video invites no other order', () => {
		expect(answer({ status: 'cancelled' }).next).toBe(
			'There is no video. Tell the user; order again only if the user asks for it.',
		);
	});

	it('belongs to its item', () => {
		expect(toolItem(job, 4).pairedItem).toStrictEqual({ item: 4 });
	});
});

describe('the answer about a problem', () => {
	const told = (code: FailureCode, accepted: 'no' | 'unknown' = 'no') =>
		ownFailure(novita, failure(code, 'It is so', { accepted, advice: 'Do this.' }));

	it('says all of it in two sentences, and what may be ordered still', () => {
		expect(toolProblem(told('no_credit'), 2, { ordersLeft: 1 })).toStrictEqual({
			json: {
				provider: 'novita',
				status: 'refused',
				accepted: 'no',
				problem: 'It is so. Do this.',
				ordersLeft: 1,
				next: 'Nothing was ordered and nothing costs money. Tell the user; ordering again does not help before the problem is solved.',
			},
			pairedItem: { item: 2 },
		});
	});

	it.each(['invalid_request', 'prompt_refused'] as const)(
		'may be put right where it is %s',
		(code) => {
			expect(toolProblem(told(code), 0).json.next).toBe(
				'Nothing was ordered and nothing costs money. Correct what the problem names, or tell the user.',
			);
		},
	);

	it('may be put right where nobody knows better', () => {
		const { failure: _none, ...item } = told('network');
		expect(toolProblem(item, 0).json.next).toContain('Correct what the problem names');
	});

	it('in doubt is no reason to order again', () => {
		expect(toolProblem(told('network', 'unknown'), 0).json).toMatchObject({
			status: 'unknown',
			accepted: 'unknown',
			next: 'Do not order again: the job may exist and may cost money. Tell the user to look at the provider first.',
		});
	});

	it.each<[JobStatus, string]>([
		['processing', 'Do not order again: fetch the result with jobId task-1.'],
		['succeeded', 'Do not order again: fetch the result with jobId task-1.'],
		['failed', 'There is no video. Tell the user; order again only if the user asks for it.'],
		['cancelled', 'There is no video. Tell the user; order again only if the user asks for it.'],
	])('of a job that is %s names the job', (status, next) => {
		const item = providerFailure(
			novita,
			failure('network', 'Cut.', { accepted: 'yes', advice: '' }),
			{ ...job, status },
		);
		expect(toolProblem(item, 0).json).toStrictEqual({
			provider: 'novita',
			jobId: 'task-1',
			status,
			accepted: 'yes',
			problem: 'Novita, job task-1: Cut.',
			next,
		});
	});

	it('keeps codes out of n8n’s sight', () => {
		const item = { ...told('network'), message: 'read ECONNRESET', description: '' };
		expect(toolProblem(item, 0).json.problem).toBe('connection cut.');
	});

	it('says instead what is known better', () => {
		expect(toolProblem(told('not_allowed'), 0, undefined, LIMIT_REACHED).json.next).toBe(
			'A limit of this execution is reached: tell the user, and order no more videos.',
		);
	});
});
