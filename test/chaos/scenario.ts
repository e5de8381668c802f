/** A scenario: one run of a workflow or flow with a few videos, and everything that goes wrong in it. All from a seed. */
import type { Provider } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { seededRandom } from '../simulators/faults';
import type { Call } from '../simulators/types';
import { drawMishaps, needsTimeout, SURE_MISHAPS, type Mishaps } from './mishaps';

export const HOST_NAMES = ['n8n', 'node-red'] as const;
export type HostName = (typeof HOST_NAMES)[number];

/**
 * `wait`: submit, wait, download in one node. `fetch`: one node returns the job, a second one fetches the result.
 * `callback`: n8n's execution sleeps until the provider calls, or it wakes by itself; in Node-RED, the webhook node passes the video on.
 */
export type Flow = 'wait' | 'fetch' | 'callback';
/** What becomes of a callback on its way. `forged` and `early` come before the true one. */
export type Delivery = 'once' | 'lost' | 'doubled' | 'forged' | 'early';
const DELIVERIES = ['lost', 'doubled', 'forged', 'early'] as const satisfies Delivery[];
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

/**
 * What goes wrong about money, where the provider has a log with our ids. `charged double`: the price rises after it was
 * read. `log late`: a row comes after 40 s. `two rows`: two rows bear our id. The budgets are exactly what the videos
 * are quoted at, and a cent less.
 */
export const MONEY_TROUBLES = [
	'charged double',
	'log late',
	'log unreachable',
	'two rows',
	'budget at the edge',
	'budget a cent short',
] as const;
export type MoneyTrouble = (typeof MONEY_TROUBLES)[number];

export interface Scenario {
	/** `seed/index` in a failure's message; repeats the scenario alone. */
	index: number;
	seed: number;
	hostName: HostName;
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
	/** How much of it the job is only queued, where not a fifth: no estimate is given then. */
	queueMs?: number;
	/** Numbers of the prompts whose video the provider fails to make. */
	failing: number[];
	/** Result URLs that were handed out die at these times. */
	expiriesMs: number[];
	/** The provider tells us to ask for the result at a host of someone else's. */
	foreignFetch: boolean;
	money?: MoneyTrouble;
	mishaps: Mishaps;
}

const MINUTE_MS = 60_000;
/**
 * n8n stays awake for what ends within a minute, by an estimate that may be a third too short, and hears no callback then;
 * else it sleeps for two minutes at least where callbacks are offered, and hears one of a job that takes less.
 */
const HEARD_MS = 110_000;

/** Chance alone would spare some provider some trouble: one kind after the other is sure to be planned for each. */
function sureTrouble(round: number): string {
	const all = [...SURE_MISHAPS, ...DELIVERIES, 'restart'];
	return all[round % all.length]!;
}

/** One after the other, so that each is sure to come. Budgets are n8n's, and need a price. */
function moneyTroubleOf(
	{ submitLog, pricing }: Provider,
	hostName: HostName,
	round: number,
): MoneyTrouble | undefined {
	if (!submitLog?.bearsRequestId || !pricing) return undefined;
	const trouble = MONEY_TROUBLES[round % (MONEY_TROUBLES.length + 1)];
	return trouble?.startsWith('budget') && hostName !== 'n8n' ? undefined : trouble;
}

export function drawScenario(seed: number, index: number, hostName: HostName): Scenario {
	const random = seededRandom(
		Math.imul(seed, 1_000_003) + index + HOST_NAMES.indexOf(hostName) * 500_009,
	);
	const chance = (probability: number) => random() < probability;
	const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
	const oneOf = <T>(...from: T[]): T => from[between(0, from.length - 1)]!;
	// Every provider in turn, so that each gets the same share.
	const provider = providers[index % providers.length]!;
	const sure = sureTrouble(Math.floor(index / providers.length));
	const drawnCount = oneOf(1, 2, 3, 3, 4, 6);
	// A file that is asked for once only may be spared.
	const count = sure === 'expired' ? Math.max(3, drawnCount) : drawnCount;
	const prompts = Array.from(
		{ length: count },
		(_, item) => `take ${hostName} ${index}.${item} of a boat`,
	);
	// For some trouble to come about, there must be a job in the first host.
	const calm = sure === 'expired' || sure === 'restart' || DELIVERIES.some((one) => one === sure);
	const quiet: Call[] = sure === 'expired' ? ['submit', 'fetch'] : calm ? ['submit'] : [];
	const mishaps = drawMishaps(random, sure).filter(({ call }) => !quiet.includes(call));
	const drawnMs = oneOf(
		0,
		0,
		between(1, 20) * 1000,
		between(20, 300) * 1000,
		between(5, 20) * MINUTE_MS,
	);
	const calls = provider.capabilities.callback !== undefined;
	// n8n sleeps and wakes by the schedule where no provider calls.
	const drawnFlow = oneOf<Flow>('wait', 'fetch', calls || hostName === 'n8n' ? 'callback' : 'wait');
	const delivery = DELIVERIES.find((one) => one === sure);
	const waits = sure === 'restart' || sure === 'expired';
	const flow = waits ? 'wait' : delivery && calls ? 'callback' : drawnFlow;
	// Nobody is killed in the middle of nothing.
	const calmMs = Math.max(drawnMs, 40_000);
	const money = moneyTroubleOf(provider, hostName, Math.floor(index / providers.length));
	const durationMs = delivery ? HEARD_MS : calm && sure !== 'expired' ? calmMs : drawnMs;
	return {
		index,
		seed,
		hostName,
		provider,
		prompts,
		flow,
		onError: oneOf('stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'),
		tries: oneOf(1, 1, 2, 3),
		reruns: oneOf(0, 1, 2),
		...(sure === 'restart' || (!calm && chance(0.3))
			? {
					interruption: {
						kind: oneOf<'kill' | 'stop'>('kill', 'kill', sure === 'restart' ? 'kill' : 'stop'),
						afterMs: between(1, Math.max(2, Math.ceil(durationMs / (calm ? 2000 : 1000)))) * 1000,
					},
				}
			: {}),
		waitAtMostMinutes: calm ? 60 : oneOf(1, 10, 60),
		deliveries: prompts.map(() => delivery ?? oneOf('once', 'once', ...DELIVERIES)),
		timeoutMs: needsTimeout(mishaps) ? 2_000 : 300_000,
		durationMs,
		// Who is told the end exactly is awake by then, and hears no callback.
		...(delivery ? { queueMs: durationMs - 5_000 } : {}),
		failing: prompts.flatMap((_, item) => (chance(0.12) ? [item] : [])),
		expiriesMs: chance(0.25) ? [between(0, durationMs + MINUTE_MS)] : [],
		foreignFetch: chance(0.2),
		...(money ? { money } : {}),
		mishaps,
	};
}
