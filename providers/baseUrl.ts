/** The base URL of an account, as people write it. Pure. */
import type { Provider } from './contract';
import { isLocalUrl } from './hosts';
import { placeholderIn } from './placeholder';
import { newJob } from './replies/job';
import { trimmed } from './schema/trimmed';

export type BaseUrlReading =
	| { baseUrl: string; problem?: undefined }
	/** Names the value and what is allowed. */
	| { problem: string; baseUrl?: undefined };

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** "https//host" and "http:/host" would become hosts of their own. */
const BROKEN_SCHEME = /^https?(:\/?|\/)/i;

/**
 * Blanks around it are nothing, and where "http://" is missing it is added. The endpoint's own path, which people copy
 * along from the provider's documents, is taken off again: it would be asked for twice.
 */
export function readBaseUrl(provider: Provider, given: unknown): BaseUrlReading {
	const text = trimmed(String(given ?? ''));
	if (text === '') return { baseUrl: provider.account.defaultBaseUrl };
	const refused = (): BaseUrlReading => ({
		problem: `Base URL is "${text}", which is not allowed. Give a web address that starts with http:// or https://, such as ${provider.account.defaultBaseUrl}.`,
	});
	if (!SCHEME.test(text) && BROKEN_SCHEME.test(text)) return refused();
	const address = SCHEME.test(text) ? text : `${schemeFor(text)}://${text}`;
	if (!URL.canParse(address) || /\s/.test(address)) return refused();
	const url = new URL(address);
	if (!['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '')
		return refused();
	const path = withoutEndpoint(url.pathname, provider);
	// A parsed path may be longer than the written one: "{" becomes "%7B".
	const pathAt = address.indexOf('/', address.indexOf('//') + 2);
	// As it was written where there is nothing to mend: a retry knows its jobs by it.
	const baseUrl = path === url.pathname ? address : address.slice(0, pathAt) + path;
	const placeholder = placeholderIn(baseUrl);
	if (placeholder === undefined) return { baseUrl };
	return {
		problem: `Base URL is "${text}", in which "${placeholder}" only holds the place of your own address. Put yours there, or leave it empty for ${provider.account.defaultBaseUrl}.`,
	};
}

const schemeFor = (host: string): string => (isLocalUrl(`http://${host}`) ? 'http' : 'https');

/** Without the longest end that is a beginning of a path which the provider declares. */
function withoutEndpoint(pathname: string, provider: Provider): string {
	const parts = partsOf(pathname);
	for (let from = 0; from < parts.length; from += 1) {
		const end = parts.slice(from);
		const isEndpoint = endpointsOf(provider).some((endpoint) =>
			end.every((part, index) => part === endpoint[index] || endpoint[index] === MODEL_PART),
		);
		if (isEndpoint)
			return parts
				.slice(0, from)
				.map((part) => `/${part}`)
				.join('');
	}
	return pathname;
}

/** How a path that names the model is told without one. */
const MODEL_PART = encodeURIComponent('{model}');

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

function endpointsOf(provider: Provider): string[][] {
	const { url } = provider.submitCall;
	const job = newJob(provider.id, 'id', 0);
	const submit = typeof url === 'string' ? url : url({});
	return [submit, provider.fetchCall(job, { baseUrl: '' }).url].map(partsOf);
}
