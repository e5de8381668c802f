/**
 * A thousand jobs and more with everything going wrong that goes wrong, and then the books are compared: no job paid
 * twice, none paid and lost, no end that is not true, no key where it does not belong.
 *
 *     npm run test:chaos                                 the same scenarios every time
 *     CHAOS_SEED=7 npm run test:chaos                    other scenarios
 *     CHAOS_SEED=7 CHAOS_SCENARIO=12 npm run test:chaos     one of them, with all that happened in it
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { giveProof } from '../../scripts/proof/rows';
import { recordLog } from '../support/n8nLog';
import { providers } from '../../providers/registry';
import { startVirtualTime, stopVirtualTime } from './clock';
import { runInN8n } from './n8nHost';
import { openNodeRed, runInNodeRed } from './nodeRedHost';
import { nameOf, problemsOf, tell, type Outcome, type RunScenario } from './stage';
import { drawScenario, MONEY_TROUBLES, type HostName } from './scenario';
import { allPrinted, recordPrinted } from './printed';
import { bookRows, tableOf, troubleCounts, troubleTable } from './table';
import { keyOf, keysIn } from './keys';

const SEED = Number(process.env.CHAOS_SEED ?? 1);
const ONLY = process.env.CHAOS_SCENARIO;
/** In each host. */
const SCENARIOS_RUN_AGAIN = 18;
/** In each host. */
const FEWEST_JOBS = Number(process.env.CHAOS_JOBS ?? 900);

let helper: Awaited<ReturnType<typeof openNodeRed>>;

beforeAll(async () => {
	recordLog();
	recordPrinted();
	helper = await openNodeRed();
	startVirtualTime();
});
afterAll(async () => {
	stopVirtualTime();
	await new Promise<void>((resolve) => helper.stopServer(resolve));
});

const hosts: Record<HostName, RunScenario> = {
	n8n: runInN8n,
	'node-red': async (scenario, sim) => await runInNodeRed(scenario, sim, helper),
};

describe.each(Object.entries(hosts))('%s', (hostName, runScenario) => {
	const outcomes: Outcome[] = [];

	it('sees every job through, whatever goes wrong', async () => {
		let index = ONLY ? Number(ONLY) : 0;
		for (let jobs = 0; ONLY ? jobs === 0 : jobs < FEWEST_JOBS; index += 1) {
			const outcome = await tell(drawScenario(SEED, index, hostName as HostName), runScenario);
			outcomes.push(outcome);
			jobs += outcome.verdict.jobs;
		}
		process.stdout.write(
			`${hostName}, seed ${SEED}, ${outcomes.length} scenarios\n${tableOf(outcomes)}\n\n${troubleTable(outcomes)}\n\n`,
		);
		giveProof(bookRows(hostName, outcomes));
		const told = outcomes.find(({ record }) => record !== undefined);
		if (told) process.stdout.write(`${nameOf(told.scenario)}\n${told.record}\n\n`);
	});

	it.each([
		['pays for no video twice', 'paidTwice'],
		['names every job that was paid', 'lost'],
		['leaves no doubt that the log could resolve', 'resolvable'],
		['says nothing that is not true', 'untruthful'],
		['shows a key to its provider only', 'strayKeys'],
	] as const)('%s', (_name, problem) => {
		const wrong = outcomes.flatMap(({ scenario, verdict }) =>
			verdict[problem].map((text) => `${text} (${nameOf(scenario)})`),
		);
		expect(wrong).toEqual([]);
	});

	it.runIf(!ONLY)('had every kind of trouble with every provider', () => {
		const missing = troubleCounts(outcomes)
			.filter(({ times, spared }) => times === 0 || spared.length > 0)
			.map(({ name, spared }) => `no ${name} with ${spared.join(', ')}`);
		expect(missing).toEqual([]);
	});

	it.runIf(!ONLY)(
		'had every kind of trouble about money, and doubts that a log could resolve',
		() => {
			const had = new Set(outcomes.map(({ scenario }) => scenario.money));
			const budgets =
				hostName === 'n8n' ? [] : MONEY_TROUBLES.filter((name) => /budget/.test(name));
			const missing = MONEY_TROUBLES.filter((name) => !had.has(name) && !budgets.includes(name));
			expect(missing).toEqual([]);
			const findable = outcomes.reduce((sum, { verdict }) => sum + verdict.findable, 0);
			expect(findable).toBeGreaterThan(5);
		},
	);

	it.runIf(!ONLY)('tells the same scenario the same way again', async () => {
		for (const { scenario, course } of outcomes.slice(0, SCENARIOS_RUN_AGAIN)) {
			const again = await tell(
				drawScenario(SEED, scenario.index, hostName as HostName),
				runScenario,
			);
			expect(again.course, nameOf(scenario)).toBe(course);
		}
	});

	it.runIf(!ONLY)('had to do with every provider, and with every kind of end', () => {
		expect(new Set(outcomes.map(({ scenario }) => scenario.provider.id)).size).toBe(
			providers.length,
		);
		for (const kind of ['succeeded', 'failed', 'doubtful', 'open', 'attached'] as const) {
			const seen = outcomes.reduce((sum, { verdict }) => sum + verdict[kind], 0);
			expect(seen, kind).toBeGreaterThan(20);
		}
		expect(outcomes.flatMap(({ verdict }) => problemsOf(verdict))).toEqual([]);
	});
});

it('prints no key', () => {
	expect(keysIn(allPrinted())).toEqual([]);
});

it.each([
	['as it is', (key: string) => key],
	['in an address', encodeURIComponent],
	['in JSON', (key: string) => JSON.stringify({ key })],
	['for basic authentication', (key: string) => Buffer.from(`me:${key}`).toString('base64')],
	['as a data URL', (key: string) => Buffer.from(`Bearer ${key}.`).toString('base64url')],
	['as digits', (key: string) => Buffer.from(key).toString('hex')],
])('finds a key %s', (_how, written) => {
	const key = keyOf(providers[0]!, 'n8n');
	expect(keysIn(`before ${written(key)} after`)).toEqual([key]);
});
