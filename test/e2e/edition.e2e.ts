/** The package that speaks to one service, as `npm run edition` makes it, in a real n8n. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { providerById } from '../../providers/registry';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import type { WorkflowJson } from '../../scripts/n8n-host/rest';
import { startSimulator, type Simulator, WITHOUT_LIMITS } from '../simulators/simulator';
import { fromSettings } from '../support/communityNodes';
import {
	lifeWorkflow,
	simulatedCredentials,
	startLife,
	untilAsleep,
} from '../support/lifeWorkflow';
import { NEWEST_N8N } from '../support/n8nHosts';
import { itemsOf, N8nServer } from '../support/n8nServer';
import { packTarball } from '../support/tarball';

const EDITION = 'n8n-nodes-text-to-video-novita';
/** n8n's own installation takes minutes where it was not done before. */
const INSTALL_MS = 20 * 60_000;

const novita = providerById('novita');

let folder: string;
let sim: Simulator;
let n8n: N8nServer;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'text-to-video-edition-'));
	const sources = join(folder, 'edition');
	const tsx = join(REPOSITORY_FOLDER, 'node_modules', 'tsx', 'dist', 'cli.mjs');
	execFileSync(process.execPath, [tsx, 'scripts/edition.ts', 'novita', sources], {
		cwd: REPOSITORY_FOLDER,
	});
	const tarball = packTarball(folder, undefined, sources).path;
	sim = await startSimulator(WITHOUT_LIMITS);
	n8n = await N8nServer.start({
		...NEWEST_N8N,
		placePackage: async (userFolder) => fromSettings(tarball, userFolder, EDITION),
		credentials: simulatedCredentials(sim, [novita.credential]),
		workflows: [
			ofEdition(lifeWorkflow({ id: 'wait', provider: 'novita' })),
			ofEdition(
				lifeWorkflow({
					id: 'suspend',
					provider: 'novita',
					parameters: { whenSubmitted: 'suspend' },
				}),
			),
		],
		active: ['wait', 'suspend'],
	});
}, INSTALL_MS);
afterAll(async () => {
	await n8n?.dispose();
	await sim?.close();
	await rm(folder, { recursive: true, force: true });
});

/** The same workflow by the nodes of the edition. */
function ofEdition(workflow: WorkflowJson): WorkflowJson {
	const nodes = workflow.nodes.map((node) => ({
		...node,
		type: node.type.replace(/^n8n-nodes-text-to-video\./, `${EDITION}.`),
	}));
	return { ...workflow, nodes };
}

it('brings its nodes under its own name and the key of its service alone', async () => {
	const types = await n8n.nodeTypes();
	expect(types.filter((name) => name.startsWith(`${EDITION}.`)).sort()).toEqual([
		`${EDITION}.textToVideo`,
		`${EDITION}.textToVideoFetchResult`,
		`${EDITION}.textToVideoFetchResultTool`,
		`${EDITION}.textToVideoTool`,
		`${EDITION}.textToVideoTrigger`,
	]);
	const credentials = (await n8n.rest.credentialTypes()).map(({ name }) => name);
	expect(credentials.filter((name) => name.startsWith('textToVideo'))).toEqual([novita.credential]);
});

it('makes a video and hands on the file', async () => {
	const id = await startLife(n8n, 'wait', ['A paper boat']);
	const done = await n8n.rest.untilExecution(id);
	expect(done.data.resultData.error).toBeUndefined();
	const [item] = itemsOf(done, 'After');
	expect(item?.json.status).toBe('succeeded');
	const file = await n8n.rest.binary(item?.binary?.data?.id ?? '');
	expect(file.subarray(4, 8).toString()).toBe('ftyp');
	expect(sim.book.jobs).toHaveLength(1);
});

it('sleeps until the video is done', async () => {
	const id = await startLife(n8n, 'suspend', ['A kite']);
	expect((await untilAsleep(n8n, id)).data.resultData.error).toBeUndefined();
	const done = await n8n.rest.untilExecution(id);
	expect(done.status).toBe('success');
	expect(itemsOf(done, 'After')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	expect(sim.book.jobs).toHaveLength(2);
});
