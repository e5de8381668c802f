/** A story: one run of a workflow or flow with a few videos, and everything that goes wrong in it. All from a seed. */
import type { Provider } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { seededRandom } from '../simulators/faults';
import { drawMishaps, needsTimeout, type Mishaps } from './mishaps';

export const PLACES = ['n8n', 'node-red'] as const;
export type Place = (typeof PLACES)[number];

/**
 * `wait`: submit, wait, download in one node. `fetch`: one node returns the job, a second one fetches the result.
 * `suspend`: n8n's execution sleeps until the provider calls.
 */
export type Flow = 'wait' | 'fetch' | 'suspend';
/** What becomes of a callback on its way. `forged` and `early` come before the true one. */
export type Delivery = 'once' | 'lost' | 'doubled' | 'forged' | 'early';
export type OnError = 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';

/**
 * What becomes of the host in the middle. `kill`: everything in memory is gone; n8n goes on with the execution data
 * that it saved, Node-RED is deployed anew. `stop`: the user presses Stop (n8n) or cancels (Node-RED).
 */
export interface Interruption {
	kind: 'kill' | 'stop';
	/** Virtual time. */
	afterMs: number;
}

export interface Story {
	/** `seed/index` in a failure's message; repeats the story alone. */
	index: number;
	seed: number;
	place: Place;
	provider: Provider;
	/** A text for each video that occurs nowhere else; its prompt. */
	prompts: string[];
	flow: Flow;
	onError: OnError;
	/** n8n's Retry on Fail. */
	tries: number;
	/** How often a person presses Retry after a failure. */
	reruns: number;
	interruption?: Interruption;
	waitAtMostMinutes: number;
	/** For each prompt. */
	deliveries: Delivery[];
	/** Milliseconds after which a request is given up: real ones, short where some request is never answered. */
	timeoutMs: number;
	/** How long the provider works on a video. */
	durationMs: number;
	/** Numbers of the prompts whose video the provider fails to make. */
	failing: number[];
	/** Result URLs that were handed out die at these times. */
	expiriesMs: number[];
	/** The provider tells us to ask for the result at a host of someone else's. */
	foreignFetch: boolean;
	mishaps: Mishaps;
}

const MINUTE_MS = 60_000;

export function drawStory(seed: number, index: number, place: Place): Story {
	const random = seededRandom(Math.imul(seed, 1_000_003) + index + PLACES.indexOf(place) * 500_009);
	const chance = (probability: number) => random() < probability;
	const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
	const oneOf = <T>(...from: T[]): T => from[between(0, from.length - 1)]!;
	// Every provider in turn, so that each gets the same share.
	const provider = providers[index % providers.length]!;
	const count = oneOf(1, 2, 3, 3, 4, 6);
	const prompts = Array.from(
		{ length: count },
		(_, item) => `take ${place} ${index}.${item} of a boat`,
	);
	const mishaps = drawMishaps(random);
	const durationMs = oneOf(
		0,
		0,
		between(1, 20) * 1000,
		between(20, 300) * 1000,
		between(5, 20) * MINUTE_MS,
	);
	const maySleep = place === 'n8n' && provider.abilities.callback !== undefined;
	const flow = oneOf<Flow>('wait', 'fetch', maySleep ? 'suspend' : 'wait');
	return {
		index,
		seed,
		place,
		provider,
		prompts,
		flow,
		onError: oneOf('stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'),
		tries: oneOf(1, 1, 2, 3),
		reruns: oneOf(0, 1, 2),
		...(chance(0.3)
			? {
					interruption: {
						kind: oneOf<'kill' | 'stop'>('kill', 'kill', 'stop'),
						afterMs: between(1, Math.max(2, Math.ceil(durationMs / 1000))) * 1000,
					},
				}
			: {}),
		waitAtMostMinutes: oneOf(1, 10, 60),
		deliveries: prompts.map(() =>
			oneOf<Delivery>('once', 'once', 'lost', 'doubled', 'forged', 'early'),
		),
		timeoutMs: needsTimeout(mishaps) ? 2_000 : 300_000,
		durationMs,
		failing: prompts.flatMap((_, item) => (chance(0.12) ? [item] : [])),
		expiriesMs: chance(0.25) ? [between(0, durationMs + MINUTE_MS)] : [],
		foreignFetch: chance(0.2),
		mishaps,
	};
}
