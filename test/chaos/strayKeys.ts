/** Looks for the test keys in everything that was sent, put out and written down. */
import type { Simulator } from '../simulators/simulator';
import type { RecordedRequest } from '../simulators/types';
import type { Evidence } from './evidence';
import { keysIn } from './keys';

/** @returns each host where a key does not belong; a key belongs in requests to its own provider, in one spot */
export function strayKeys(sim: Simulator, foreign: Simulator, { texts }: Evidence): string[] {
	return [
		...foreign.book.requests.flatMap((request) => strayIn(request, undefined)),
		...sim.book.requests.flatMap((request) => strayIn(request, sim.key)),
		...sim.book.callbacks.flatMap(({ url }) =>
			keysIn(url).map((key) => `${key} in a callback's address`),
		),
		...texts.flatMap(({ where, text }) =>
			keysIn(text).map((key) => `${key} in the ${where}: ${around(text, key)}`),
		),
	];
}

function strayIn(request: RecordedRequest, own: string | undefined): string[] {
	const { headers, body, method, path, query, host } = request;
	const spot = `${method} ${host} ${path}`;
	const { authorization = '', ...otherHeaders } = headers;
	const { key = '', ...otherMembers } = (
		typeof body === 'object' && body !== null ? body : { text: body }
	) as Record<string, unknown>;
	const elsewhere = JSON.stringify([path, [...query], otherHeaders, otherMembers]);
	const onHost = keysIn(`${authorization} ${String(key)}`);
	return [
		...keysIn(elsewhere).map((found) => `${found} away from its place in ${spot}`),
		...onHost
			.filter((found) => host !== 'api' || found !== own)
			.map((found) => `${found} in ${spot}`),
	];
}

const around = (text: string, key: string): string => {
	const at = text.indexOf(key);
	return text.slice(Math.max(0, at - 80), at + key.length + 20);
};
