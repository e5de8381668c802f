/** Options that come from expressions, which give texts, nothing at all, and whatever else the data holds. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { INodeProperties } from 'n8n-workflow';
import { defaultWaitMinutes } from '../../jobs/poll';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { providerById } from '../../providers/registry';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { jsons, runFetch, runVideo } from '../support/videoNode';

let sim: Simulator;
beforeEach(async () => (sim = await startSimulator({ durationMs: 0 })));
afterEach(async () => await sim.close());

describe('an option that can not be meant', () => {
	it.each([
		[
			'waitAtMost',
			'={{ "soon" }}',
			'Wait at Most (Minutes) is "soon", which is not allowed. Give a number from 0 to 525600.',
		],
		[
			'waitAtMost',
			'={{ 1e15 }}',
			'Wait at Most (Minutes) is 1000000000000000, which is not allowed. Give a number from 0 to 525600.',
		],
		[
			'parallelJobs',
			'={{ "0" }}',
			'Parallel Jobs is "0", which is not allowed. Give a number, 1 or more.',
		],
		[
			'parallelJobs',
			'={{ -1 }}',
			'Parallel Jobs is -1, which is not allowed. Give a number, 1 or more.',
		],
		[
			'maximumJobs',
			'={{ "many" }}',
			'Maximum Jobs is "many", which is not allowed. Give a number, 1 or more.',
		],
		[
			'maximumSize',
			'={{ [5] }}',
			'Maximum Size (MiB) is [5], which is not allowed. Give a number, 1 or more.',
		],
		['fileName', '={{ {"a": 1} }}', 'File Name is {"a":1}, which is not allowed. Give a text.'],
	])('%s: %s is said before anything is sent', async (name, value, message) => {
		const parameters = { options: { [name]: value } };
		const { error } = await runVideo(sim, { prompts: ['A', 'B', 'C'], parameters });
		expect(error?.message).toBe(`[item 1] ${message}`);
		expect(error?.description).toContain('Nothing was submitted.');
		expect(sim.book.requests).toEqual([]);
	});

	it('costs only its own item where the workflow goes on past errors', async () => {
		const parameters = { options: { fileName: '={{ $itemIndex ? "b.mp4" : {"a": 1} }}' } };
		const settings = { onError: 'continueRegularOutput' };
		const result = await runVideo(sim, { prompts: ['A', 'B'], parameters, settings });
		expect(jsons(result)[0]).toMatchObject({ details: { accepted: 'no' } });
		expect(result.items('Video')[1]?.binary?.data?.fileName).toBe('b.mp4');
	});

	it('does not lose the job that is to be fetched', async () => {
		await runVideo(sim, { parameters: { whenSubmitted: 'return' } });
		const { id } = sim.book.jobs[0]!;
		const result = await runFetch(sim, {
			items: [{ json: { jobId: id } }],
			operation: 'wait',
			parameters: { options: { waitAtMost: '={{ "soon" }}' } },
		});
		expect(result.error?.message).toContain('Wait at Most (Minutes) is "soon"');
		expect(result.error?.message).toContain(id);
	});
});

it('takes numbers as text and text as numbers', async () => {
	const options = {
		...{ parallelJobs: '={{ "2" }}', maximumJobs: '={{ " 3 " }}', waitAtMost: '={{ "5" }}' },
		...{ fileName: '={{ 2026 }}', binaryProperty: '={{ 7 }}', maximumSize: '={{ "10" }}' },
	};
	const result = await runVideo(sim, { prompts: ['A', 'B', 'C'], parameters: { options } });
	expect(result.items('Video').map(({ binary }) => binary?.['7']?.fileName)).toEqual(
		Array(3).fill('2026.mp4'),
	);
});

describe('an option that is left out', () => {
	const { properties } = new TextToVideo().description;
	const shown = (name: string): unknown => {
		const collection = properties.find((property) => property.name === 'options');
		return (collection?.options as INodeProperties[]).find((option) => option.name === name)
			?.default;
	};

	it('counts as the Maximum Jobs that the panel shows', async () => {
		const prompts = Array(Number(shown('maximumJobs')) + 1).fill('A boat') as string[];
		const { error } = await runVideo(sim, { prompts });
		expect(error?.message).toContain(`and Maximum Jobs is ${String(shown('maximumJobs'))}.`);
		expect(sim.book.requests).toEqual([]);
	});

	it('counts as the Maximum Size that the panel shows', async () => {
		const bytes = Number(shown('maximumSize')) * 1024 ** 2;
		const headers = { 'content-type': 'video/mp4', 'content-length': String(bytes + 1) };
		sim.faults.next('content', { kind: 'answer', status: 200, headers, body: '' });
		const { error } = await runVideo(sim);
		expect(error?.message).toContain(`is larger than ${String(shown('maximumSize'))} MiB`);
	});

	it('counts as the Wait at Most that the panel shows, where no model takes longer', () => {
		expect(defaultWaitMinutes(providerById('localGpu'))).toBe(shown('waitAtMost'));
	});

	it('counts as the field that the panel shows', async () => {
		const [item] = (await runVideo(sim)).items('Video');
		expect(Object.keys(item?.binary ?? {})).toEqual([shown('binaryProperty')]);
	});
});

it('takes nothing at all for left out', async () => {
	const options = {
		...{ parallelJobs: '={{ null }}', maximumJobs: '={{ undefined }}', waitAtMost: '={{ "" }}' },
		...{ fileName: '={{ $json.none }}', binaryProperty: '={{ null }}', maximumSize: '={{ " " }}' },
	};
	const [item] = (await runVideo(sim, { parameters: { options } })).items('Video');
	expect(item?.binary?.data?.mimeType).toBe('video/mp4');
});
