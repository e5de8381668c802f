/** What goes wrong on the wire in one scenario. */
import type { Faults } from '../simulators/faults';
import type { Call, Fault, RecordedRequest } from '../simulators/types';

export type Mishaps = Array<{ call: Call; fault: Fault; probability: number }>;

/** A proxy in between: no answer of the provider's, and nobody knows whether it got the request. */
const BAD_GATEWAY: Fault = {
	kind: 'answer',
	status: 502,
	headers: { 'content-type': 'text/html' },
	body: '<!DOCTYPE html><title>502 Bad Gateway</title>',
};

const REFUSALS: Fault[] = [
	{ kind: 'error', error: 'rateLimited' },
	{ kind: 'error', error: 'rateLimited', status: 429 },
	{ kind: 'error', error: 'rateLimited', status: 429, retryAfterSeconds: 7 },
	{ kind: 'error', error: 'noCredit' },
	{ kind: 'error', error: 'promptRefused' },
	{ kind: 'redirect' },
];

const DOUBTS: Fault[] = [
	{ kind: 'error', error: 'serverError' },
	{ kind: 'resetBefore' },
	{ kind: 'resetAfter' },
	{ kind: 'serverErrorAfter' },
	{ kind: 'serverErrorAfter', status: 503 },
	{ kind: 'truncated' },
	{ kind: 'wronglyTyped' },
	{ kind: 'oneWronglyTyped' },
	{ kind: 'webPage' },
	{ kind: 'silent' },
	BAD_GATEWAY,
];

const SLOW: Fault[] = [
	{ kind: 'slow', ms: 5_000 },
	{ kind: 'slow', ms: 90_000 },
];

const FAULTS: Partial<Record<Call, Fault[]>> = {
	submit: [...REFUSALS, ...DOUBTS, ...SLOW],
	fetch: [
		...DOUBTS,
		...SLOW,
		{ kind: 'error', error: 'rateLimited', status: 429, retryAfterSeconds: 20 },
		{ kind: 'error', error: 'rateLimited' },
		{ kind: 'error', error: 'notFound' },
		{ kind: 'redirect' },
	],
	file: fileFaults(),
	content: fileFaults(),
	cancel: [{ kind: 'resetBefore' }, { kind: 'error', error: 'serverError' }],
};

function fileFaults(): Fault[] {
	return [
		{ kind: 'error', error: 'serverError' },
		{ kind: 'resetBefore' },
		{ kind: 'truncated' },
		{ kind: 'redirect' },
		{ kind: 'silent' },
		...SLOW,
		{ kind: 'answer', status: 403, body: 'Request has expired' },
		{ kind: 'answer', status: 200, body: { status: 'error' } },
	];
}

const RATE_LIMITED: Fault = { kind: 'error', error: 'rateLimited', status: 429 };
const EXPIRED: Fault = { kind: 'answer', status: 403, body: 'Request has expired' };

/** By name, each in a host where it happens to whoever submits, waits or downloads. */
const SURE: Record<string, Array<[Call, Fault]>> = {
	serverError: [['fetch', { kind: 'error', error: 'serverError' }]],
	rateLimited: [
		['submit', RATE_LIMITED],
		['fetch', RATE_LIMITED],
	],
	reset: [['submit', { kind: 'resetAfter' }]],
	truncated: [['submit', { kind: 'truncated' }]],
	wronglyTyped: [['submit', { kind: 'wronglyTyped' }]],
	slow: [['submit', { kind: 'slow', ms: 5_000 }]],
	webPage: [['submit', { kind: 'webPage' }]],
	redirect: [['submit', { kind: 'redirect' }]],
	expired: [['file', EXPIRED]],
	silent: [['submit', { kind: 'silent' }]],
};

export const SURE_MISHAPS = Object.keys(SURE);

/**
 * One or two kinds of trouble for each kind of call, some calls without any; one scenario in ten goes smoothly but for
 * what is sure.
 *
 * @param sureName comes first, so that no other trouble comes before it
 */
export function drawMishaps(random: () => number, sureName: string): Mishaps {
	const sure = (SURE[sureName] ?? []).map(([call, fault]) => ({ call, fault, probability: 0.9 }));
	if (random() < 0.1) return sure;
	const pick = <T>(from: T[]): T => from[Math.floor(random() * from.length)]!;
	const drawn = Object.entries(FAULTS).flatMap(([call, faults]) =>
		Array.from({ length: pick([0, 1, 1, 2]) }, () => ({
			call: call as Call,
			fault: pick(faults),
			probability: pick([0.1, 0.3, 0.6]),
		})),
	);
	// A request that nobody answers ends by n8n's real time-out, which takes real time: only now and then. One that is
	// slow takes virtual time; where both could happen, the time-out would end what is only slow.
	const silent = sureName === 'silent' || (sureName !== 'slow' && random() < 0.15);
	const unwanted = silent ? 'slow' : 'silent';
	return [...sure, ...drawn.filter(({ fault }) => fault.kind !== unwanted)];
}

/** Whether some request would wait for ever. */
export const needsTimeout = (mishaps: Mishaps): boolean =>
	mishaps.some(({ fault }) => fault.kind === 'silent');

export function plan(faults: Faults, mishaps: Mishaps): void {
	for (const { call, fault, probability } of mishaps) faults.chance(call, probability, fault);
}

const LEAVES_DOUBT = new Set([
	'resetBefore',
	'resetAfter',
	'serverErrorAfter',
	'truncated',
	'wronglyTyped',
	'oneWronglyTyped',
	'webPage',
	'silent',
]);

/** Whether the sender of this request can not know what the provider made of it. */
export const leavesDoubt = ({ fault, status }: RecordedRequest): boolean =>
	(fault !== undefined && LEAVES_DOUBT.has(fault)) || (status !== undefined && status >= 500);
