/** Text to Video's hook for the items of a run side by side, as n8n calls it, on a context that is not n8n's. */
import type { INodeExecutionData } from 'n8n-workflow';
import { submitHook } from '../../nodes/TextToVideo/submit/hook';
import { contextOfItem } from '../../nodes/TextToVideo/submit/parameters';
import type { HookContext } from './hookContext';

export interface SubmitRun {
	/** By item: what the hook gave; none where it threw, or gave nothing. */
	given: Array<INodeExecutionData | undefined>;
	/** By item: what it threw. */
	errors: Array<{ message: string; description?: string } | undefined>;
}

/** @param left items that n8n does not hand to the hook: their expressions fail */
export async function submitRun(
	context: HookContext,
	prepared: object = {},
	left: number[] = [],
): Promise<SubmitRun> {
	const count = context.getExecuteData().data.main?.[0]?.length ?? 0;
	const options = { baseURL: 'http://127.0.0.1:8484', ...prepared };
	const results = await Promise.allSettled(
		Array.from({ length: count }, async (_unused, item) => {
			if (left.includes(item)) return [];
			const own = contextOfItem(context, item);
			return await submitHook.call(own, { options } as never);
		}),
	);
	return {
		given: results.map((result) => (result.status === 'fulfilled' ? result.value[0] : undefined)),
		errors: results.map((result) =>
			result.status === 'rejected' ? (result.reason as Error) : undefined,
		),
	};
}
