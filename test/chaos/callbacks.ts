/** The provider's callbacks of a scenario: in time, twice, too early, forged, or never. */
import type { CallbackOptions } from '../simulators/callbacks';
import type { Simulator } from '../simulators/simulator';
import type { SimulatedJob } from '../simulators/types';
import type { Delivery, Scenario } from './scenario';

/** Before the end of the job. */
const EARLY_MS = 2_000;

export interface CallbackCall {
	job: SimulatedJob;
	atMs: number;
	options: CallbackOptions;
	/** Tells what is the case, and comes from the provider. */
	true: boolean;
}

/** What is still to be delivered, in the order of time, as long as jobs come. */
export class CallbackCalls {
	private readonly delivered = new Set<string>();

	constructor(
		private readonly scenario: Scenario,
		private readonly sim: Simulator,
	) {}

	next(): CallbackCall | undefined {
		return this.sim.book.jobs
			.flatMap((job) => callbackCallsOf(job, this.scenario))
			.filter((callbackCall) => !this.delivered.has(keyOf(callbackCall)))
			.sort((a, b) => a.atMs - b.atMs)[0];
	}

	/** @returns the receiver's answers */
	async deliver(callbackCall: CallbackCall, url = callbackCall.job.callbackUrl): Promise<number[]> {
		this.delivered.add(keyOf(callbackCall));
		return await this.sim.callback(callbackCall.job.id, {
			...callbackCall.options,
			...(url ? { url } : {}),
		});
	}
}

export function deliveryOf(job: SimulatedJob, { prompts, deliveries }: Scenario): Delivery {
	const request = JSON.stringify(job.request);
	const item = prompts.findIndex((prompt) => request.includes(prompt));
	return deliveries[item] ?? 'lost';
}

function callbackCallsOf(job: SimulatedJob, scenario: Scenario): CallbackCall[] {
	if (!scenario.provider.capabilities.callback) return [];
	// Who signs does not err about a job of his own.
	const signs = scenario.provider.capabilities.callback?.signature !== 'none';
	const endMs = job.acceptedAtMs + job.durationMs;
	const right: CallbackCall = { job, atMs: endMs, options: {}, true: true };
	const wrong = (options: CallbackOptions): CallbackCall => ({
		job,
		atMs: Math.max(job.acceptedAtMs, endMs - EARLY_MS),
		options,
		true: false,
	});
	const callbackCalls: Record<Delivery, CallbackCall[]> = {
		once: [right],
		lost: [],
		doubled: [{ ...right, options: { times: 2 } }],
		forged: [wrong({ forged: true }), right],
		early: [wrong({ as: { status: 'succeeded', progress: 100 }, forged: signs }), right],
	};
	return callbackCalls[deliveryOf(job, scenario)];
}

const keyOf = ({ job, options }: CallbackCall): string => `${job.id} ${JSON.stringify(options)}`;
