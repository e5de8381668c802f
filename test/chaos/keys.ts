/** One key for each provider and host, so that a key that strays says where it comes from. */
import type { Provider } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { HOST_NAMES, type HostName } from './scenario';

/** With characters that look different in a URL, in JSON and in a form, as keys of real providers have. */
export const keyOf = (provider: Provider, hostName: HostName): string =>
	`key/of+${provider.id}&in=${hostName}/5f3c9a==`;

const allKeys = HOST_NAMES.flatMap((hostName) =>
	providers.map((provider) => keyOf(provider, hostName)),
);

/** A text in base64 looks one of three ways, by how many characters stand before it. The ends depend on what is there. */
function base64Forms(text: string): string[] {
	return [0, 1, 2].map((before) => {
		const encoded = Buffer.from(' '.repeat(before) + text).toString('base64');
		const from = Math.ceil((before * 4) / 3);
		const whole = Math.floor(((before + text.length) * 8) / 6);
		return encoded.slice(from, whole);
	});
}

/** As it is, in a URL, in a form, in JSON within JSON, in base64 of both alphabets and in hexadecimal digits. */
function formsOf(key: string): string[] {
	const base64 = base64Forms(key);
	return [
		key,
		encodeURIComponent(key),
		encodeURI(key),
		new URLSearchParams({ key }).toString().slice('key='.length),
		key.replaceAll('/', '\\/'),
		...base64,
		...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
		Buffer.from(key).toString('hex'),
	];
}

const forms = allKeys.map((key) => ({ key, forms: [...new Set(formsOf(key))] }));

/** Which keys occur in a text, as they are or encoded as keys get encoded. */
export const keysIn = (text: string): string[] =>
	forms.filter((entry) => entry.forms.some((form) => text.includes(form))).map(({ key }) => key);
