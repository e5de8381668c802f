/** What is left to know jobs by after Stop or a timeout: one line in the log for each, and words that order nothing anew. */
import { recordLog, takeLog } from '../support/n8nLog';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runVideo } from '../support/videoNode';

let sim: Simulator;
beforeAll(() => recordLog());
afterEach(async () => await sim.close());

const until = async (there: () => boolean) => {
	while (!there()) await new Promise((done) => setTimeout(done, 10));
};
const messages = () =>
	takeLog()
		.flatMap((chunk) => chunk.split('\n'))
		.filter((line) => line.startsWith('{'))
		.map((line) => (JSON.parse(line) as { message: string }).message);

/** A provider that can cancel, and one that can not. */
const PROVIDERS = ['localGpu', 'modelslabV6'];
const MODES = ['wait', 'suspend'];
const cases = PROVIDERS.flatMap((provider) => MODES.map((mode) => [provider, mode] as const));

describe.each(cases)('%s, stopped in the mode "%s"', (provider, whenSubmitted) => {
	/** Stops once `isTime` says so. */
	async function stopped(isTime: () => boolean, durationMs: number) {
		sim = await startSimulator({ durationMs, queueMs: 0, autoCallbacks: false });
		sim.faults.next('file', { kind: 'silent' }, { times: 9 });
		sim.faults.next('content', { kind: 'silent' }, { times: 9 });
		takeLog();
		let stop = () => {};
		const settings = { onError: 'continueRegularOutput' };
		const running = runVideo(sim, {
			...{ provider, settings, prompts: ['A', 'B'] },
			parameters: { whenSubmitted },
			onStart: (end) => (stop = end),
		});
		await until(isTime);
		stop();
		const result = await running;
		// n8n does not wait for what its nodes still do after Stop.
		const lines: string[] = [];
		const ids = () => sim.book.jobs.map(({ id }) => id);
		await until(() => {
			lines.push(...messages());
			return ids().every((id) => lines.some((line) => line.includes(`stopped. Job ${id}`)));
		});
		return { result, lines, ids: ids() };
	}

	it('names each job once, with its workflow and execution, and points to Fetch Result', async () => {
		const { lines, ids } = await stopped(() => sim.book.charges === 2, 30_000);
		expect(ids).toHaveLength(2);
		for (const id of ids) {
			for (const begin of ['Submitted ', 'The execution was stopped. ']) {
				const about = lines.filter((line) => line.startsWith(begin) && line.includes(id));
				expect(about).toHaveLength(1);
				expect(about[0]).toMatch(/\(workflow .+, execution .+, node "Video", item [12]\)$/);
			}
			const end = lines.find((line) => line.startsWith('The execution') && line.includes(id));
			expect(end).toContain(`Fetch Result and the job ID ${id}`);
			expect(end).not.toMatch(/new job|run (it )?again|order it again if/i);
		}
	});

	it('does so too where only the download was stopped', async () => {
		const begun = () => sim.book.of('file').length + sim.book.of('content').length === 2;
		const { lines, ids } = await stopped(begun, 300);
		expect(ids).toHaveLength(2);
		for (const id of ids) {
			const about = lines.filter((line) => line.includes(`stopped. Job ${id}`));
			expect(about).toHaveLength(1);
			expect(about[0]).toContain('had ended before (succeeded)');
			expect(about[0]).toContain(`Fetch Result and the job ID ${id}`);
		}
	});
});
