import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { N8nRest, WorkflowJson } from '../n8n-host/rest';
import { REPOSITORY_FOLDER } from '../repository';

const EXAMPLES_FOLDER = join(REPOSITORY_FOLDER, 'examples');

export interface CredentialSpec {
	name: string;
	type: string;
	data: Record<string, unknown>;
}

/** The files of the example workflows for n8n, sorted. */
export const exampleFileNames = async (folder: string = EXAMPLES_FOLDER): Promise<string[]> =>
	(await readdir(folder)).filter((name) => /^\d.*\.json$/.test(name)).sort();

/** The example workflows for n8n, in the order of their file names. */
export async function readExamples(folder: string = EXAMPLES_FOLDER): Promise<WorkflowJson[]> {
	return await Promise.all(
		(await exampleFileNames(folder)).map(
			async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as WorkflowJson,
		),
	);
}

/**
 * Brings credentials and examples into n8n. What did not change since the last time is left
 * alone, so that what somebody altered in the editor stays.
 * @returns the ids that n8n gave to the credentials, by credential type
 */
export async function loadIntoN8n(
	rest: N8nRest,
	credentials: CredentialSpec[],
	examples: WorkflowJson[],
	stampFile: string,
): Promise<void> {
	const stamps = JSON.parse(await readFile(stampFile, 'utf8').catch(() => '{}')) as Record<
		string,
		string
	>;
	const ids: Record<string, string> = {};
	for (const credential of credentials)
		ids[credential.type] = await rest.saveCredential(credential);
	for (const example of examples) {
		const workflow = withCredentialIds(example, ids);
		const stamp = createHash('sha256').update(JSON.stringify(workflow)).digest('hex');
		const id = workflow.id ?? workflow.name;
		if (stamps[id] === stamp && (await rest.hasWorkflow(id))) continue;
		await rest.saveWorkflow(workflow);
		stamps[id] = stamp;
	}
	await mkdir(dirname(stampFile), { recursive: true });
	await writeFile(stampFile, JSON.stringify(stamps, null, '\t'));
}

/** The workflow with each credential's id replaced by the one that it has in this n8n. */
export function withCredentialIds(
	workflow: WorkflowJson,
	idByType: Record<string, string>,
): WorkflowJson {
	return {
		...workflow,
		nodes: workflow.nodes.map((node) => {
			if (!node.credentials) return node;
			const credentials = Object.fromEntries(
				Object.entries(node.credentials).map(([type, reference]) => [
					type,
					idByType[type] ? { ...reference, id: idByType[type] } : reference,
				]),
			);
			return { ...node, credentials };
		}),
	};
}
