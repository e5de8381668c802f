/**
 * A trigger, a simulated provider and the messages between them, for every test anew. Import it and a test file has
 * its hooks.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, vi } from 'vitest';
import { TextToVideoTrigger } from '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
import { sign } from '../../jobs/callback/standardWebhooks';
import type { Provider } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { credentialsOf } from './n8nNode';
import { TriggerRig, type Sent } from './n8nTrigger';

/** Providers that call back. */
export const receivers = providers.filter(({ capabilities }) => capabilities.callback);

/** Live bindings: new ones for every test. */
export let sim: Simulator;
export let rig: TriggerRig;

beforeEach(async () => {
	sim = await startSimulator({ durationMs: Infinity, autoCallbacks: false });
});
afterEach(async () => {
	await rig?.close();
	await sim.close();
});

export async function listen(provider: Provider, parameters: Record<string, unknown> = {}) {
	rig = await TriggerRig.start({
		trigger: new TextToVideoTrigger(),
		parameters: { provider: provider.id, ...parameters },
		credentials: await credentialsOf(provider.id, {
			baseUrl: sim.url,
			apiKey: sim.key,
			webhookSecret: sim.webhookSecret,
		}),
	});
	return rig;
}

/** As after a restart: a process that remembers nothing. */
export async function freshTrigger(): Promise<TextToVideoTrigger> {
	vi.resetModules();
	const path = '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
	const { TextToVideoTrigger: Fresh } = (await import(path)) as {
		TextToVideoTrigger: typeof TextToVideoTrigger;
	};
	return new Fresh();
}

/** A job at the simulated provider. */
export async function jobAt(provider: Provider, more: Record<string, unknown> = {}) {
	const { job } = await submit(sim, provider, { ...smallValues(provider), ...more } as never);
	if (!job) throw new Error(`${provider.id} did not take the job`);
	return job.jobId;
}

/** The provider's own callback, sent to the rig; the last message that came out of the simulator. */
export async function callBack(jobId: string, options: Parameters<Simulator['callback']>[1] = {}) {
	const captured: Array<{ body: string; headers: Record<string, string> }> = [];
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', (part) => (body += part));
		request.on('end', () => {
			captured.push({ body, headers: request.headers as Record<string, string> });
			response.end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await sim.callback(jobId, { ...options, url: `http://127.0.0.1:${port}` });
	server.closeAllConnections();
	server.close();
	const { body, headers } = captured[0]!;
	const signature = Object.entries(headers).filter(([name]) => name.startsWith('webhook-'));
	return { body, headers: Object.fromEntries(signature) };
}

export async function deliver(jobId: string, options: Parameters<Simulator['callback']>[1] = {}) {
	const { body, headers } = await callBack(jobId, options);
	return await rig.send(body, { headers });
}

export const startedJobs = async (sents: Sent[]) =>
	(await Promise.all(sents.map(async (sent) => await sent.started())))
		.flatMap((items) => items ?? [])
		.map(({ json }) => `${String(json.jobId)} ${String(json.status)}`);

/** The headers of a signed message. */
export const signedHeaders = (
	body: string,
	{ id = 'msg_1', secret = sim.webhookSecret, ageSeconds = 0 } = {},
) => {
	const seconds = Math.floor(Date.now() / 1000) - ageSeconds;
	return {
		'webhook-id': id,
		'webhook-timestamp': String(seconds),
		'webhook-signature': sign(secret, id, seconds, body),
	};
};
