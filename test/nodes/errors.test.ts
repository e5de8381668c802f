/** What stands in an error, and in the item that an error becomes where the workflow goes on. */
import { NodeOperationError } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import {
	errorItem,
	forErrorOutput,
	ItemError,
	ownFailure,
	providerFailure,
	toNodeError,
} from '../../nodes/shared/errors';
import type { Job } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { failure } from '../../providers/replies/failures';
import { newJob } from '../../providers/replies/job';
import { hookContext } from '../support/hookContext';

const novita = providerById('novita');
const job: Job = newJob('novita', 'task-1', 0);
const full = failure('no_credit', 'Not enough.', { accepted: 'no', httpStatus: 402 });

describe('who is named', () => {
	it('is the provider, with the status and the job, for what it answered', () => {
		expect(providerFailure(novita, full, job)).toStrictEqual({
			message: 'Novita, job task-1 (HTTP 402): Not enough.',
			description: full.advice,
			provider: 'novita',
			failure: full,
			accepted: 'yes',
			job,
		});
	});

	it('is nobody for what this package refuses itself', () => {
		expect(
			ownFailure(novita, failure('invalid_request', 'No prompt.', { accepted: 'no' })),
		).toStrictEqual({
			message: 'No prompt.',
			description: 'Change the field that the message names and try again.',
			provider: 'novita',
			failure: expect.objectContaining({ code: 'invalid_request' }) as unknown,
			accepted: 'no',
		});
	});

	it('is the job alone where this package ends it', () => {
		expect(
			ownFailure(novita, failure('cancelled', 'Stopped.', { accepted: 'yes' }), job),
		).toMatchObject({ message: 'job task-1: Stopped.', accepted: 'yes', job });
	});

	it.each(['no', 'unknown', 'yes'] as const)(
		'whether it was taken is "%s" as it was',
		(accepted) => {
			const told = failure('network', 'Cut.', { accepted });
			expect(providerFailure(novita, told).accepted).toBe(accepted);
		},
	);
});

it('an item’s failure has its message and its name', () => {
	const error = new ItemError(providerFailure(novita, full));
	expect(error).toMatchObject({ name: 'ItemError', message: 'Novita (HTTP 402): Not enough.' });
});

it('an error that stops the node says which item, and keeps codes out of n8n’s sight', () => {
	const item = { ...ownFailure(novita, full), message: 'read ECONNRESET' };
	const error = toNodeError(hookContext().getNode(), 3, item);
	expect(error.message).toBe('connection cut');
	expect(error.description).toBe(full.advice);
	expect(error.context.itemIndex).toBe(3);
});

describe('the item of an error', () => {
	const context = hookContext({ itemIndex: 2 });

	it('has the job and what is known of the failure, where there are any', () => {
		expect(errorItem(context, providerFailure(novita, full, job))).toStrictEqual({
			json: {
				error: 'Novita, job task-1 (HTTP 402): Not enough.',
				message: 'Novita, job task-1 (HTTP 402): Not enough.',
				details: {
					description: full.advice,
					provider: 'novita',
					accepted: 'yes',
					jobId: 'task-1',
					job,
					failure: full,
				},
			},
			pairedItem: { item: 2 },
		});
	});

	it('has neither where there is none', () => {
		const item = { message: 'Odd.', description: 'Look.', provider: 'novita' };
		expect(errorItem(context, { ...item, accepted: 'unknown' }).json.details).toStrictEqual({
			description: 'Look.',
			provider: 'novita',
			accepted: 'unknown',
		});
	});
});

describe('the error output', () => {
	const item = () => ({ json: { error: 'No.', details: { accepted: 'no' } } as never });
	const node = { onError: 'continueErrorOutput' } as const;
	const errorOf = (given: object) => (given as { error?: unknown }).error;

	it('is told by an error that n8n’s copy of the item leaves out', () => {
		const given = forErrorOutput(hookContext({ node }), item());
		expect(errorOf(given)).toBeInstanceOf(NodeOperationError);
		expect((errorOf(given) as Error).message).toBe('No.');
		expect(JSON.stringify(given)).toBe(JSON.stringify(item()));
		expect(Object.keys(structuredClone(given))).toStrictEqual(['json']);
	});

	it('may be told again, after a sleep', () => {
		const context = hookContext({ node });
		const given = forErrorOutput(context, item());
		expect(() => forErrorOutput(context, given)).not.toThrow();
	});

	it.each([
		['the item is not copied', { node, isCopied: false }, item()],
		['there is no such output', { node: { onError: 'continueRegularOutput' as const } }, item()],
		['the item has no error', { node }, { json: { details: {} } }],
		['its error is no text', { node }, { json: { error: {}, details: {} } }],
		['its error is not ours', { node }, { json: { error: 'No.', details: 'x' } }],
	])('is told nothing where %s', (_where, options, given) => {
		expect(errorOf(forErrorOutput(hookContext(options), given as never))).toBeUndefined();
	});
});
