/** Texts in the language that Node-RED runs in. All of them are in the account node's catalogue. */
import type { NodeAPI } from 'node-red';
import { wordKey } from './catalogue';

export const NAMESPACE = 'node-red-contrib-text-to-video/text-to-video-account';

/** A text by its key under `runtime` in `nodes/locales/<language>/text-to-video-account.json`. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

export const translator =
	(RED: NodeAPI): Translate =>
	(key, values) =>
		RED._(`${NAMESPACE}:runtime.${key}`, values as Record<string, string>);

/** A provider's own word in that language; the English one where there is none. */
export function word(RED: NodeAPI, english: string): string {
	const key = `words.${wordKey(english)}`;
	const found: unknown = RED._(`${NAMESPACE}:${key}`);
	return typeof found === 'string' && found !== '' && !found.endsWith(key) ? found : english;
}
