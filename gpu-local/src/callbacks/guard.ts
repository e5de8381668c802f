import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface CallbackPolicy {
	/**
	 * Origins (`http://localhost:5678`) or host names (`n8n.lan`) that may lie on this machine or the
	 * local network. `*` allows every private and loopback address.
	 */
	allow: readonly string[];
}

/** The address may not be called, now or later. */
export class RefusedAddressError extends Error {
	override readonly name = 'RefusedAddressError';

	constructor(
		url: string,
		/** Why, as the end of a sentence. */
		readonly reason: string,
	) {
		super(`The webhook address ${url} cannot be used: ${reason}.`);
	}
}

/** Where a callback connects: the address that was checked, not one looked up a second time. */
export interface CheckedTarget {
	url: URL;
	address: string;
	family: 4 | 6;
}

/** Nothing that belongs in a callback ever lives here: metadata services, link-local, multicast … */
const NEVER = blockList([
	'0.0.0.0/8',
	'169.254.0.0/16',
	'192.0.0.0/24',
	'192.0.2.0/24',
	'198.18.0.0/15',
	'198.51.100.0/24',
	'203.0.113.0/24',
	'224.0.0.0/4',
	'240.0.0.0/4',
	// Alibaba Cloud's metadata service hides in the shared address space, Azure's behind a public one.
	'100.100.100.200/32',
	'168.63.129.16/32',
	'::/128',
	'fe80::/10',
	'fec0::/10',
	'ff00::/8',
	'2001:db8::/32',
	// Tunnels that carry an IPv4 address in a form of their own: Teredo, and a network's own NAT64.
	'2001::/32',
	'64:ff9b:1::/48',
	// The metadata service of AWS, over IPv6.
	'fd00:ec2::254/128',
]);

/** Only by allow-list: this machine and its local network. */
const PRIVATE = blockList([
	'127.0.0.0/8',
	'10.0.0.0/8',
	'172.16.0.0/12',
	'192.168.0.0/16',
	'100.64.0.0/10',
	'::1/128',
	'fc00::/7',
]);

const METADATA_NAMES = new Set([
	'metadata',
	'metadata.google.internal',
	'metadata.goog',
	'instance-data',
]);

/** The name of this machine itself: it never means another one (RFC 6761). */
const LOCAL_NAME = /^(.+\.)?localhost\.?$/i;

/** Refuses what can be refused without a look-up, so that the caller hears of it at once. */
export function checkCallbackUrl(text: string, policy: CallbackPolicy): URL {
	const url = parseUrl(text);
	const host = hostOf(url);
	if (METADATA_NAMES.has(host.replace(/\.$/, '').toLowerCase())) throw refused(text, NEVER_REASON);
	if (isIP(host)) checkAddress(text, url, host, policy);
	else if (LOCAL_NAME.test(host)) checkAddress(text, url, '127.0.0.1', policy);
	return url;
}

/** Looks the host up once and checks every address that it has. */
export async function resolveCallback(
	text: string,
	policy: CallbackPolicy,
	resolve: (host: string) => Promise<Array<{ address: string; family: number }>> = resolveAll,
): Promise<CheckedTarget> {
	const url = checkCallbackUrl(text, policy);
	const host = hostOf(url);
	const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await resolve(host);
	if (addresses.length === 0) throw refused(text, 'the host name has no address');
	for (const { address } of addresses) checkAddress(text, url, address, policy);
	const [first] = addresses;
	return { url, address: first!.address, family: first!.family === 6 ? 6 : 4 };
}

const resolveAll = (host: string) => lookup(host, { all: true });

function parseUrl(text: string): URL {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw refused(text, 'it is no web address');
	}
	if (url.protocol !== 'http:' && url.protocol !== 'https:') {
		throw refused(text, 'only http:// and https:// addresses can be called');
	}
	if (url.username || url.password) {
		throw refused(text, 'a name or password may not stand in the address');
	}
	return url;
}

const NEVER_REASON = 'such addresses (link-local, metadata, multicast …) are never called';

function checkAddress(text: string, url: URL, address: string, policy: CallbackPolicy): void {
	const plain = embeddedIpv4(address) ?? address;
	const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
	if (NEVER.check(plain, family)) throw refused(text, NEVER_REASON);
	if (!PRIVATE.check(plain, family)) return;
	if (policy.allow.some((entry) => matches(entry, url))) return;
	throw refused(
		text,
		`${plain} is on this machine or its local network, which must be allowed first: start the server with --webhook-allow ${url.origin}`,
	);
}

function matches(entry: string, url: URL): boolean {
	if (entry === '*') return true;
	if (entry.includes('://')) {
		try {
			return new URL(entry).origin === url.origin;
		} catch {
			return false;
		}
	}
	return entry.toLowerCase() === hostOf(url).toLowerCase();
}

/** Where in its eight parts an IPv6 address of this range carries an IPv4 one. */
const CARRIES_IPV4: Record<string, readonly [number, number]> = {
	ipv4Mapped: [6, 8],
	// IPv4-translated, and the well-known prefix of NAT64.
	rfc6145: [6, 8],
	rfc6052: [6, 8],
	'6to4': [1, 3],
};

/** The IPv4 address inside an IPv6 one, which is where a connection would go. */
function embeddedIpv4(address: string): string | undefined {
	if (!ipaddr.IPv6.isValid(address)) return undefined;
	const ipv6 = ipaddr.IPv6.parse(address);
	// IPv4-compatible, `::a.b.c.d`: deprecated, and no range of its own.
	const compatible = ipv6.parts.slice(0, 6).every((part) => part === 0) && ipv6.parts[6] !== 0;
	const place = compatible ? CARRIES_IPV4.ipv4Mapped : CARRIES_IPV4[ipv6.range()];
	if (!place) return undefined;
	const [high, low] = ipv6.parts.slice(...place) as [number, number];
	return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const refused = (url: string, reason: string): RefusedAddressError =>
	new RefusedAddressError(url, reason);

function blockList(ranges: string[]): BlockList {
	const list = new BlockList();
	for (const range of ranges) {
		const [address, bits] = range.split('/') as [string, string];
		list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
	}
	return list;
}
