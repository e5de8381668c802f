import type { DeliveryOutcome } from '../store/deliveries.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Seconds to wait after each attempt that failed; the schedule that Standard Webhooks suggests. */
const DELAYS_SECONDS = [
	5,
	5 * MINUTE,
	30 * MINUTE,
	2 * HOUR,
	5 * HOUR,
	10 * HOUR,
	14 * HOUR,
	20 * HOUR,
	24 * HOUR,
];
const JITTER = 0.1;

export type Verdict =
	| { kind: 'delivered' }
	/** The receiver said 410 Gone: it is never called again. */
	| { kind: 'disable' }
	| { kind: 'retry'; afterSeconds: number }
	| { kind: 'give-up' };

/**
 * @param attempts how many there were, this one included
 * @param random 0 … 1
 */
export function nextStep(outcome: DeliveryOutcome, attempts: number, random: number): Verdict {
	const { status, retryAfterSeconds, refused } = outcome;
	if (status !== undefined && status >= 200 && status < 300) return { kind: 'delivered' };
	if (status === 410) return { kind: 'disable' };
	const delay = DELAYS_SECONDS[attempts - 1];
	if (refused || delay === undefined) return { kind: 'give-up' };
	const jittered = delay * (1 + JITTER * random);
	const asked = Math.min(retryAfterSeconds ?? 0, DELAYS_SECONDS.at(-1)!);
	return { kind: 'retry', afterSeconds: Math.ceil(Math.max(jittered, asked)) };
}
