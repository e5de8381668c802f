/** The provider's callbacks of a story: in time, twice, too early, forged, or never. */
import type { CallbackOptions } from '../simulators/callbacks';
import type { Simulator } from '../simulators/simulator';
import type { SimulatedJob } from '../simulators/types';
import type { Delivery, Story } from './scenario';

/** Before the end of the job. */
const EARLY_MS = 2_000;

export interface Letter {
	job: SimulatedJob;
	atMs: number;
	options: CallbackOptions;
	/** Tells what is the case, and comes from the provider. */
	true: boolean;
}

/** What is still to be delivered, in the order of time, as long as jobs come. */
export class Letters {
	private readonly delivered = new Set<string>();

	constructor(
		private readonly story: Story,
		private readonly sim: Simulator,
	) {}

	next(): Letter | undefined {
		return this.sim.book.jobs
			.flatMap((job) => lettersOf(job, this.story))
			.filter((letter) => !this.delivered.has(keyOf(letter)))
			.sort((a, b) => a.atMs - b.atMs)[0];
	}

	/** @returns the receiver's answers */
	async deliver(letter: Letter, url = letter.job.callbackUrl): Promise<number[]> {
		this.delivered.add(keyOf(letter));
		return await this.sim.callback(letter.job.id, { ...letter.options, ...(url ? { url } : {}) });
	}
}

export function deliveryOf(job: SimulatedJob, { prompts, deliveries }: Story): Delivery {
	const request = JSON.stringify(job.request);
	const item = prompts.findIndex((prompt) => request.includes(prompt));
	return deliveries[item] ?? 'lost';
}

function lettersOf(job: SimulatedJob, story: Story): Letter[] {
	// Who signs does not err about a job of his own.
	const signs = story.provider.capabilities.callback?.signature !== 'none';
	const endMs = job.acceptedAtMs + job.durationMs;
	const right: Letter = { job, atMs: endMs, options: {}, true: true };
	const wrong = (options: CallbackOptions): Letter => ({
		job,
		atMs: Math.max(job.acceptedAtMs, endMs - EARLY_MS),
		options,
		true: false,
	});
	const letters: Record<Delivery, Letter[]> = {
		once: [right],
		lost: [],
		doubled: [{ ...right, options: { times: 2 } }],
		forged: [wrong({ forged: true }), right],
		early: [wrong({ as: { status: 'succeeded', progress: 100 }, forged: signs }), right],
	};
	return letters[deliveryOf(job, story)];
}

const keyOf = ({ job, options }: Letter): string => `${job.id} ${JSON.stringify(options)}`;
