import { Batcher } from './batcher.ts';

interface Wanted<Found> {
	id: string;
	found: Found | undefined;
}

/**
 * Finds things by their ids, many with one question: those that are wanted while a question is under way make up
 * the next one. What is found is never older than the wish for it.
 */
export class Lookup<Found extends { id: string }> {
	readonly #wanted: Batcher<Wanted<Found>>;

	constructor(ask: (ids: string[]) => Promise<Found[]>) {
		this.#wanted = new Batcher(async (all) => {
			const found = await ask([...new Set(all.map(({ id }) => id))]);
			const byId = new Map(found.map((each) => [each.id, each]));
			for (const wanted of all) wanted.found = byId.get(wanted.id);
		});
	}

	async find(id: string): Promise<Found | undefined> {
		const wanted: Wanted<Found> = { id, found: undefined };
		await this.#wanted.add(wanted);
		return wanted.found;
	}
}
