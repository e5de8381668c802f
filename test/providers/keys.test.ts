/** Who may see the account's key, and where a result is asked for. */
import { describe, expect, it } from 'vitest';
import { requestOf } from '../../jobs/host';
import type { Job } from '../../providers/contract';
import { isLocalUrl, mayCarryKey } from '../../providers/hosts';
import { providerById, providers } from '../../providers/registry';

const SD = 'https://stablediffusionapi.com';
const HOSTS = providerById('stableDiffusionV4').account.keyHosts;

describe('the key goes', () => {
	it.each([
		['to the base URL', `${SD}/api/v3/fetch/1`, SD, true],
		['to the other name of the provider', 'https://modelslab.com/api/v6/video/fetch/1', SD, true],
		['to a subdomain of it', 'https://eu.modelslab.com/api/v6/video/fetch/1', SD, true],
		[
			'to a base URL of the user',
			'http://127.0.0.1:8484/api/v3/fetch/1',
			'http://127.0.0.1:8484',
			true,
		],
		['not to another host', 'https://evil.example.com/fetch/1', SD, false],
		['not to a host that only ends alike', 'https://notmodelslab.com/fetch/1', SD, false],
		[
			'not to a host that only begins alike',
			'https://modelslab.com.evil.example.com/fetch/1',
			SD,
			false,
		],
		[
			'not to a user name that looks like a host',
			'https://modelslab.com@evil.example.com/1',
			SD,
			false,
		],
		['not over plain HTTP', 'http://modelslab.com/api/v6/video/fetch/1', SD, false],
		['to any port of it', `${SD}:8443/api/v3/fetch/1`, `${SD}:9443`, true],
		[
			'not from a base URL of the user to the provider',
			`${SD}/api/v3/fetch/1`,
			'https://proxy.example.com',
			false,
		],
		[
			'not to another port of the own machine',
			'http://127.0.0.1:9999/fetch/1',
			'http://127.0.0.1:8484',
			false,
		],
		['not to a file', 'file:///etc/passwd', SD, false],
		['not to nonsense', '//', SD, false],
	])('%s: %s', (_what, url, baseUrl, may) => {
		expect(mayCarryKey(url, baseUrl, HOSTS)).toBe(may);
	});
});

describe('a handed out fetch_result', () => {
	const job = (fetchUrl?: string): Job => ({
		provider: 'stableDiffusionV4',
		jobId: '13801718',
		status: 'processing',
		videos: [],
		submittedAt: '2026-01-01T00:00:00.000Z',
		...(fetchUrl ? { fetchUrl } : {}),
	});
	const ask = (id: string, fetchUrl: string | undefined, baseUrl: string) => {
		const provider = providerById(id);
		const { method, url, body, authenticate } = requestOf(
			provider,
			{ baseUrl },
			provider.fetchCall(job(fetchUrl), { baseUrl }),
		);
		return { method, url, body, authenticate };
	};

	it('is used on a host of the provider', () => {
		const fetchUrl = 'https://modelslab.com/api/v3/dreambooth/fetch/13801718';
		expect(ask('stableDiffusionV4', fetchUrl, SD)).toEqual({
			method: 'POST',
			url: fetchUrl,
			body: {},
			authenticate: true,
		});
	});

	it('on any other host is replaced by the same path on the base URL', () => {
		const url = `${SD}/api/v3/dreambooth/fetch/13801718`;
		expect(ask('stableDiffusionV4', 'https://evil.example.com/fetch/13801718', SD).url).toBe(url);
		expect(ask('stableDiffusionV4', url, 'http://127.0.0.1:8484').url).toBe(
			'http://127.0.0.1:8484/api/v3/dreambooth/fetch/13801718',
		);
	});

	it.each([
		['stableDiffusionV5', '/api/v3/fetch/13801718', {}],
		['stableDiffusionV4', '/api/v4/dreambooth/fetch', { request_id: '13801718' }],
		['stableDiffusionEnterprise', '/api/v1/enterprise/fetch', { request_id: '13801718' }],
		['modelslabV6', '/api/v6/video/fetch/13801718', {}],
		['modelslabV6Ultra', '/api/v6/video/fetch/13801718', {}],
		['modelslabV7', '/api/v7/video-fusion/fetch/13801718', {}],
	])('is not needed: %s is asked at %s where only the id is known', (id, path, body) => {
		const { defaultBaseUrl } = providerById(id).account;
		expect(ask(id, undefined, defaultBaseUrl)).toEqual({
			method: 'POST',
			url: `${defaultBaseUrl}${path}`,
			body,
			authenticate: true,
		});
	});

	it('of the legacy path of AI/ML API is kept with the job', () => {
		const provider = providerById('aimlapiPixverse');
		const baseUrl = provider.account.defaultBaseUrl;
		const { job: submitted } = provider.readSubmit(
			{ status: 200, headers: {}, body: { id: 'a:b/c', status: 'queued' } },
			{ legacy_path: true },
			{ nowMs: 0, baseUrl },
		);
		expect(provider.fetchCall(submitted!, { baseUrl })).toEqual({
			method: 'GET',
			url: `${baseUrl}/v2/generate/video/pixverse/generation`,
			query: { generation_id: 'a:b/c' },
		});
	});
});

describe('every provider', () => {
	it.each(providers.map((provider) => [provider.id, provider] as const))(
		'%s lets its own default base URL see the key, and is on HTTPS if on the internet',
		(_id, { account: { cloud, defaultBaseUrl, keyHosts } }) => {
			expect(mayCarryKey(defaultBaseUrl, defaultBaseUrl, keyHosts)).toBe(true);
			expect(isLocalUrl(defaultBaseUrl)).toBe(!cloud);
			expect(new URL(defaultBaseUrl).protocol).toBe(cloud ? 'https:' : 'http:');
		},
	);
});
