import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	INodeType,
} from 'n8n-workflow';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../../providers/registry';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { credentialType } from '../support/n8nNode';
import { listening, selfSigned } from '../support/selfSigned';

let sim: Simulator;
beforeAll(async () => {
	sim = await startSimulator({ localGpuNeedsKey: true });
});
afterAll(() => sim.close());

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));
async function listen(server: Server, protocol?: 'https'): Promise<string> {
	servers.push(server);
	return await listening(server, protocol);
}

const names = [...new Set(providers.map(({ credential }) => credential))];
const icons = readdirSync(join(import.meta.dirname, '../../credentials/icons'));

/** What "Save" in n8n's credential dialog says: `undefined` where all is well. */
async function problemOf(name: string, data: ICredentialDataDecryptedObject) {
	const type = await credentialType(name);
	const { request, rules } = type.test as ICredentialTestRequest;
	const result = await runWorkflow({
		nodeTypes: { probe: probeOf(name, request) },
		credentials: { [name]: { type, data } },
		nodes: [{ name: 'Probe', type: 'probe', parameters: {} }],
	});
	if (result.error) return result.error.message;
	// lodash's `get`, which n8n reads with, takes the characters of a text for its members.
	const body = result.items('Probe')[0]?.json as unknown as Record<string, unknown>;
	const broken = (rules ?? []).find(
		(rule) =>
			rule.type === 'responseSuccessBody' && body[rule.properties.key] === rule.properties.value,
	);
	return broken?.properties.message;
}

/** The node that n8n makes up for a credential's test. */
const probeOf = (name: string, request: ICredentialTestRequest['request']): INodeType => ({
	description: {
		displayName: 'Probe',
		name: 'probe',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Probe' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name, required: true }],
		properties: [
			{ displayName: 'Temp', name: 'temp', type: 'string', default: '', routing: { request } },
		],
	},
});

describe.each(names)('%s', (name) => {
	it('passes its test with the right key and not with a wrong one, and costs nothing', async () => {
		expect(await problemOf(name, { baseUrl: sim.url, apiKey: sim.key })).toBeUndefined();
		const problem = await problemOf(name, { baseUrl: sim.url, apiKey: 'wrong' });
		expect(problem).toMatch(/key|authoriz|forbidden/i);
		expect(sim.book.charges).toBe(0);
	});

	it('takes the base URL with blanks and slashes around it', async () => {
		const data = { baseUrl: ` ${sim.url}// `, apiKey: sim.key };
		expect(await problemOf(name, data)).toBeUndefined();
	});

	it('does not take a login page for the provider', async () => {
		const page = createServer((_request, response) => {
			response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Log in');
		});
		const baseUrl = await listen(page);
		expect(await problemOf(name, { baseUrl, apiKey: sim.key })).toContain('Check Base URL');
	});

	it('goes by Ignore SSL Issues with a server that signed its certificate itself', async () => {
		const baseUrl = await listen(await selfSigned(sim.url), 'https');
		const data = { baseUrl, apiKey: sim.key };
		expect(await problemOf(name, data)).toContain('self-signed');
		const ignoring = { ...data, allowUnauthorizedCerts: true };
		expect(await problemOf(name, ignoring)).toBeUndefined();
	});

	it('keeps the key as a password, has the documented base URL, a document and both icons', async () => {
		const { properties, documentationUrl, icon } = await credentialType(name);
		const apiKey = properties.find((property) => property.name === 'apiKey');
		expect(apiKey!.typeOptions).toEqual({ password: true });
		const { account } = providers.find(({ credential }) => credential === name)!;
		const baseUrl = properties.find((property) => property.name === 'baseUrl');
		expect(baseUrl!.default).toBe(account.defaultBaseUrl);
		expect(documentationUrl).toMatch(/^https:/);
		const { light, dark } = icon as { light: string; dark: string };
		expect(light).not.toBe(dark);
		for (const file of [light, dark]) expect(icons).toContain(file.replace('file:icons/', ''));
	});
});
