/** Errors that stop the node. They also name the other items' jobs, which are paid and can be fetched. */
import type { NodeOperationError } from 'n8n-workflow';
import type { Job } from '../../../providers/contract';

interface StoppingError {
	itemIndex: number;
	error: NodeOperationError;
	advice: string;
}

export class StoppingErrors {
	private readonly errors: StoppingError[] = [];
	private readonly jobs = new Map<number, Job>();

	/** n8n shows the first error only, and reads its description when all items are through. */
	add(itemIndex: number, error: NodeOperationError): NodeOperationError {
		const entry = { itemIndex, error, advice: error.description ?? '' };
		this.errors.push(entry);
		this.describe(entry);
		return error;
	}

	noteJob(itemIndex: number, job: Job): void {
		this.jobs.set(itemIndex, job);
		for (const entry of this.errors) this.describe(entry);
	}

	private describe({ itemIndex, error, advice }: StoppingError): void {
		const others = [...this.jobs].filter(([index]) => index !== itemIndex);
		const isLost = ([, { status }]: [number, Job]) => status === 'failed' || status === 'cancelled';
		error.description = [
			advice,
			listed(
				'The other jobs of this run, ready for Fetch Result',
				others.filter((other) => !isLost(other)),
			),
			listed('Without a video', others.filter(isLost)),
		]
			.filter((sentence) => sentence !== '')
			.join(' ');
	}
}

function listed(about: string, jobs: Array<[number, Job]>): string {
	const names = jobs.map(([index, job]) => `item ${index + 1}: job ${job.jobId} (${job.status})`);
	return names.length === 0 ? '' : `${about}: ${names.join(', ')}.`;
}
