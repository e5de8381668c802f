import { createHash, timingSafeEqual } from 'node:crypto';

/** The owner of all jobs where no key is needed. */
export const LOCAL_OWNER = 'local';

/** Knows the keys only by their hashes. */
export class KeyRing {
	readonly #hashes: Buffer[];

	constructor(keys: string[]) {
		this.#hashes = keys.filter((key) => key !== '').map(hash);
	}

	get needed(): boolean {
		return this.#hashes.length > 0;
	}

	/** Whose key it is: a name that tells nothing of the key. Undefined where it is none of ours. */
	ownerOf(key: string | undefined): string | undefined {
		if (!this.needed) return LOCAL_OWNER;
		const given = hash(key ?? '');
		let owner: string | undefined;
		// All are compared, so that the time tells nothing.
		for (const known of this.#hashes) {
			if (timingSafeEqual(known, given)) owner = known.toString('hex').slice(0, 16);
		}
		return owner;
	}
}

const hash = (key: string): Buffer => createHash('sha256').update(key).digest();
