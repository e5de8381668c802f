import { NodeOperationError, type INode } from 'n8n-workflow';
import { expect, it } from 'vitest';
import { StoppingErrors } from '../../nodes/TextToVideo/submit/stoppingErrors';
import { newJob } from '../../providers/replies/job';

const node = { name: 'Video', type: 'textToVideo', parameters: {} } as never as INode;
const job = (jobId: string) => newJob('novita', jobId, 0);

it('names the other jobs, and calls only those ready that may have a video', () => {
	const errors = new StoppingErrors();
	const error = new NodeOperationError(node, 'Item 0 failed', { description: 'Try again.' });
	errors.add(0, error);
	expect(error.description).toBe('Try again.');
	errors.noteJob(0, job('own'));
	errors.noteJob(1, job('a'));
	errors.noteJob(2, { ...job('b'), status: 'failed' });
	errors.noteJob(3, { ...job('c'), status: 'cancelled' });
	expect(error.description).toBe(
		'Try again. The other jobs of this run, ready for Fetch Result: item 2: job a (queued). Without a video: item 3: job b (failed), item 4: job c (cancelled).',
	);
});
