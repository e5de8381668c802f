/** Which hosts are what: who may see a key, and what only the local network can reach. */

const LOCAL_NAMES = /^(localhost|.*\.localhost|.*\.local|.*\.internal|.*\.lan)$/;
const LOCAL_IPV4 =
	/^(0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const LOCAL_IPV6 = /^\[?(::1|::|fe80:|f[cd][0-9a-f]{2}:)/;

/**
 * True for loopback, private and link-local addresses and for names that only a local network knows. What follows the
 * scheme of another kind of address, such as `gs://bucket/cat.png`, is no host.
 */
export function isLocalUrl(url: string): boolean {
	const { protocol = '', hostname: host = '' } = parse(url) ?? {};
	if (!['http:', 'https:'].includes(protocol)) return false;
	return (
		LOCAL_NAMES.test(host) ||
		LOCAL_IPV4.test(host) ||
		LOCAL_IPV6.test(host) ||
		(!host.includes('.') && !host.includes(':'))
	);
}

/**
 * Whether a request to this URL may carry the account's key: the base URL's own origin, or HTTPS on a host that the
 * provider declares. A URL that a reply hands out is never trusted beyond that.
 */
export function mayCarryKey(url: string, baseUrl: string, keyHosts: string[]): boolean {
	const target = parse(url);
	const base = parse(baseUrl);
	if (!target || !base) return false;
	if (target.origin === base.origin) return true;
	const declared = (host: string) =>
		keyHosts.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
	// A base URL of the user's own stays on its own: a reply can not send the key back to the public service.
	return target.protocol === 'https:' && declared(target.hostname) && declared(base.hostname);
}

/** A path on the base URL, or the absolute URL as it is. */
export function absoluteUrl(url: string, baseUrl: string): string {
	return /^https?:\/\//i.test(url) ? url : `${baseUrl.replace(/\/+$/, '')}${url}`;
}

/** In lower case. */
export const hostOf = (url: string): string | undefined => parse(url)?.hostname.toLowerCase();

function parse(url: string): URL | undefined {
	try {
		return new URL(url);
	} catch {
		return undefined;
	}
}
