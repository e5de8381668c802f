import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { IncomingHttpHeaders } from 'node:http';

export interface HostPolicy {
	allowedHosts: readonly string[];
	allowedOrigins: readonly string[];
	publicUrl: string | undefined;
}

/** Names that no foreign name server can point here. */
const OWN_NAMES = ['localhost', 'host.docker.internal', 'host.containers.internal'];

/**
 * Why a request must be refused, or undefined. A page on the web can make a browser call this server
 * under a name of its own (DNS rebinding) or from its own origin; both show in these headers.
 */
export function refusalOf(headers: IncomingHttpHeaders, policy: HostPolicy): string | undefined {
	const host = nameOf(headers.host);
	if (host === undefined) return 'The request has no usable Host header.';
	const names = [
		...OWN_NAMES,
		hostname(),
		...policy.allowedHosts,
		...(policy.publicUrl ? [new URL(policy.publicUrl).hostname] : []),
	].map((name) => name.toLowerCase());
	if (!isIP(host) && !names.includes(host)) {
		return `This server may not be called under the name "${host}". If it is yours, start the server with --allow-host ${host}.`;
	}
	const { origin } = headers;
	if (origin === undefined || policy.allowedOrigins.includes(origin)) return undefined;
	if (policy.publicUrl && origin === new URL(policy.publicUrl).origin) return undefined;
	if (/^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === headers.host) {
		return undefined;
	}
	return `Pages of ${origin} may not call this server. If they should, start it with --allow-origin ${origin}.`;
}

/** The host without its port, lower case, without the brackets of IPv6. */
function nameOf(host: string | undefined): string | undefined {
	const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host ?? '');
	return match?.[1]?.replace(/^\[|\]$/g, '').toLowerCase();
}
