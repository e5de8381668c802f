/**
 * The words of the providers in other languages. `providers/` knows English alone; `i18n/<language>.json` gives each
 * of its texts in another language, and the build writes them into the account node's catalogue, where Node-RED finds
 * them by the language of the editor or of the runtime.
 */

/** Node-RED's catalogues take a full stop or a colon in a key for a path. */
export const wordKey = (english: string): string => english.replace(/[^A-Za-z0-9]+/g, '-');

/** What the build adds to a catalogue under `words`. */
export const catalogueOf = (words: Record<string, string>): Record<string, string> =>
	Object.fromEntries(Object.entries(words).map(([english, word]) => [wordKey(english), word]));
