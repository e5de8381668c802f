/** The walk-through "Add a provider" of ARCHITECTURE.md, followed in a copy of the sources with a toy service. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { ICredentialType, INodeType } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWorkflow } from '../support/n8nCore';

const root = resolve(import.meta.dirname, '..', '..');
const KEY = 'toy-key';

const FILES: Record<string, string> = {
	'providers/toy/request.ts': `
import { z } from 'zod/v4';
import { fieldMeta } from '../schema/fields';

/** Toy Service, "Make a clip". */
export const request = z.strictObject({
	text: z.string().min(1).max(200).register(fieldMeta, { title: 'Text', help: 'What the clip shows.' }),
	length: z.int().min(1).max(9).register(fieldMeta, { title: 'Length', help: 'Seconds.', as: 'string' }).optional(),
});
`,
	'providers/toy/index.ts': `
import type { Provider } from '../contract';
import { httpFailure } from '../replies/failures';
import { newJob, updated, video } from '../replies/job';
import { idOf, isHttpUrl } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { request } from './request';

export const toy: Provider = {
	id: 'toy',
	title: 'Toy Service',
	description: 'Clips for children',
	documentationUrl: 'https://toy.example/docs',
	credential: 'textToVideoToyApi',
	account: {
		title: 'Toy',
		defaultBaseUrl: 'https://api.toy.example',
		authentication: { kind: 'bearer' },
		keyHosts: ['api.toy.example'],
		cloud: true,
	},
	request,
	limits: { parallelJobs: 2, typicalSeconds: 2 },
	capabilities: { cancel: false, progress: false },
	submitCall: { method: 'POST', url: '/clips' },
	readSubmit(reply, _values, { nowMs }) {
		const id = isObject(reply.body) ? idOf(reply.body.clip) : undefined;
		return id && reply.status < 300
			? { job: newJob('toy', id, nowMs) }
			: { failure: httpFailure(reply) };
	},
	fetchCall: (job) => ({ method: 'GET', url: \`/clips/\${job.jobId}\` }),
	readFetch(reply, job, { nowMs }) {
		if (reply.status >= 300 || !isObject(reply.body)) return { failure: httpFailure(reply, { accepted: 'yes' }) };
		const { url } = reply.body;
		return isHttpUrl(url)
			? { job: updated(job, { status: 'succeeded', videos: [video(url)] }, nowMs) }
			: { job: updated(job, { status: 'processing' }, nowMs) };
	},
};
`,
	'credentials/TextToVideoToyApi.credentials.ts': `
import type { IAuthenticateGeneric, ICredentialType, INodeProperties } from 'n8n-workflow';

export class TextToVideoToyApi implements ICredentialType {
	name = 'textToVideoToyApi';
	displayName = 'Text to Video: Toy API';
	properties: INodeProperties[] = [
		{ displayName: 'API Key', name: 'apiKey', type: 'string', typeOptions: { password: true }, default: '' },
		{ displayName: 'Base URL', name: 'baseUrl', type: 'string', default: 'https://api.toy.example' },
	];
	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
	};
}
`,
};

let copy: string;
let server: Server;
let baseUrl: string;
const asked: Array<{ path?: string; key?: string; body: string }> = [];

beforeAll(async () => {
	mkdirSync(join(root, '.run'), { recursive: true });
	copy = mkdtempSync(join(root, '.run', 'toy-'));
	for (const folder of ['providers', 'jobs', 'nodes', 'credentials']) {
		cpSync(join(root, folder), join(copy, folder), { recursive: true });
	}
	for (const [path, text] of Object.entries(FILES)) {
		mkdirSync(join(copy, path, '..'), { recursive: true });
		writeFileSync(join(copy, path), text);
	}
	const registry = join(copy, 'providers', 'registry.ts');
	writeFileSync(
		registry,
		readFileSync(registry, 'utf8')
			.replace('/** Every', `import { toy } from './toy';\n/** Every`)
			.replace('= [', '= [\n\ttoy,'),
	);
	server = createServer(async (request, response) => {
		let body = '';
		for await (const chunk of request) body += String(chunk);
		asked.push({ path: request.url, key: request.headers.authorization, body });
		const reply =
			request.method === 'POST' ? { clip: 7 } : { url: 'https://files.toy.example/7.mp4' };
		response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
	server.close();
	rmSync(copy, { recursive: true, force: true });
});

describe('a provider added by the walk-through', () => {
	it('takes less than 100 lines', () => {
		const lines = Object.values(FILES).flatMap((text) => text.trim().split('\n'));
		expect(lines.length + 2).toBeLessThan(100);
	});

	it('is in the node, validates, submits and waits', async () => {
		const load = async (path: string) =>
			(await import(join(copy, path))) as Record<string, new () => never>;
		const { TextToVideo } = await load('nodes/TextToVideo/TextToVideo.node.ts');
		const { TextToVideoToyApi } = await load('credentials/TextToVideoToyApi.credentials.ts');
		const node = new (TextToVideo as unknown as new () => INodeType)();
		const type = new (TextToVideoToyApi as unknown as new () => ICredentialType)();
		const run = async (text: string) =>
			await runWorkflow({
				nodeTypes: { textToVideo: node },
				credentials: { textToVideoToyApi: { type, data: { apiKey: KEY, baseUrl } } },
				nodes: [
					{
						name: 'Video',
						type: 'textToVideo',
						parameters: {
							provider: 'toy',
							authentication: '={{ $parameter["provider"] }}',
							text,
							additionalFields: { length: 3 },
							downloadVideo: false,
						},
					},
				],
			});

		const refused = await run('x'.repeat(201));
		expect(refused.error?.message).toMatch(/^Text \(text\) is "x+…, which is not allowed/);
		expect(asked).toEqual([]);

		const { items } = await run('a red ball');
		expect(items('Video').map(({ json }) => json)).toMatchObject([
			{ provider: 'toy', jobId: '7', status: 'succeeded' },
		]);
		expect(asked[0]).toEqual({
			path: '/clips',
			key: `Bearer ${KEY}`,
			body: '{"text":"a red ball","length":"3"}',
		});
	});
});
