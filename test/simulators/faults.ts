/** What goes wrong and when: once on demand, or by chance from a seed. */
import type { Call, Fault } from './types';

interface Planned {
	call: Call;
	fault: Fault;
	left: number;
	jobId?: string;
	path?: string;
}

export class Faults {
	private readonly planned: Planned[] = [];
	private readonly chances: Array<{ call: Call; fault: Fault; probability: number }> = [];

	/** One for each kind of call and job, so that chance does not depend on which of two requests comes first. */
	private readonly dice = new Map<string, () => number>();
	private readonly seed: number;

	constructor(random: () => number) {
		this.seed = Math.floor(random() * 2 ** 32);
	}

	/**
	 * The next requests of this kind go wrong, in the order in which the faults were planned.
	 *
	 * @param options `times` (1); `jobId`, `path`: only requests about this job, of this path
	 */
	next(
		call: Call,
		fault: Fault,
		options: { times?: number; jobId?: string; path?: string } = {},
	): this {
		const { times = 1, ...only } = options;
		this.planned.push({ call, fault, left: times, ...only });
		return this;
	}

	/** Every request of this kind goes wrong with this probability (0–1), drawn from the simulator's seed. */
	chance(call: Call, probability: number, fault: Fault): this {
		this.chances.push({ call, fault, probability });
		return this;
	}

	/** From now on everything goes well. */
	clear(): void {
		this.planned.length = 0;
		this.chances.length = 0;
	}

	/** Faults that were planned and have not happened. */
	get pending(): number {
		return this.planned.reduce((sum, { left }) => sum + left, 0);
	}

	/** @param about what the request is about, where no job is named: chance must not depend on what came before it */
	take(
		call: Call,
		jobId: string | undefined,
		{ about = '', path = '' }: { about?: string; path?: string } = {},
	): Fault | undefined {
		const plan = this.planned.find(
			(entry) =>
				entry.call === call &&
				entry.left > 0 &&
				(!entry.jobId || entry.jobId === jobId) &&
				(!entry.path || entry.path === path),
		);
		if (plan) {
			plan.left -= 1;
			return plan.fault;
		}
		const die = this.dieOf(`${call} ${jobId ?? about}`);
		return this.chances.find((entry) => entry.call === call && die() < entry.probability)?.fault;
	}

	private dieOf(key: string): () => number {
		const known = this.dice.get(key);
		if (known) return known;
		const die = seededRandom(hashOf(key, this.seed));
		this.dice.set(key, die);
		return die;
	}
}

export const hashOf = (text: string, seed: number): number =>
	[...text].reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0), seed);

/** Mulberry32: a small seeded generator, 0 ≤ n < 1. */
export function seededRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Every member in another type than documented. */
export function wronglyTyped(body: unknown): unknown {
	if (typeof body !== 'object' || body === null) return { status: 7 };
	return Object.fromEntries(
		Object.entries(body).map(([name, value]) => [
			name,
			typeof value === 'string' ? { text: value } : typeof value === 'number' ? [value] : 'text',
		]),
	);
}

/** One member in another type than documented, the others as they are. */
export function oneWronglyTyped(body: unknown, random: () => number): unknown {
	if (typeof body !== 'object' || body === null) return wronglyTyped(body);
	const names = Object.keys(body);
	const name = names[Math.floor(random() * names.length)] ?? '';
	return { ...body, [name]: (wronglyTyped(body) as Record<string, unknown>)[name] };
}
