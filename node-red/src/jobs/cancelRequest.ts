/** What a message asks for with `msg.cancel` or `msg.reset`. Pure. */
import { jobIdOf } from '../../../jobs/resolveJob';
import type { Message } from '../messages/message';

export type CancelRequest = {
	property: 'cancel' | 'reset';
	/** Also ends the waiting for jobs that the provider can not cancel. */
	stopsWaiting: boolean;
} & (
	| { meant: 'all' }
	/** An empty list means no job. */
	| { meant: 'ids'; ids: string[] }
	/** Something that names no job. Taking it for "all" would end what nobody meant. */
	| { meant: 'nothing readable'; value: unknown }
);

/** `undefined` where the message asks for no end: nothing, `false`, or a blank text. */
export function cancelRequest(msg: Message): CancelRequest | undefined {
	const property = (['cancel', 'reset'] as const).find((name) => asksForSomething(msg[name]));
	if (!property) return undefined;
	const asked = msg[property];
	const request = { property, stopsWaiting: property === 'reset' };
	if (asked === true) return { ...request, meant: 'all' };
	const list: unknown[] = Array.isArray(asked) ? asked : [asked];
	const ids = list.map(jobIdOf).filter((id) => id !== undefined);
	return ids.length === list.length
		? { ...request, meant: 'ids', ids }
		: { ...request, meant: 'nothing readable', value: asked };
}

const asksForSomething = (asked: unknown): boolean =>
	asked !== undefined &&
	asked !== null &&
	asked !== false &&
	!(typeof asked === 'string' && asked.trim() === '');
