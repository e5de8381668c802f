import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { credentialsOf, itemParameters, parametersFromItem } from '../support/n8nNode';
import { runWorkflow } from '../support/n8nCore';
import { invalidValues, looseValues, validValues } from '../support/arbitraryValues';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import type { Provider, RequestValues } from '../../providers/contract';
import { fieldsOf } from '../../providers/schema/fields';
import { providers } from '../../providers/registry';
import { issueText, validate } from '../../providers/schema/validate';
import { buildRequest } from '../../providers/schema/wire';
import { FUZZ_FACTOR } from '../support/fuzzFactor';

const RUNS = 20 * FUZZ_FACTOR;
/** For a machine that many share; one that ran out of it would leave its requests to the next test. */
const LIMIT_MS = 180_000;
const KEY = 'test-key-0123456789';

interface Seen {
	method?: string;
	path?: string;
	headers: IncomingMessage['headers'];
	body: unknown;
}

let server: Server;
let baseUrl: string;
let seen: Seen[] = [];

vi.setConfig({ testTimeout: LIMIT_MS });

beforeAll(async () => {
	server = createServer(async (request, response) => {
		// The price list, which no test here is about.
		if (request.method === 'GET') return void response.writeHead(404).end();
		let text = '';
		for await (const chunk of request) text += String(chunk);
		seen.push({
			method: request.method,
			path: request.url,
			headers: request.headers,
			body: JSON.parse(text),
		});
		// A certain "no", so that every provider's submit ends here.
		response.writeHead(400, { 'content-type': 'application/json' }).end('{"message":"enough"}');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

let runs = 0;
/** Made once: the node carries the fields of all providers. */
const nodeTypes = { textToVideo: new TextToVideo() };

/** A base URL of its own for every run, so that no run is paced by the ones before it. */
async function run(provider: string, parameters: object, json: object = {}) {
	seen = [];
	runs += 1;
	return await runWorkflow({
		nodeTypes,
		items: [{ json: json as never }],
		credentials: await credentialsOf(provider, { baseUrl: `${baseUrl}/${runs}`, apiKey: KEY }),
		nodes: [
			{
				name: 'Video',
				type: 'textToVideo',
				parameters: { ...parameters, whenSubmitted: 'return' } as never,
				onError: 'stopWorkflow',
			},
		],
	});
}

const listsAsText = (raw: Record<string, unknown>): Record<string, unknown> =>
	Object.fromEntries(
		Object.entries(raw).map(([name, value]) => [
			name,
			Array.isArray(value) ? ` ${JSON.stringify(value)}\n` : value,
		]),
	);

/** One request, which is the pure builder's with the key. */
function expectSent(provider: Provider, values: RequestValues): void {
	const { authentication } = provider.account;
	const expected = buildRequest(provider, values);
	// Whether the queue has room is a question of its own.
	const question = provider.queueUse?.call().url;
	const submits = seen.filter((one) => one.path !== `/${runs}${question}`);
	expect(submits).toHaveLength(1);
	const { method, path, headers, body } = submits[0] as Seen;
	const key = authentication.kind === 'bodyKey' ? { [authentication.property]: KEY } : {};
	expect({ method, url: path, body }).toEqual({
		method: expected.method,
		url: `/${runs}${expected.url}`,
		body: { ...expected.body, ...key },
	});
	const { requestIdHeader } = provider.capabilities;
	for (const [name, value] of Object.entries(expected.headers)) {
		const sent = String(headers[name.toLowerCase()]);
		// Our own id of the submit begins with the person's.
		expect(name === requestIdHeader ? sent.slice(0, value.length) : sent).toBe(value);
	}
	expect(headers.authorization).toBe(
		authentication.kind === 'bearer' ? `Bearer ${KEY}` : undefined,
	);
}

/** n8n itself turns anything but a list into an empty group before the node sees it. */
const canBeHeld = ({ values, field }: { values: RequestValues; field: string }): boolean =>
	lists.has(field) ? Array.isArray(values[field] ?? []) : true;
const lists = new Set(
	providers.flatMap(({ request }) =>
		fieldsOf(request).flatMap(({ name, type }) => (type === 'list' ? [name] : [])),
	),
);

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(id, provider) => {
		it('sends through n8n what the pure builder makes', async () => {
			await fc.assert(
				fc.asyncProperty(validValues(provider), async (drawn) => {
					await run(id, itemParameters(provider, drawn));
					expectSent(provider, drawn);
				}),
				{ numRuns: RUNS },
			);
		});

		it('sends what was validated, to the byte, whatever an item’s cells hold', async () => {
			await fc.assert(
				fc.asyncProperty(looseValues(provider), async ({ raw, values }) => {
					const { error } = await run(id, parametersFromItem(provider, raw), { cells: raw });
					expect(error?.message).toContain('enough');
					expectSent(provider, values);
				}),
				{ numRuns: RUNS },
			);
		});

		it('refuses through n8n what validation refuses, with the same words, and sends nothing', async () => {
			await fc.assert(
				fc.asyncProperty(invalidValues(provider).filter(canBeHeld), async ({ values: drawn }) => {
					const { issues } = validate(provider, drawn, baseUrl);
					expect(issues.length).toBeGreaterThan(0);
					const { error } = await run(id, itemParameters(provider, drawn));
					expect(seen).toEqual([]);
					expect(error?.message).toBe(issueText(issues));
					expect(error?.description).toContain('Nothing was submitted');
				}),
				{ numRuns: RUNS },
			);
		});
	},
);

const withLists = providers.filter(({ request }) =>
	fieldsOf(request).some(({ type }) => type === 'list'),
);

describe.each(withLists.map((provider) => [provider.id, provider] as const))(
	'%s',
	(id, provider) => {
		it('takes lists of any length out of an item, as JSON', async () => {
			await fc.assert(
				fc.asyncProperty(looseValues(provider), fc.boolean(), async ({ raw, values }, asText) => {
					const cells = asText ? listsAsText(raw) : raw;
					await run(id, parametersFromItem(provider, raw, 'json'), { cells });
					expectSent(provider, values);
				}),
				{ numRuns: RUNS },
			);
		});
	},
);
