/**
 * Virtual time for a whole process in which real HTTP runs: hours of waiting pass in milliseconds. Timers and the
 * date are faked; time moves to the next timer only while nothing happens, that is, while no message is on its way
 * and no file is being written.
 */
import { subscribe } from 'node:diagnostics_channel';
import { vi } from 'vitest';
import { seededRandom } from '../simulators/faults';

/** 2026-01-05, 09:00 UTC. */
const START_MS = Date.UTC(2026, 0, 5, 9);
/** Turns of the event loop without a sign of life after which nothing more comes by itself. */
const QUIET_TURNS = 12;
/** Loopback needs far fewer turns than this, so a request without an answer by then waits for a timer. */
const QUIET_TURNS_IN_FLIGHT = 120;
/** Virtual time after which a scenario hangs. */
const LONGEST_STORY_MS = 48 * 3600 * 1000;
/** Real time after which a scenario hangs that waits for no timer at all. */
const LONGEST_STANDSTILL_MS = 10_000;

const realSetTimeout = setTimeout;
const realNow = performance.now.bind(performance);

let signsOfLife = 0;
/** Under way. One whose connection is gone counts no more, whatever was reported of it. */
const requests = new Set<Exchange>();
let watching = false;

/** Of Node's own client (a ClientRequest) or of undici's. */
interface Exchange {
	destroyed?: boolean;
	aborted?: boolean;
	completed?: boolean;
	res?: { destroyed: boolean; complete: boolean };
}

/** Node's own reports about HTTP, of its classic client and server and of undici. */
function watch(): void {
	if (watching) return;
	watching = true;
	const on = (channel: string, change: number) =>
		subscribe(channel, (message) => {
			const { request } = message as { request: Exchange };
			signsOfLife += 1;
			if (change > 0) requests.add(request);
			if (change < 0) requests.delete(request);
		});
	on('http.client.request.start', 1);
	on('http.client.response.finish', -1);
	on('http.client.request.error', -1);
	on('http.server.request.start', 0);
	on('http.server.response.finish', 0);
	on('undici:request:create', 1);
	on('undici:request:bodySent', 0);
	on('undici:request:headers', 0);
	on('undici:request:trailers', -1);
	on('undici:request:error', -1);
}

class Hung extends Error {
	override name = 'Hung';
}

/** Chance as the scenario's seed has it, for everything in the process: jitter of waits, ids of executions. */
export const drawFrom = (seed: number): void =>
	void vi.spyOn(Math, 'random').mockImplementation(seededRandom(seed));

export function startVirtualTime(): void {
	watch();
	vi.useFakeTimers({
		toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
		now: START_MS,
	});
}

export function stopVirtualTime(): void {
	vi.restoreAllMocks();
	vi.useRealTimers();
}

/** Sees the work through, with time running as fast as it can. @throws Hung where it does not end */
export async function untilDone<T>(work: Promise<T>): Promise<T> {
	let over = false;
	const end = () => {
		over = true;
	};
	work.then(end, end);
	if (!(await run(() => over, LONGEST_STORY_MS))) throw new Hung('It did not end within two days');
	return await work;
}

/** Lets virtual time run until `over` says so (then true), or for so long (then false). @throws Hung */
export async function run(over: () => boolean, limitMs: number): Promise<boolean> {
	const endMs = Date.now() + limitMs;
	let standsSinceMs: number | undefined;
	for (;;) {
		await quiet();
		if (over()) return true;
		if (Date.now() >= endMs) return false;
		if (vi.getTimerCount() > 0) {
			standsSinceMs = undefined;
			vi.advanceTimersToNextTimer();
			continue;
		}
		// Only something real is left to wait for: the time-out of a request that nobody answers.
		standsSinceMs ??= realNow();
		if (realNow() - standsSinceMs > LONGEST_STANDSTILL_MS) throw new Hung('It waits for nothing');
		await new Promise((resolve) => realSetTimeout(resolve, 1));
	}
}

/** Lets virtual time run up to this moment. */
export async function passUntil(atMs: number): Promise<void> {
	const leftMs = atMs - Date.now();
	if (leftMs > 0) await untilDone(new Promise((resolve) => setTimeout(resolve, leftMs)));
}

/** What was waiting never goes on: the process is gone. */
export function killSleepers(): void {
	const nowMs = Date.now();
	// It sets the time back, too.
	vi.clearAllTimers();
	vi.setSystemTime(nowMs);
}

/** Requests that wait for their answer. */
export function inFlight(): number {
	for (const request of requests) {
		const { destroyed, aborted, completed, res } = request;
		if (destroyed || aborted || completed || res?.destroyed || res?.complete)
			requests.delete(request);
	}
	return requests.size;
}

async function quiet(): Promise<void> {
	let seen = signsOfLife;
	for (let turns = 0; turns < (inFlight() > 0 ? QUIET_TURNS_IN_FLIGHT : QUIET_TURNS); turns += 1) {
		await new Promise<void>((resolve) => setImmediate(resolve));
		if (seen !== signsOfLife || (turns % 4 === 3 && somethingIsBusy())) {
			seen = signsOfLife;
			turns = 0;
		}
	}
}

const somethingIsBusy = (): boolean =>
	process.getActiveResourcesInfo().some((name) => /^(FSReq|GetAddrInfo|TCPConnect)/.test(name));
