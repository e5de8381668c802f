/** Executions that fell asleep with version 0.1.0, as they lie in n8n's database, wake in an n8n with the nodes of today. */
import { connect, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { simulatedCredentials } from '../support/lifeWorkflow';
import { itemsOf, N8nServer } from '../support/n8nServer';
import {
	goOnAs,
	recordedJson,
	recordedWorkflows,
	type RecordedExecution,
	type RecordedProvider,
} from '../support/release010';

const ASLEEP = { 'asleep-one': 1, 'asleep-some-done': 3 };
const CREDENTIAL = 'textToVideoModelsLabApi';
const recorded = recordedJson<{ n8nUrl: string; provider: RecordedProvider }>(
	'n8n',
	'provider.json',
);
const executions = Object.fromEntries(
	Object.keys(ASLEEP).map((name) => [
		name,
		recordedJson<RecordedExecution>('n8n', 'executions', `${name}.json`),
	]),
);

let sim: Simulator;
let door: Server;
let n8n: N8nServer;

beforeAll(async () => {
	sim = await startSimulator({
		...WITHOUT_LIMITS,
		...{ durationMs: Infinity, autoCallbacks: false, key: recorded.provider.key },
		fetchResultBase: recorded.provider.url,
	});
	goOnAs(sim, recorded.provider);
	// The account's address is part of what a request is known by.
	door = createServer((socket) => {
		const inner = connect(Number(new URL(sim.url).port), '127.0.0.1');
		const end = () => [socket, inner].forEach((one) => one.destroy());
		socket.pipe(inner).pipe(socket);
		for (const one of [socket, inner]) one.on('error', end).on('close', end);
	});
	await new Promise<void>((done) =>
		door.listen(Number(new URL(recorded.provider.url).port), '127.0.0.1', done),
	);
	const [credential] = simulatedCredentials(sim, [CREDENTIAL]);
	n8n = await N8nServer.start({
		credentials: [
			{ ...credential!, data: { ...credential!.data, baseUrl: recorded.provider.url } },
		],
		workflows: recordedWorkflows().filter(({ id }) => id in ASLEEP) as never,
	});
	const known = await n8n.rest.call<Array<{ id: string; type: string }>>(
		'GET',
		'/rest/credentials',
	);
	const credentialId = known.find(({ type }) => type === CREDENTIAL)!.id;
	await n8n.stop();
	const database = new DatabaseSync(join(dirname(n8n.filesFolder), '.n8n', 'database.sqlite'));
	for (const { execution_entity: row, execution_data: stored } of Object.values(executions)) {
		const old = /"textToVideoModelsLabApi":\{"id":"(\w+)"/.exec(stored.workflowData)![1]!;
		const here = (text: string) =>
			text
				.replaceAll(old, credentialId)
				.replaceAll(recorded.provider.filesUrl, sim.filesUrl)
				.replaceAll(recorded.n8nUrl, n8n.url);
		insert(database, 'execution_entity', { ...row, workflowVersionId: null });
		insert(database, 'execution_data', {
			...stored,
			workflowVersionId: null,
			workflowData: here(stored.workflowData),
			data: here(stored.data),
		});
	}
	database.close();
	await n8n.start();
});
afterAll(async () => {
	await n8n?.dispose();
	door?.close();
	await sim?.close();
});

function insert(database: DatabaseSync, table: string, row: object): void {
	const names = Object.keys(row);
	const places = names.map(() => '?').join(', ');
	database
		.prepare(
			`INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${places})`,
		)
		.run(...(Object.values(row) as Array<string | number | null>));
}

it.each(Object.entries(ASLEEP))('%s', async (name, count) => {
	const { execution_entity: row, execution_data: stored } = executions[name]!;
	const id = String(row.id);
	expect((await n8n.rest.execution(id)).status).toBe('waiting');
	const paid = sim.book.charges;
	const open = sim.book.jobs.find(
		(job) => stored.data.includes(`"${job.id}"`) && sim.state(job.id).status === 'processing',
	)!;
	await sim.finish(open.id);
	const url = open.callbackUrl!.replace(recorded.n8nUrl, n8n.url);
	expect(await sim.callback(open.id, { url })).toEqual([200]);
	const done = await n8n.rest.untilExecution(id);
	expect(done.data.resultData.error).toBeUndefined();
	expect(done.status).toBe('success');
	const failed = itemsOf(done, 'Video', 1);
	const videos = itemsOf(done, 'After');
	expect(videos.length + failed.length).toBe(count);
	expect(videos.length).toBeGreaterThan(0);
	expect(videos.every(({ binary }) => binary?.data?.mimeType === 'video/mp4')).toBe(true);
	expect(sim.book.charges).toBe(paid);
});
