/** What n8n's log must not hold, whatever happens to a job: it is kept for long and read by many. */
import { recordLog, takeLog } from '../support/n8nLog';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runVideo } from '../support/videoNode';

let sim: Simulator;
beforeAll(() => recordLog());
afterEach(async () => await sim.close());

const SECRET = 'an unreleased product, seen from above';
const KEY = 'the-secret-key-0123456789';

it.each([
	['succeeds', 'stableDiffusionV4', () => undefined],
	['fails', 'localGpu', () => sim.faults.next('fetch', { kind: 'wronglyTyped' })],
	['is in doubt', 'modelslabV6', () => sim.faults.next('submit', { kind: 'resetAfter' })],
	[
		'can not be downloaded at first',
		'localGpu',
		() => sim.faults.next('content', { kind: 'answer', status: 503, body: 'busy' }),
	],
])(
	'holds no prompt, no key and no signed address of a job that %s',
	async (what, provider, trouble) => {
		sim = await startSimulator({
			key: KEY,
			durationMs: provider === 'localGpu' ? 300 : 0,
			failWhen: () => (what === 'fails' ? 'Nobody can draw that' : undefined),
		});
		trouble();
		takeLog();
		const settings = { onError: 'continueRegularOutput' };
		await runVideo(sim, { provider, prompts: [SECRET], settings });
		expect(sim.faults.pending).toBe(0);
		const log = takeLog().join('');
		expect(log).toContain(provider === 'modelslabV6' ? 'may have been accepted' : 'Submitted');
		expect(log).not.toContain(SECRET);
		expect(log).not.toContain(KEY);
		expect(log).not.toMatch(/Signature=|Expires=|\.mp4/i);
	},
);
