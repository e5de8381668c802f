/** Counts, for `npm run proof`, how many random values the properties of a test file were really tried with. */
import fc, { type RunDetails } from 'fast-check';
import { basename } from 'node:path';
import { afterAll, expect } from 'vitest';
import { giveProof } from '../../scripts/proof/rows';

let tried = 0;

const count = (details: RunDetails<unknown>): void => {
	tried += details.numRuns;
	if (details.failed)
		throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
};

fc.configureGlobal({ reporter: count });

afterAll(() => {
	if (tried === 0) return;
	const file = basename(expect.getState().testPath ?? '');
	giveProof([{ figure: `${file}: random values tried`, value: tried }]);
});
