/** The runtime's English texts, without a Node-RED. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Translate } from '../../src/i18n/translate';

const FILE = path.join(import.meta.dirname, '../../nodes/locales/en-US/text-to-video-account.json');
const { runtime } = JSON.parse(readFileSync(FILE, 'utf8')) as {
	runtime: Record<string, Record<string, string>>;
};

export const english: Translate = (key, values = {}) => {
	const [group = '', name = ''] = key.split('.');
	const text = runtime[group]?.[name];
	if (text === undefined) throw new Error(`No text ${key}`);
	return text.replace(/__(\w+)__/g, (_all, variable: string) => String(values[variable]));
};
