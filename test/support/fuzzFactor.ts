/** How many times the usual number of random values is tried: more in `npm run proof` than in every run of CI. */
export const FUZZ_FACTOR = Number(process.env.FUZZ_FACTOR ?? 1);
