import { defineConfig } from 'vitest/config';
import { n8nWorkflowAlias } from '../../../test/support/n8nWorkflowAlias.mts';

/** The stack with the real Python worker: started by run.ts, which makes the Python environment. */
export default defineConfig({
	resolve: { alias: n8nWorkflowAlias },
	test: {
		include: ['gpu-local/test/worker/**/*.heavy.test.ts'],
		// Nothing here is about time; a busy machine takes minutes to import torch.
		testTimeout: 600_000,
		hookTimeout: 600_000,
		maxWorkers: 1,
	},
});
