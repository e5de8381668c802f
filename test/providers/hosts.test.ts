/** What only this machine or network can reach: a provider on the internet is never sent there. */
import { describe, expect, it } from 'vitest';
import { absoluteUrl, isLocalUrl } from '../../providers/hosts';

describe('an address that only this machine or network can reach', () => {
	it.each([
		'http://localhost:5678/x',
		'http://LOCALHOST/x',
		' http://localhost/x',
		'https://n8n.localhost/x',
		'http://printer.local/x',
		'http://host.docker.internal:8484',
		'http://Gpu.LAN/x',
		'http://n8n:5678/x',
		'http://0.0.0.0/x',
		'http://10.1.2.3/x',
		'http://127.0.0.1:8484/x',
		'http://169.254.1.1/x',
		'http://192.168.0.1/x',
		'http://172.16.0.1/x',
		'http://172.31.255.1/x',
		'http://100.64.0.1/x',
		'http://100.127.255.1/x',
		'http://[::1]:8484/x',
		'http://[FE80::1]/x',
		'http://[FD12:3456::1]/x',
		'http://[fc00::7]/x',
	])('%s', (url) => {
		expect(isLocalUrl(url)).toBe(true);
	});
});

describe('an address that the internet can reach, or that is none', () => {
	it.each([
		'https://api.acme.io/x',
		'https://localhost.acme.io/x',
		'https://n8n.local.acme.io/x',
		'https://a.mylocalhost/x',
		'https://8.10.127.4/x',
		'https://110.0.10.1/x',
		'https://192.169.0.1/x',
		'https://172.15.0.1/x',
		'https://172.32.0.1/x',
		'https://100.63.0.1/x',
		'https://100.128.0.1/x',
		'https://[2001:db8::1]/x',
		'https://[2001:fd00:1::2]/x',
		'gs://bucket/cat.png',
		'localhost',
		'//',
		'',
	])('%s', (url) => {
		expect(isLocalUrl(url)).toBe(false);
	});
});

describe('a path on the base URL, or an address of its own', () => {
	it.each([
		['/v1/videos', 'https://a.acme.io', 'https://a.acme.io/v1/videos'],
		['/v1/videos', 'https://a.acme.io//', 'https://a.acme.io/v1/videos'],
		['https://b.acme.io/x', 'https://a.acme.io', 'https://b.acme.io/x'],
		['HTTP://b.acme.io/x', 'https://a.acme.io', 'HTTP://b.acme.io/x'],
		[
			'/get?from=https://b.acme.io/x',
			'https://a.acme.io',
			'https://a.acme.io/get?from=https://b.acme.io/x',
		],
	])('%s on %s is %s', (url, baseUrl, expected) => {
		expect(absoluteUrl(url, baseUrl)).toBe(expected);
	});
});
