/** How the nodes get to a service: its address, its certificate, a proxy, and a credential that can not be used. */
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { runWorkflow } from '../support/n8nCore';
import { listening, selfSigned } from '../support/selfSigned';
import { runFetch, runVideo, videoOptions } from '../support/videoNode';

let sim: Simulator;
const servers: Server[] = [];
beforeEach(async () => (sim = await startSimulator({ durationMs: 0 })));
afterEach(async () => {
	for (const server of servers.splice(0)) server.close();
	await sim.close();
});

async function ownServer(): Promise<string> {
	const server = await selfSigned(sim.url);
	servers.push(server);
	return await listening(server, 'https');
}

/** A port that nobody listens on. */
async function deadUrl(): Promise<string> {
	const server = await selfSigned(sim.url);
	const url = await listening(server);
	await new Promise((resolve) => server.close(resolve));
	return url;
}

const errorOutput = { onError: 'continueErrorOutput' };
const ownedBy = (baseUrl: string) => `${baseUrl.replace('http://', '')}`;

describe('the base URL', () => {
	it.each([
		['blanks around it', () => ` ${sim.url} `],
		['no http://', () => ownedBy(sim.url)],
		['the endpoint behind it', () => `${sim.url}/v1/videos`],
		['the version behind it', () => `${sim.url}/v1/`],
	])('is understood with %s', async (_what, baseUrl) => {
		const result = await runVideo(sim, { baseUrl: baseUrl() });
		expect(result.error).toBeUndefined();
		expect(result.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('is refused by name where it is none, once for the run, and nothing is sent', async () => {
		const { error } = await runVideo(sim, { baseUrl: 'htps://gpu', prompts: ['A', 'B'] });
		expect(error?.message).toBe(
			'Base URL is "htps://gpu", which is not allowed. Give a web address that starts with http:// or https://, such as http://127.0.0.1:8484. Nothing was submitted.',
		);
		expect(error?.description).toBe('Correct Base URL in the credential.');
	});

	it('is refused in the error output with a certain no', async () => {
		const result = await runVideo(sim, { baseUrl: 'htps://gpu', settings: errorOutput });
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({ details: { accepted: 'no' } });
	});

	it('that leads to another service is what the advice is about, and not a job ID', async () => {
		const result = await runVideo(sim, {
			provider: 'novita',
			baseUrl: `${sim.url}/elsewhere`,
			settings: errorOutput,
		});
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
			details: {
				accepted: 'no',
				description: expect.stringContaining('Check the base URL in the credential') as string,
			},
		});
	});

	it('that is none does not lose the job that is to be fetched', async () => {
		const { error } = await runFetch(sim, {
			baseUrl: 'htps://gpu',
			items: [{ json: { jobId: 'video_1' } }],
		});
		expect(error?.message).toContain('Base URL is "htps://gpu"');
		expect(error?.message).toContain('video_1');
	});
});

describe('a certificate that nobody signed', () => {
	it('is a certain no, and the words say where to allow it', async () => {
		const result = await runVideo(sim, { baseUrl: await ownServer(), settings: errorOutput });
		const { message, details } = result.outputs('Video')[1]![0]!.json as never as {
			message: string;
			details: { accepted: string; description: string };
		};
		expect(message).toBe(
			'Local GPU: The service could not be reached (its certificate is not trusted: self-signed certificate).',
		);
		expect(details.accepted).toBe('no');
		expect(details.description).toContain('turn on Ignore SSL Issues in the credential');
		expect(sim.book.requests).toEqual([]);
	});

	it('is accepted by the node’s own setting, in every call', async () => {
		const result = await runVideo(sim, {
			baseUrl: await ownServer(),
			parameters: { requestOptions: { allowUnauthorizedCerts: true } },
		});
		expect(result.error).toBeUndefined();
		expect(result.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	it('is accepted by the credential, in every call', async () => {
		const options = await videoOptions(sim, { baseUrl: await ownServer() });
		const { data } = Object.values(options.credentials!)[0]!;
		data.allowUnauthorizedCerts = true;
		const result = await runWorkflow(options);
		expect(result.error).toBeUndefined();
		expect(result.items('Video')[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});
});

describe('a proxy', () => {
	it('that is not there is named', async () => {
		const proxy = await deadUrl();
		const result = await runVideo(sim, {
			parameters: { requestOptions: { proxy } },
			settings: errorOutput,
		});
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
			details: {
				accepted: 'no',
				description: expect.stringContaining(`go through the proxy ${proxy}`) as string,
			},
		});
		expect(sim.book.requests).toEqual([]);
	});
});

describe('a credential that can not be used', () => {
	const broken = {
		get data(): ICredentialDataDecryptedObject {
			throw new Error(
				'Credential with ID "gone" does not exist for type "textToVideoLocalGpuApi".',
			);
		},
	};

	it('is a certain no with its own advice, and nothing is sent', async () => {
		const options = await videoOptions(sim, { settings: errorOutput });
		const [name, { type }] = Object.entries(options.credentials!)[0]!;
		options.credentials = {
			[name]: Object.defineProperty(
				{ type } as never,
				'data',
				Object.getOwnPropertyDescriptor(broken, 'data')!,
			),
		};
		const result = await runWorkflow({ ...options, nodeTypes: { textToVideo: new TextToVideo() } });
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
			message:
				'The credential for Local GPU can not be used: Credential with ID "gone" does not exist for type "textToVideoLocalGpuApi".',
			details: { accepted: 'no', failure: { code: 'invalid_key', retryable: false } },
		});
		expect(sim.book.requests).toEqual([]);
	});
});
