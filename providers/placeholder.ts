/**
 * Addresses that an example or a document had, and that nobody put their own in place of. A request to one goes to a
 * stranger, with whatever is in it; a video that is to be reported there is heard of by nobody. Pure.
 *
 * Only what can not be anybody's own: a name that is reserved for documents (RFC 2606), words that stand for a name, and
 * what a web address can not hold. A file may be called `your-cat.png`, and some hosts are called `your-…` indeed.
 */
import { hostOf } from './hosts';

/** `example.com`, `n8n.example.co.uk`, `n8n.example`. */
const RESERVED_HOST = /(^|\.)example(\.((co|com|org|net|ac|gov)\.)?[a-z]{2,})?$|(^|\.)invalid$/;
const THING =
	'(?:account|api|app|bucket|company|domain|editor|endpoint|gpu|host|hostname|instance|ip|machine|n8n|node-?red|org|organi[sz]ation|project|public|server|site|subdomain|tenant|tunnel|url|vps|website|workspace)';
/** `your-domain`, `yourserver`, `your-n8n-instance`. */
const STANDS_FOR_NAME = new RegExp(
	`^(your[-_]?${THING}([-_]${THING})*([-_](here|name))?|my[-_]?domain|(change|replace)[-_]?me)$`,
);
const STANDS_FOR_HOST = /(^|\.)(your\.(domain|host|instance|ip|n8n|server|site|url)|domain\.tld)$/;
/** In front of another's domain: `your-name.trycloudflare.com`. */
const STANDS_FOR_SUBDOMAIN = /^your[-_]/;
/** Where a hosting company names its customers' machines. */
const REAL_HOSTS = /(^|\.)your-(server\.de|storagebox\.de|objectstorage\.com)$/;
const SECOND_LEVEL = /^(ac|co|com|edu|gov|net|org)$/;

/** In the text as a person wrote it. */
const IN_TEXT: readonly RegExp[] = [
	/<[^<>]*>/,
	/%3C[^%<>]*%3E/i,
	/\{\{.*?\}\}/,
	/\$?\{[a-z][\w .-]*\}/i,
	/\[(?:your|the)\b[^\]]*\]/i,
	/(?<=[/=?&#:@])(?:YOURS?|CHANGE|REPLACE|INSERT|PASTE)(?:[_-][A-Z0-9_-]*[A-Z0-9])?(?=[/?&#:@]|$)/,
	/(?<=[/=])(?:paste|put|insert|replace|enter)-[\w-]*-here(?=[/?&#]|$)/i,
	/(?<=[/=])X{4,}(?=[/?&#]|$)/,
	/…/,
	/(?<=\/)\.{3}(?=\/|$)/,
];

/** @returns the part of the address that its person was to put their own in place of; undefined where there is none */
export function placeholderIn(address: string): string | undefined {
	const host = hostOf(address.trim())?.replace(/\.$/, '');
	if (host !== undefined && isPlaceholderHost(host)) return host;
	return IN_TEXT.map((pattern) => pattern.exec(address)?.[0]).find((part) => part !== undefined);
}

function isPlaceholderHost(host: string): boolean {
	if (RESERVED_HOST.test(host) || STANDS_FOR_HOST.test(host)) return true;
	if (REAL_HOSTS.test(host)) return false;
	const labels = host.split('.');
	const ownLabels = SECOND_LEVEL.test(labels.at(-2) ?? '') ? 3 : 2;
	return labels.some(
		(label, index) =>
			STANDS_FOR_NAME.test(label) ||
			(labels.length - index > ownLabels && STANDS_FOR_SUBDOMAIN.test(label)),
	);
}
