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
		const others = [...this.jobs]
			.filter(([index]) => index !== itemIndex)
			.map(([index, job]) => `item ${index}: job ${job.jobId} (${job.status})`);
		error.description =
			others.length === 0
				? advice
				: `${advice} The other jobs of this run, ready for Fetch Result: ${others.join(', ')}.`;
	}
}
