/** How the nodes get to a service: its address, its certificate, a proxy, and a credential that can not be used. */
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeHelpers, type ICredentialDataDecryptedObject } from 'n8n-workflow';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { providerById } from '../../providers/registry';
import { BrokenServers } from '../support/brokenServers';
import { startSimulator, type Simulator } from '../simulators/simulator';
import type { Credential } from '../support/n8nAdditionalData';
import { runWorkflow, type WorkflowRun } from '../support/n8nCore';
import { listening, selfSigned } from '../support/selfSigned';
import {
	fetchOptions,
	runFetch,
	runVideo,
	videoOptions,
	videoParameters,
} from '../support/videoNode';

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

describe('a request that never began to leave', () => {
	let broken: BrokenServers;
	beforeEach(async () => (broken = await BrokenServers.open()));
	afterEach(() => broken.close());

	const ignoring = { allowUnauthorizedCerts: true };
	const CASES: Array<[string, () => Promise<{ baseUrl?: string; requestOptions?: object }>]> = [
		['a name that nobody has', async () => ({ baseUrl: 'http://nobody.invalid-name' })],
		[
			'a server that speaks an older TLS only',
			async () => ({
				baseUrl: await broken.secure({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
				requestOptions: ignoring,
			}),
		],
		[
			'a server that wants a certificate of the client, before it lets it speak',
			async () => ({ baseUrl: await broken.forMembers('TLSv1.2'), requestOptions: ignoring }),
		],
		[
			'a connection that is reset while it becomes secure',
			async () => ({
				baseUrl: `https://${await broken.tcp((socket) => socket.resetAndDestroy())}`,
			}),
		],
		[
			'a proxy that hangs up',
			async () => ({
				baseUrl: 'https://gpu.test',
				requestOptions: { proxy: await broken.proxy((socket) => socket.destroy()) },
			}),
		],
		[
			'a proxy that wants a password',
			async () => ({
				baseUrl: 'https://gpu.test',
				requestOptions: {
					proxy: await broken.proxy((socket) => socket.end('HTTP/1.1 407 Password\r\n\r\n')),
				},
			}),
		],
		[
			'a proxy that speaks something else',
			async () => ({
				baseUrl: 'https://gpu.test',
				requestOptions: {
					proxy: `http://${await broken.tcp((socket) => socket.end('hello\r\n'))}`,
				},
			}),
		],
		[
			'a proxy that nobody has',
			async () => ({ requestOptions: { proxy: 'http://nobody.invalid-name:3128' } }),
		],
		[
			'a proxy of a kind that n8n does not know',
			async () => ({ requestOptions: { proxy: 'socks5://127.0.0.1:1080' } }),
		],
	];

	it.each(CASES)('is one to %s', async (_what, open) => {
		const { baseUrl, requestOptions = {} } = await open();
		const result = await runVideo(sim, {
			...(baseUrl ? { baseUrl } : {}),
			parameters: { requestOptions },
			settings: errorOutput,
		});
		const [failed] = result.outputs('Video')[1] ?? [];
		expect(failed?.json).toMatchObject({ details: { accepted: 'no' } });
		expect(failed?.json.message).not.toMatch(/SSL routines|may have been accepted/);
		expect(sim.book.requests).toEqual([]);
	});

	it('is not one that was cut off after it began', async () => {
		const baseUrl = `http://${await broken.tcp((socket) => socket.resetAndDestroy())}`;
		const result = await runVideo(sim, { provider: 'novita', baseUrl, settings: errorOutput });
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
			details: { accepted: 'unknown' },
		});
	});

	it('is not one that a server turned away after the handshake', async () => {
		const baseUrl = await broken.forMembers('TLSv1.3');
		const result = await runVideo(sim, {
			...{ provider: 'novita', baseUrl, settings: errorOutput },
			parameters: { requestOptions: ignoring },
		});
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
			details: { accepted: 'unknown' },
		});
	});
});

