/** Why a run may not start. Everything is known to be right before anything is sent. */
import { NodeOperationError, type IExecuteSingleFunctions, type INode } from 'n8n-workflow';
import type { Refusal } from '../../../jobs/reservations';
import type { NotSentError } from '../../../jobs/transportErrors';
import type { FailureCode } from '../../../providers/contract';
import { sentence } from '../../../providers/replies/failureText';
import type { PreparedItem } from './validateItems';

/** Nothing of the run is sent. */
export class RefusedRun extends NodeOperationError {
	constructor(
		node: INode,
		message: string,
		/** Says whom to blame: the items (`invalid_request`), the account, or a limit of the execution (`not_allowed`). */
		readonly failureCode: FailureCode,
		options: { description: string; itemIndex?: number },
	) {
		super(node, message, options);
	}
}

/** n8n itself says nothing when an expression names what the item does not have: it gives an empty value. */
const EARLIER_STEP =
	'If the field takes its value from an earlier step, look in the input whether it is there.';

/**
 * What is wrong with the account or with the items; with an item only where the workflow does not go on past errors.
 *
 * @param accountProblem why there is nowhere to send to, or nothing to prove oneself by
 */
export function invalidRun(
	context: IExecuteSingleFunctions,
	items: PreparedItem[],
	accountProblem: NotSentError | undefined,
): RefusedRun | undefined {
	const node = context.getNode();
	if (accountProblem) {
		const { message, advice, failureCode } = accountProblem;
		return new RefusedRun(node, `${sentence(message)} Nothing was submitted.`, failureCode, {
			description: advice,
		});
	}
	// Who goes on past errors gets one for each wrong item, and the others' videos.
	if (context.continueOnFail()) return undefined;
	const wrong = items.flatMap(({ problem }, index) => (problem ? [{ index, problem }] : []));
	const first = wrong[0];
	if (!first) return undefined;
	const lines = wrong.map(({ index, problem }) =>
		items.length === 1 ? problem : `[item ${index + 1}] ${problem}`,
	);
	return new RefusedRun(node, lines[0] as string, 'invalid_request', {
		itemIndex: first.index,
		description: [...lines.slice(1), `Nothing was submitted. ${EARLIER_STEP}`].join('\n'),
	});
}

const inUsd = (usd: number): string => `${usd} USD`;

/**
 * Why the limits of the execution keep the items from being submitted.
 *
 * @param basisOf how the price of a place was computed, or why there is none
 */
export function overLimits(
	context: IExecuteSingleFunctions,
	refusal: Refusal,
	basisOf: (place: string) => string,
): RefusedRun {
	const [message, description] = textOf(refusal, basisOf);
	const text = `${message} Nothing was submitted.`;
	return new RefusedRun(context.getNode(), text, 'not_allowed', { description });
}

function textOf(refusal: Refusal, basisOf: (place: string) => string): [string, string] {
	switch (refusal.reason) {
		case 'jobs': {
			const { held, wanted, limit, items: count } = refusal;
			const several = wanted === count ? '' : ` that order ${wanted} videos`;
			const items = count === 1 ? `is 1 item${several}` : `are ${count} items${several}`;
			const before = held === 0 ? '' : `, ${jobsWere(held)} submitted before in this execution`;
			return [
				`There ${items}${before}, and Maximum Jobs is ${limit}.`,
				'Raise Maximum Jobs under Options if you really want that many videos.',
			];
		}
		case 'cost': {
			const { held, wanted, limit } = refusal;
			const before = held === 0 ? '' : `, ${inUsd(held)} were spent before in this execution`;
			return [
				`The videos would cost ${inUsd(wanted)}${before}, and Maximum Cost is ${inUsd(limit)}.`,
				'Raise Maximum Cost under Options, or order fewer, shorter or smaller videos.',
			];
		}
		case 'unpriced':
			return [
				`Maximum Cost is set, and what the videos cost can not be said before: ${refusal.places.map(basisOf).join('; ')}.`,
				'Set When There Is No Price under Options to Run Anyway, remove Maximum Cost, or choose what has a price.',
			];
	}
}

const jobsWere = (count: number): string => (count === 1 ? '1 job was' : `${count} jobs were`);
