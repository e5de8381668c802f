import { describe, expect, it } from 'vitest';
import { readBaseUrl } from '../../providers/baseUrl';
import { absoluteUrl } from '../../providers/hosts';
import { providerById, providers } from '../../providers/registry';
import { endpointOf } from '../../providers/schema/tables';

const read = (id: string, given: unknown) => readBaseUrl(providerById(id), given);

describe('a base URL is understood', () => {
	it.each([
		['aimlapiPixverse', undefined, 'https://api.aimlapi.com'],
		['aimlapiPixverse', '  ', 'https://api.aimlapi.com'],
		['aimlapiPixverse', ' https://api.aimlapi.com\n', 'https://api.aimlapi.com'],
		['aimlapiPixverse', '\u200Bhttps://api.aimlapi.com\u200B', 'https://api.aimlapi.com'],
		['aimlapiPixverse', 'api.aimlapi.com', 'https://api.aimlapi.com'],
		['aimlapiPixverse', 'api.aimlapi.com:8443', 'https://api.aimlapi.com:8443'],
		['aimlapiPixverse', 'https://api.aimlapi.com/v2', 'https://api.aimlapi.com'],
		['aimlapiPixverse', 'https://api.aimlapi.com/v2/video/generations/', 'https://api.aimlapi.com'],
		['localGpu', 'localhost:8484', 'http://localhost:8484'],
		['localGpu', '192.168.1.5:8484', 'http://192.168.1.5:8484'],
		['localGpu', 'gpu:8484', 'http://gpu:8484'],
		['localGpu', 'http://gpu:8484/v1', 'http://gpu:8484'],
		['localGpu', 'http://gpu:8484/v1/videos', 'http://gpu:8484'],
		['localGpu', 'http://proxy.acme.test/gpu/v1', 'http://proxy.acme.test/gpu'],
		['novita', 'https://api.novita.ai/v3/async', 'https://api.novita.ai'],
		['modelslabV6', 'https://modelslab.com/api/v6/video/fetch', 'https://modelslab.com'],
		[
			'stableDiffusionV5',
			'https://stablediffusionapi.com/api/v3',
			'https://stablediffusionapi.com',
		],
		[
			'novitaAnyModel',
			'https://api.novita.ai/v3/async/kling-v3.0-std-t2v',
			'https://api.novita.ai',
		],
		['localGpu', 'gpu-http:8484', 'http://gpu-http:8484'],
		['localGpu', 'http://gpu:8484/v1/videos/video_7', 'http://gpu:8484/v1/videos/video_7'],
		// As it was written: a retry knows its jobs by it.
		['novita', 'HTTPS://api.novita.ai', 'HTTPS://api.novita.ai'],
		[
			'novita',
			'proxy.acme.test/https://own.acme.test',
			'https://proxy.acme.test/https://own.acme.test',
		],
		['novita', 'https://api.novita.ai/', 'https://api.novita.ai/'],
		['novita', 'https://own.acme.test/novita', 'https://own.acme.test/novita'],
	])('%s: %j', (id, given, expected) => {
		expect(read(id, given)).toEqual({ baseUrl: expected });
	});

	it.each(providers.map((provider) => [provider.id, provider] as const))(
		'%s: its own endpoint, pasted as a whole',
		(_id, provider) => {
			const path = endpointOf(provider).split(' ')[1]!;
			const { defaultBaseUrl } = provider.account;
			const { baseUrl } = readBaseUrl(provider, `${defaultBaseUrl}${path}`);
			expect(absoluteUrl(path, baseUrl!)).toBe(`${defaultBaseUrl}${path}`);
		},
	);
});

describe('a base URL that is none is refused by name', () => {
	it.each([
		['https//api.novita.ai'],
		['http:/api.novita.ai'],
		['http:api.novita.ai'],
		['HTTP:/api.novita.ai'],
		['shttp://api.novita.ai'],
		['htps://api.novita.ai'],
		['ftp://api.novita.ai'],
		['https://api novita ai'],
		['https://'],
		['https://api.novita.ai/?key=1'],
		['https://api.novita.ai/#top'],
		['Novita Base'],
	])('%j', (given) => {
		expect(read('novita', given).problem).toBe(
			`Base URL is ${JSON.stringify(given)}, which is not allowed. Give a web address that starts with http:// or https://, such as https://api.novita.ai.`,
		);
	});
});