/** As n8n's server does: it is looked for when it is read, and what is wrong is thrown then. */
function unusable(options: WorkflowRun, reason: string): WorkflowRun {
	const [name, { type }] = Object.entries(options.credentials!)[0]!;
	const broken = Object.defineProperty({ type } as Credential, 'data', {
		get(): ICredentialDataDecryptedObject {
			throw new Error(reason);
		},
	});
	return { ...options, credentials: { [name]: broken } };
}
const without = ({ credentials: _none, ...options }: WorkflowRun): WorkflowRun => options;

const REASONS = {
	deleted: 'Credential with ID "gone" does not exist for type "x".',
	'not decryptable':
		'Credentials could not be decrypted. The likely reason is that a different "encryptionKey" was used',
	'one whose expression fails': "Can't determine which item to use",
};
const KEYED = ['novita', 'modelslabV6', 'modelslabV7', 'stableDiffusionV5', 'aimlapiPixverse'];

describe.each(['localGpu', ...KEYED])('a credential for %s that can not be used', (provider) => {
	it.each(Object.entries(REASONS))(
		'because it is %s: a certain no with its own advice in the error output, and nothing is sent',
		async (_what, reason) => {
			const options = await videoOptions(sim, { provider, settings: errorOutput });
			const result = await runWorkflow(unusable(options, reason));
			expect(result.error).toBeUndefined();
			expect(result.items('Video')).toEqual([]);
			expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
				message: expect.stringContaining(`can not be used: ${reason}`) as string,
				details: {
					accepted: 'no',
					description: expect.stringContaining('choose another credential') as string,
					failure: { code: 'invalid_key', retryable: false },
				},
			});
			expect(sim.book.requests).toEqual([]);
		},
	);

	it('ends the node with the same words where no error output is wanted', async () => {
		const { error } = await runWorkflow(
			unusable(await videoOptions(sim, { provider }), REASONS.deleted),
		);
		expect(error?.message).toContain(`can not be used: ${REASONS.deleted}`);
		expect(error?.message).toContain('Nothing was submitted');
		expect(error?.description).toContain('choose another credential');
		expect(sim.book.requests).toEqual([]);
	});

	it('leaves the job that is to be fetched as it is', async () => {
		const options = await fetchOptions(sim, {
			...{ provider, settings: errorOutput },
			items: [{ json: { jobId: 'video_1' } }],
		});
		const result = await runWorkflow(unusable(options, REASONS.deleted));
		expect(result.outputs('Result')[1]?.[0]?.json).toMatchObject({
			message: expect.stringContaining('video_1') as string,
			details: { accepted: 'yes', jobId: 'video_1' },
		});
		expect(sim.book.requests).toEqual([]);
	});
});

describe.each(KEYED)('no credential for %s', (provider) => {
	it('is a certain no in the error output that says to choose one', async () => {
		const result = await runWorkflow(
			without(await videoOptions(sim, { provider, settings: errorOutput })),
		);
		expect(result.items('Video')).toEqual([]);
		expect(result.outputs('Video')[1]?.[0]?.json).toMatchObject({
			message: `No credential for ${providerById(provider).account.title} is chosen. Nothing was submitted.`,
			details: {
				accepted: 'no',
				description: 'Open the node and choose or make one.',
			},
		});
		expect(sim.book.requests).toEqual([]);
	});

	it('leaves the job that is to be fetched as it is', async () => {
		const result = await runWorkflow(
			without(
				await fetchOptions(sim, {
					...{ provider, settings: errorOutput },
					items: [{ json: { jobId: 'video_1' } }],
				}),
			),
		);
		expect(result.outputs('Result')[1]?.[0]?.json).toMatchObject({
			details: { accepted: 'yes', jobId: 'video_1' },
		});
	});

	it('stands in the editor as a problem before the run', () => {
		const { description } = new TextToVideo();
		const parameters = videoParameters(provider) as never;
		const shown = description.credentials!.filter((slot) =>
			NodeHelpers.displayParameter(parameters, slot, null, description),
		);
		expect(shown).toMatchObject([{ name: providerById(provider).credential, required: true }]);
	});
});
