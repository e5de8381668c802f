/** How much of each kind of trouble really befell a scenario: what was only planned does not count. */
import type { Provider } from '../../providers/contract';
import type { Simulator } from '../simulators/simulator';
import type { RecordedRequest, SimulatedJob } from '../simulators/types';
import type { Evidence } from './evidence';
import { deliveryOf } from './callbacks';
import type { Delivery, Scenario } from './scenario';

const callsBack = ({ capabilities }: Provider): boolean => capabilities.callback !== undefined;
/** One whose videos lie on a file host; the local executor serves them itself, and its address does not expire. */
const hasFileHost = ({ account }: Provider): boolean => account.cloud;

interface Trouble {
	name: string;
	count(request: RecordedRequest): boolean;
	/** Absent: every provider. */
	befalls?(provider: Provider): boolean;
}

const fault =
	(...kinds: Array<RecordedRequest['fault']>) =>
	(request: RecordedRequest): boolean =>
		request.fault !== undefined && kinds.includes(request.fault);

const ON_THE_WIRE: Trouble[] = [
	{ name: '5xx', count: ({ fault: kind, status = 0 }) => kind !== undefined && status >= 500 },
	{ name: '429', count: ({ fault: kind, status }) => kind !== undefined && status === 429 },
	{ name: 'reset', count: fault('resetBefore', 'resetAfter') },
	{ name: 'truncated', count: fault('truncated') },
	{ name: 'wrongly typed JSON', count: fault('wronglyTyped', 'oneWronglyTyped') },
	{ name: 'slow answer', count: fault('slow') },
	{ name: 'no answer', count: fault('silent') },
	{ name: 'web page', count: fault('webPage') },
	{ name: 'redirect', count: fault('redirect') },
	{
		name: 'expired URL',
		befalls: hasFileHost,
		count: ({ host, status }) => host === 'files' && status === 403,
	},
];

const DELIVERIES: Array<Exclude<Delivery, 'once'>> = ['lost', 'doubled', 'forged', 'early'];

export const TROUBLES: Array<{ name: string; befalls(provider: Provider): boolean }> = [
	...ON_THE_WIRE.map(({ name, befalls = () => true }) => ({ name, befalls })),
	...DELIVERIES.map((delivery) => ({ name: `${delivery} callback`, befalls: callsBack })),
	{ name: 'restart', befalls: () => true },
];

export type Injected = Record<string, number>;

export function injectedInto(scenario: Scenario, sim: Simulator, { restarts }: Evidence): Injected {
	const { requests, jobs, callbacks } = sim.book;
	const callbackCalls = (job: SimulatedJob) =>
		callbacks.filter(({ jobId }) => jobId === job.id).length;
	const announced =
		scenario.flow === 'callback' ? jobs.filter(({ callbackUrl }) => callbackUrl) : [];
	return {
		...Object.fromEntries(
			ON_THE_WIRE.map(({ name, count }) => [name, requests.filter(count).length]),
		),
		...Object.fromEntries(
			DELIVERIES.map((delivery) => [
				`${delivery} callback`,
				announced.filter(
					(job) =>
						deliveryOf(job, scenario) === delivery &&
						(delivery === 'lost') === (callbackCalls(job) === 0),
				).length,
			]),
		),
		restart: restarts,
	};
}
