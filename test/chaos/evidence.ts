/** What a run leaves behind for the person who started it. */
import type { Accepted, Job } from '../../providers/contract';
import type { Simulator } from '../simulators/simulator';
import type { SimulatedJob } from '../simulators/types';

/** How one video of a scenario ended, as the host says. */
export type End =
	/** `fileless`: only the job was asked for. */
	| { kind: 'job'; job: Job; video?: Buffer; fileless?: true }
	| { kind: 'error'; accepted: Accepted; text: string }
	/** The run as a whole ended with an error, which shows one item's failure and mentions the others. */
	| { kind: 'halted'; text: string; about: boolean }
	/** A person stopped it. */
	| { kind: 'stopped' };

export interface Evidence {
	/** By the number of the prompt. */
	ends: Map<number, End>;
	/** Everything that is shown, saved or written down. n8n's saved run, with its ledger, counts as output. */
	texts: Array<{ where: 'output' | 'error' | 'log'; text: string }>;
	/** Videos of which a later run took up the job that an earlier one had left. */
	attached: number;
	/** How often the host was killed or deployed anew in the middle. */
	restarts: number;
	/** What must not be, whatever the book says. */
	oddities: string[];
}

/** The jobs that the provider took for this prompt. */
export const jobsBearing = (sim: Simulator, prompt: string): SimulatedJob[] =>
	sim.book.jobs.filter(({ request }) => JSON.stringify(request).includes(prompt));
