/**
 * Simulated providers on loopback: every documented endpoint on one API server, the result files on another server.
 * Jobs pass through their states with time (a real or a virtual clock), faults come on demand or from a seed, and the
 * book holds what was asked and what was charged.
 *
 *     const sim = await startSimulator({ durationMs: 50 });
 *     // use sim.url as the base URL and sim.key as the key of any provider's account, then
 *     sim.faults.next('submit', { kind: 'resetAfter' });
 *     expect(sim.book.charges).toBe(1);
 *     expect(sim.book.keyLeaks).toEqual([]);
 *     await sim.close();
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { aimlapi } from './aimlapi';
import { answerApi, answerFile, type Outcome } from './answers';
import { Desk } from './desk';
import { Faults, seededRandom } from './faults';
import { closeServer, listen, readBody, readIncoming, send } from './http';
import { localGpu } from './localGpu';
import { novita } from './novita';
import { novitaModels } from './novitaModels';
import type { Simulator, SimulatorOptions } from './options';
import { plainOpenai } from './plainOpenai';
import { stableDiffusion } from './stableDiffusion';
import type { FamilySimulator, Incoming, RecordedRequest, SimulatedJob } from './types';

export { TINY_MP4 } from './files';
export type * from './options';
export type * from './types';

/** For a host in which many stories share one account within a minute: none of them is about the account's limits. */
export const WITHOUT_LIMITS = { enforceRateLimits: false, queueLimit: Infinity } as const;

const FAMILIES: FamilySimulator[] = [stableDiffusion, novita, novitaModels, aimlapi, localGpu];

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
	const desk = new Desk(options);
	const { book } = desk;
	const faults = new Faults(seededRandom((options.seed ?? 1) + 1));
	const { openaiServer } = options;
	const all = openaiServer
		? FAMILIES.map((family) => (family === localGpu ? plainOpenai(openaiServer) : family))
		: FAMILIES;
	const families = all.filter(
		({ family }) => options.families === undefined || options.families.includes(family),
	);

	const serve =
		(
			host: 'api' | 'files',
			answer: (incoming: Incoming, record: RecordedRequest) => Promise<Outcome>,
		) =>
		async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
			const raw = await readBody(request);
			const everything = `${request.url} ${JSON.stringify(request.headers)} ${raw}`;
			const record: RecordedRequest = {
				...(await readIncoming(request, raw)),
				atMs: desk.now(),
				host,
				carriedKey: everything.includes(desk.key),
			};
			book.requests.push(record);
			const outcome = await answer(record, record);
			if (outcome === 'reset') {
				request.socket.resetAndDestroy();
				return;
			}
			record.status = outcome.status;
			send(response, outcome, request.method === 'HEAD', record.fault);
		};

	const api = createServer(
		serve('api', (incoming, record) => answerApi(desk, families, faults, incoming, record)),
	);
	const files = createServer(
		serve('files', (incoming, record) => answerFile(desk, faults, incoming, record)),
	);
	desk.url = await listen(api);
	desk.filesUrl = await listen(files);

	const familyOf = (job: SimulatedJob): FamilySimulator =>
		all.find(({ family }) => family === job.family)!;
	const withJob = <T>(jobId: string, act: (family: FamilySimulator, job: SimulatedJob) => T): T => {
		const job = book.job(jobId);
		return act(familyOf(job), job);
	};

	return {
		url: desk.url,
		filesUrl: desk.filesUrl,
		key: desk.key,
		webhookSecret: desk.webhookSecret,
		book,
		faults,
		state: (jobId) => desk.snapshot(book.job(jobId)),
		finish: (jobId) => withJob(jobId, (family, job) => desk.end(family, job, 'succeeded')),
		fail: (jobId, reason = 'The model ran out of ideas') =>
			withJob(jobId, (family, job) => desk.end(family, job, 'failed', reason)),
		callback: (jobId, callbackOptions) =>
			withJob(jobId, (family, job) => desk.announce(family, job, callbackOptions)),
		expireFiles: () => {
			desk.fileGeneration += 1;
		},
		async close() {
			desk.close();
			await Promise.all([api, files].map(closeServer));
		},
	};
}
