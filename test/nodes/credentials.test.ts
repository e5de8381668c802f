import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ICredentialTestRequest, IHttpRequestOptions } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../../providers/registry';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { credentialType } from '../support/n8nNode';

let sim: Simulator;
beforeAll(async () => {
	sim = await startSimulator({ localGpuNeedsKey: true });
});
afterAll(() => sim.close());

const names = [...new Set(providers.map(({ credential }) => credential))];
const icons = readdirSync(join(import.meta.dirname, '../../credentials/icons'));

/** What "Save" in n8n's credential dialog says: sends the test request as n8n builds it and applies its rules. */
async function passes(name: string, apiKey: string): Promise<boolean> {
	const type = await credentialType(name);
	const { request, rules } = type.test as ICredentialTestRequest;
	const data = { baseUrl: sim.url, apiKey };
	const filled = (text: unknown) =>
		String(text)
			.replace(/^=/, '')
			.replace(
				/\{\{\s*\$credentials\.(\w+)\s*\}\}/g,
				(_all, key: 'baseUrl' | 'apiKey') => data[key],
			);
	const options: IHttpRequestOptions = { url: `${filled(request.baseURL)}${request.url}` };
	const { authenticate } = type;
	const added =
		typeof authenticate === 'function'
			? await authenticate(data, options)
			: (authenticate?.properties as Pick<IHttpRequestOptions, 'headers' | 'body'>);
	const fill = (members: unknown) =>
		Object.fromEntries(Object.entries(members ?? {}).map(([key, value]) => [key, filled(value)]));
	const method = request.method ?? 'GET';
	const reply = await fetch(`${options.url}?${new URLSearchParams(fill(request.qs))}`, {
		method,
		headers: { 'content-type': 'application/json', ...fill(added.headers) },
		...(method === 'GET' ? {} : { body: JSON.stringify(fill(added.body)) }),
	});
	const body = (await reply.json()) as Record<string, unknown>;
	const refused = (rules ?? []).some(
		(rule) =>
			rule.type === 'responseSuccessBody' && body[rule.properties.key] === rule.properties.value,
	);
	return reply.ok && !refused;
}

describe.each(names)('%s', (name) => {
	it('passes its test with the right key and not with a wrong one, and costs nothing', async () => {
		expect(await passes(name, sim.key)).toBe(true);
		expect(await passes(name, 'wrong')).toBe(false);
		expect(sim.book.charges).toBe(0);
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
