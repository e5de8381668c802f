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

const echo = (kind: 'fetch' | 'submit', status: number) =>
	sim.faults.next(kind, {
		...{ kind: 'answer', status, headers: { 'retry-after': '0' } },
		body: { error: { message: `No room for "${SECRET}"`, code: 'busy' } },
	});

it.each([
	['succeeds', 'stableDiffusionV4', 'Submitted', () => undefined],
	['fails', 'localGpu', 'Submitted', () => sim.faults.next('fetch', { kind: 'wronglyTyped' })],
	[
		'is in doubt',
		'modelslabV6',
		'may have been accepted',
		() => sim.faults.next('submit', { kind: 'resetAfter' }),
	],
	[
		'can not be downloaded at first',
		'localGpu',
		'Submitted',
		() => sim.faults.next('content', { kind: 'answer', status: 503, body: 'busy' }),
	],
	[
		'is asked for in vain, with an answer that repeats the prompt',
		'localGpu',
		'HTTP 500',
		() => echo('fetch', 500),
	],
	[
		'is refused for a while, with an answer that repeats the prompt',
		'localGpu',
		'HTTP 429',
		() => echo('submit', 429),
	],
])(
	'holds no prompt, no key and no signed address of a job that %s',
	async (what, provider, said, trouble) => {
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
		expect(log).toContain(said);
		expect(log).not.toContain(SECRET);
		expect(log).not.toContain(KEY);
		expect(log).not.toMatch(/Signature=|Expires=|\.mp4/i);
	},
);
