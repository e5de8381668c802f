/** Where scenarios are told: the simulated provider with this scenario's troubles, the host, and what came of it. */
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { drawFrom } from './clock';
import type { Evidence } from './evidence';
import { injectedInto, type Injected } from './injected';
import { check, type Verdict } from './oracle';
import { keyOf } from './keys';
import { plan } from './mishaps';
import { strayKeys } from './strayKeys';
import type { Scenario } from './scenario';

export interface Outcome {
	scenario: Scenario;
	verdict: Verdict;
	injected: Injected;
	/** What was asked, submitted and given, without what changes from run to run. */
	course: string;
	/** What happened, in order; only where something is wrong. */
	record?: string;
}

export type RunScenario = (scenario: Scenario, sim: Simulator) => Promise<Evidence>;

export async function tell(scenario: Scenario, runScenario: RunScenario): Promise<Outcome> {
	drawFrom(scenario.seed + scenario.index);
	const foreign = await startSimulator({ seed: scenario.seed, key: 'not-a-key' });
	const sim = await startSimulator({
		...WITHOUT_LIMITS,
		seed: scenario.seed + scenario.index,
		key: keyOf(scenario.provider, scenario.hostName),
		localGpuNeedsKey: true,
		autoCallbacks: false,
		durationMs: scenario.durationMs,
		...(scenario.queueMs === undefined ? {} : { queueMs: scenario.queueMs }),
		// Some providers do not know a job at once that they have just taken.
		unknownForMs: scenario.index % 3 === 2 ? 4_000 : 0,
		...(scenario.money === 'log late' ? { logDelayMs: 40_000 } : {}),
		...(scenario.money === 'two rows' ? { logsTwice: true } : {}),
		...(scenario.money === 'charged double' ? { chargeFactor: 2 } : {}),
		...(scenario.foreignFetch ? { fetchResultBase: foreign.url } : {}),
		failWhen: ({ request }) => {
			const text = JSON.stringify(request);
			const fails = scenario.failing.some((item) => text.includes(scenario.prompts[item]!));
			return fails ? 'No luck' : undefined;
		},
	});
	plan(sim.faults, scenario.mishaps);
	if (scenario.money === 'log unreachable') {
		sim.faults.chance('account', 1, { kind: 'error', error: 'serverError' });
	}
	for (const ms of scenario.expiriesMs) setTimeout(() => sim.expireFiles(), ms);
	try {
		const evidence = await runScenario(scenario, sim);
		const verdict = check(scenario, sim, evidence);
		verdict.strayKeys.push(...strayKeys(sim, foreign, evidence));
		return {
			scenario,
			verdict,
			injected: injectedInto(scenario, sim, evidence),
			course: courseOf(sim, evidence),
			...(problemsOf(verdict).length > 0 || process.env.CHAOS_SCENARIO
				? { record: recordOf(scenario, sim, evidence, verdict) }
				: {}),
		};
	} catch (error) {
		throw new Error(`${nameOf(scenario)}\n${recordOf(scenario, sim)}`, { cause: error });
	} finally {
		await Promise.all([sim.close(), foreign.close()]);
	}
}

export const problemsOf = ({
	paidTwice,
	lost,
	untruthful,
	resolvable,
	strayKeys: stray,
}: Verdict): string[] => [
	...resolvable.map((text) => `RESOLVABLE  ${text}`),
	...paidTwice.map((text) => `PAID TWICE  ${text}`),
	...lost.map((text) => `LOST        ${text}`),
	...untruthful.map((text) => `UNTRUTHFUL  ${text}`),
	...stray.map((text) => `KEY         ${text}`),
];

export const nameOf = ({ seed, index, hostName, provider }: Scenario): string =>
	`Scenario ${index} of seed ${seed} (${provider.id} in ${hostName}). Again: CHAOS_SEED=${seed} CHAOS_SCENARIO=${index} npm run test:chaos -- -t ${hostName}`;

/** How often a question is put again is left out: a sender that is sent away while n8n falls asleep comes again. */
function courseOf(sim: Simulator, { ends }: Evidence): string {
	const asked = sim.book.requests.map(({ method, path, call, status, fault }) =>
		[method, path, call, status, fault].join(' '),
	);
	const ended = [...ends].map(([item, end]) =>
		[item, end.kind, end.kind === 'job' ? end.job.status : ''].join(' '),
	);
	const submits = sim.book.requests.filter(({ call }) => call === 'submit').length;
	return [...new Set(asked.sort()), `${submits} submits`, ...ended.sort()].join('\n');
}

function recordOf(
	scenario: Scenario,
	sim: Simulator,
	evidence?: Evidence,
	verdict?: Verdict,
): string {
	const { provider: _provider, mishaps, ...plain } = scenario;
	const time = (ms: number) => new Date(ms).toISOString().slice(11, 23);
	const record = [
		JSON.stringify(plain),
		...mishaps.map((mishap) => JSON.stringify(mishap)),
		...sim.book.requests.map(({ atMs, method, path, call, jobId, status, fault, body }) =>
			[time(atMs), method, path, call, jobId, status ?? 'no answer', fault, shortened(body)]
				.filter(Boolean)
				.join(' '),
		),
		...[...(evidence?.ends ?? [])].map(([item, end]) => `end of ${item}: ${shortened(end)}`),
		...(evidence?.texts ?? [])
			.filter(({ where, text }) => where === 'log' && !text.includes('"debug"'))
			.map(({ text }) => `log: ${text.trim()}`),
		...(verdict ? problemsOf(verdict) : []),
	].join('\n');
	// It is printed, and nothing that is printed may hold a key.
	return record.replaceAll(sim.key, 'the key');
}

function shortened(value: unknown): string {
	const text = JSON.stringify(value) ?? '';
	return text.length <= 500 ? text : `${text.slice(0, 500)}…`;
}
