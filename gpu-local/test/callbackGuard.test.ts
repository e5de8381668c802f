import { describe, expect, it } from 'vitest';
import { checkCallbackUrl, resolveCallback } from '../src/callbacks/guard.ts';

describe('callback addresses', () => {
	const refusalOf = async (url: string, allow: string[] = [], addresses: string[] = []) =>
		await resolveCallback(url, { allow }, async () =>
			addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
		).then(
			() => undefined,
			(error: Error) => error.message,
		);

	it.each([
		'http://169.254.169.254/latest/meta-data',
		'http://169.254.169.254.:80/',
		'http://metadata.google.internal/',
		'http://[fe80::1]/',
		'http://[::ffff:169.254.169.254]/',
		'http://[::ffff:a9fe:a9fe]/',
		'http://[64:ff9b::a9fe:a9fe]/',
		'http://[2002:a9fe:a9fe::]/',
		'http://[fd00:ec2::254]/',
		'http://100.100.100.200/',
		'http://168.63.129.16/',
		'http://metadata.goog/',
		'http://[::ffff:0:a9fe:a9fe]/',
		'http://[64:ff9b:1::a9fe:a9fe]/',
		'http://[2001:0:53aa:64c::80ff:5601]/',
		'http://0.0.0.0/',
		'http://[::]/',
		'http://224.0.0.1/',
		'http://[ff02::1]/',
		'http://255.255.255.255/',
		'http://2852039166/',
		'http://0xA9FEA9FE/',
		'http://0251.0376.0251.0376/',
		'ftp://example.com/',
		'file:///etc/passwd',
		'gopher://example.com/',
		'http://user:password@example.com/',
		'//example.com',
		'not an address',
	])('%s is never called, not even with everything allowed', async (url) => {
		expect(await refusalOf(url, ['*'], ['169.254.169.254'])).toMatch(/cannot be used/);
	});

	it.each(['http://localhost:5678/hook', 'https://n8n.localhost/', 'http://LocalHost.:1/'])(
		'%s is refused at once, before anybody looks the name up',
		(url) => {
			expect(() => checkCallbackUrl(url, { allow: [] })).toThrow(
				`start the server with --webhook-allow ${new URL(url).origin}`,
			);
			expect(checkCallbackUrl(url, { allow: [new URL(url).origin] }).href).toBe(new URL(url).href);
		},
	);

	it.each([
		'http://127.0.0.1/',
		'http://127.1/',
		'http://2130706433/',
		'http://[::1]/',
		'http://[::ffff:127.0.0.1]/',
		'http://[::ffff:0:7f00:1]/',
		'http://10.0.0.5/',
		'http://192.168.1.1/',
		'http://172.31.255.255/',
		'http://100.64.0.1/',
		'http://[fc00::1]/',
	])('%s is called only when it is allowed', async (url) => {
		expect(await refusalOf(url)).toMatch(/--webhook-allow/);
		expect(await refusalOf(url, ['http://example.com'])).toMatch(/--webhook-allow/);
		expect(await refusalOf(url, [new URL(url).origin])).toBeUndefined();
		expect(await refusalOf(url, ['*'])).toBeUndefined();
	});

	it.each([
		['a name that points at this machine', ['127.0.0.1']],
		['a name with one good and one bad address', ['93.184.216.34', '10.0.0.1']],
		['a name that points at the metadata service', ['169.254.169.254']],
		['a name without an address', []],
	])('%s is refused', async (_what, addresses) => {
		expect(await refusalOf('https://example.com/hook', [], addresses)).toMatch(/cannot be used/);
	});

	it('a public name is called at the address that was checked', async () => {
		const target = await resolveCallback('https://example.com/hook', { allow: [] }, async () => [
			{ address: '93.184.216.34', family: 4 },
		]);
		expect(target).toMatchObject({ address: '93.184.216.34', family: 4 });
	});
});
