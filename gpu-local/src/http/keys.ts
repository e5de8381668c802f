import { createHash, timingSafeEqual } from 'node:crypto';

/** The owner of all jobs where no key is needed, and of a key that is named `local`. */
export const LOCAL_OWNER = 'local';

/** `NAME=KEY`; the end of a key in Base64 is no key of its own. */
const NAMED = /^([A-Za-z][A-Za-z0-9._-]{0,63})=(.{16,})$/;

interface KnownKey {
	hash: Buffer;
	owner: string;
	/** Owners of jobs from before the key had its name. */
	formerly: string[];
}

/**
 * Who may call, and whose jobs they see. Jobs belong to a key's name where it has one, so that keys can be changed:
 * several may bear one name. Keys themselves are known only by their hashes.
 */
export class KeyRing {
	readonly #known: KnownKey[];

	/** @param texts `KEY`, or `NAME=KEY` */
	constructor(texts: readonly string[]) {
		this.#known = texts.filter((text) => text !== '').flatMap(knownKeys);
	}

	get needed(): boolean {
		return this.#known.length > 0;
	}

	/** Everybody whose jobs may come through these keys. */
	get owners(): Set<string> {
		return new Set(this.#known.map(({ owner }) => owner));
	}

	/** Jobs that were made with a key before it was given its name. */
	get adoptions(): Array<{ from: string; to: string }> {
		return this.#known.flatMap(({ owner, formerly }) =>
			formerly.map((from) => ({ from, to: owner })),
		);
	}

	/** Whose key it is: a name that tells nothing of the key. Undefined where it is none of ours. */
	ownerOf(key: string | undefined): string | undefined {
		if (!this.needed) return LOCAL_OWNER;
		const given = hashOf(key ?? '');
		let owner: string | undefined;
		// All are compared, so that the time tells nothing.
		for (const known of this.#known) if (timingSafeEqual(known.hash, given)) ({ owner } = known);
		return owner;
	}
}

/** What a caller sends of `NAME=KEY`. */
export const secretOf = (text: string): string => NAMED.exec(text)?.[2] ?? text;

function knownKeys(text: string): KnownKey[] {
	const whole = hashOf(text);
	const [, name, key] = NAMED.exec(text) ?? [];
	if (name === undefined) return [{ hash: whole, owner: unnamed(whole), formerly: [] }];
	const hash = hashOf(key!);
	const owner = name === LOCAL_OWNER ? LOCAL_OWNER : `name:${name}`;
	// A key from before there were names may look like one with a name: it opens the same door.
	return [
		{ hash, owner, formerly: [unnamed(hash)] },
		{ hash: whole, owner, formerly: [unnamed(whole)] },
	];
}

const unnamed = (hash: Buffer): string => hash.toString('hex').slice(0, 16);

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
