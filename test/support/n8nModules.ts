/** n8n's own modules, loaded so that they keep to a folder of the test process. */
import 'reflect-metadata';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import type { IBinaryData, IRunExecutionData, Workflow as WorkflowType } from 'n8n-workflow';

// One folder a test process; n8n reads it when its classes load.
process.env.N8N_USER_FOLDER ??= mkdtempSync(join(tmpdir(), 'n8n-core-'));
// n8n's own log of every refused item would drown the test runner's.
process.env.N8N_LOG_LEVEL ??= 'silent';
process.env.N8N_ENCRYPTION_KEY ??= 'a-key-for-tests-only';

const require = createRequire(import.meta.url);
export const core = require('n8n-core') as typeof import('n8n-core');
const { Container } = require('@n8n/di') as { Container: { get<T>(type: unknown): T } };
const workflowModule = require('n8n-workflow') as typeof import('n8n-workflow');
export const { Workflow, createRunExecutionData, ICredentialsHelper } = workflowModule as never as {
	Workflow: typeof WorkflowType;
	createRunExecutionData(options: unknown): IRunExecutionData;
	ICredentialsHelper: new () => object;
};

let ready: Promise<unknown> | undefined;
export const binaryDataReady = (): Promise<unknown> =>
	(ready ??= Container.get<{ init(): Promise<void> }>(core.BinaryDataService).init());
/** What a node put into n8n's binary storage. */
export const storedBytes = async (binary: IBinaryData): Promise<Buffer> =>
	await Container.get<{ getAsBuffer(data: IBinaryData): Promise<Buffer> }>(
		core.BinaryDataService,
	).getAsBuffer(binary);
