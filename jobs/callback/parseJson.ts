/** JSON from anybody: it is parsed only where neither we nor a host that stores it can come to harm. */

/** No provider nests more than a few levels; recursion over thousands of them would end in an error. */
const MAX_DEPTH = 64;

export function parseJson(bytes: Uint8Array): { json: unknown } | { problem: string } {
	try {
		const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
		if (isNestedDeeper(text, MAX_DEPTH)) return { problem: 'The message is nested too deeply.' };
		return { json: JSON.parse(text) };
	} catch {
		return { problem: 'The message is not JSON.' };
	}
}

/** One pass over the text, whatever it holds: no pattern of quotes makes it slow. */
function isNestedDeeper(text: string, limit: number): boolean {
	let depth = 0;
	let inText = false;
	for (let index = 0; index < text.length; index += 1) {
		const character = text[index];
		if (inText) {
			if (character === '\\') index += 1;
			else if (character === '"') inText = false;
		} else if (character === '"') inText = true;
		else if (character === '[' || character === '{') depth += 1;
		else if (character === ']' || character === '}') depth -= 1;
		if (depth > limit) return true;
	}
	return false;
}
