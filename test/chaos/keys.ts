/** One key for each provider and place, so that a key that strays says where it comes from. */
import type { Provider } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { PLACES, type Place } from './story';

export const keyOf = (provider: Provider, place: Place): string =>
	`key-of-${provider.id}-in-${place}-5f3c9a`;

export const allKeys = (): string[] =>
	PLACES.flatMap((place) => providers.map((provider) => keyOf(provider, place)));

/** Which keys occur in a text, as they are or encoded as keys get encoded. */
export const keysIn = (text: string): string[] =>
	allKeys().filter((key) =>
		[key, Buffer.from(key).toString('base64'), Buffer.from(`:${key}`).toString('base64')].some(
			(form) => text.includes(form),
		),
	);
