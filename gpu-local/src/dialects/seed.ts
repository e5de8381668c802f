const SEEDS = 2 ** 32;

/** A provider's seed as one of those that models take, and what to say where that is another one. */
export function fitSeed(seed: number): { seed: number; warnings: string[] } {
	if (seed === -1 || (seed >= 0 && seed < SEEDS)) return { seed, warnings: [] };
	const fitted = ((seed % SEEDS) + SEEDS) % SEEDS;
	return {
		seed: fitted,
		warnings: [`The seed became ${fitted}: seeds here are from 0 to ${SEEDS - 1}.`],
	};
}
