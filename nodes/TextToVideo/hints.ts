/**
 * What a person reads in the output pane before the node has run, and after. A declarative node can show nothing while it
 * runs, so how long it takes is said before.
 */
import type { NodeHint } from 'n8n-workflow';
import { providers } from '../../providers/registry';
import type { Provider } from '../../providers/contract';

const MINUTE = 60;

function duration(seconds: number): string {
	if (seconds < 1.5 * MINUTE) return `${seconds} seconds`;
	return `${Math.round(seconds / MINUTE)} minutes`;
}

function usual({ title, limits }: Provider): string {
	const { requestsPerMinute, typicalSeconds } = limits;
	const pace =
		requestsPerMinute === undefined
			? ''
			: ` The provider takes ${requestsPerMinute} orders a minute; more items wait in line.`;
	return `<b>${title}</b>: a video usually takes about ${duration(typicalSeconds)}.${pace}`;
}

const BEFORE: NodeHint[] = providers.map((provider) => ({
	message: usual(provider),
	displayCondition: `={{ $parameter["provider"] === ${JSON.stringify(provider.id)} && $parameter["whenSubmitted"] !== "estimate" }}`,
	whenToDisplay: 'beforeExecution',
	location: 'outputPane',
}));

export const hints: NodeHint[] = [
	...BEFORE,
	{
		message:
			'The provider has these jobs. Get their videos with <b>Fetch Result</b>, which waits for them. To look once instead, let a <b>Wait</b> node pause before it: the number of seconds is in <code>nextPollSeconds</code> of each job that is not finished.',
		displayCondition: '={{ $parameter["whenSubmitted"] === "return" }}',
		whenToDisplay: 'afterExecution',
		location: 'outputPane',
	},
];
