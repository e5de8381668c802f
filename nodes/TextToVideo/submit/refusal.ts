/** Why a run may not start. Everything is known to be right before anything is sent. */
import { NodeOperationError, type IExecuteSingleFunctions } from 'n8n-workflow';
import { BASE_URL_ADVICE } from '../../shared/http';
import type { PreparedItem } from './validateItems';

const DEFAULT_MAX_JOBS = 100;

/** n8n itself says nothing when an expression names what the item does not have: it gives an empty value. */
const EARLIER_STEP =
	'If the field takes its value from an earlier step, look in the input whether it is there.';

export interface RefusalOptions {
	maximumJobs?: number;
	/** Why there is nowhere to send to. */
	baseUrlProblem?: string;
}

/** @param before jobs that earlier rounds of a loop have submitted */
export function refusalOf(
	context: IExecuteSingleFunctions,
	items: PreparedItem[],
	before: number,
	{ maximumJobs = DEFAULT_MAX_JOBS, baseUrlProblem }: RefusalOptions,
): NodeOperationError | undefined {
	const node = context.getNode();
	if (baseUrlProblem) {
		return new NodeOperationError(node, `${baseUrlProblem} Nothing was submitted.`, {
			description: BASE_URL_ADVICE,
		});
	}
	if (items.length + before > maximumJobs) {
		const sofar = before > 0 ? `, ${before} jobs were submitted in earlier rounds` : '';
		return new NodeOperationError(
			node,
			`There are ${items.length} items${sofar}, and Maximum Jobs is ${maximumJobs}. Nothing was submitted.`,
			{ description: 'Raise Maximum Jobs under Options if you really want that many videos.' },
		);
	}
	// Who goes on past errors gets one for each wrong item, and the others' videos.
	if (context.continueOnFail()) return undefined;
	const wrong = items.flatMap(({ problem }, index) => (problem ? [{ index, problem }] : []));
	const first = wrong[0];
	if (!first) return undefined;
	const lines = wrong.map(({ index, problem }) =>
		items.length === 1 ? problem : `[item ${index}] ${problem}`,
	);
	return new NodeOperationError(node, lines[0] as string, {
		itemIndex: first.index,
		description: [...lines.slice(1), `Nothing was submitted. ${EARLIER_STEP}`].join('\n'),
	});
}
