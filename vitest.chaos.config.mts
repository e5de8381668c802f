import { defineConfig } from 'vitest/config';
import { n8nWorkflowAlias } from './test/support/n8nWorkflowAlias.mts';

// A thousand jobs and more, one after another in one process with a clock of its own; and n8n's scan of the tarball.
export default defineConfig({
	resolve: { alias: n8nWorkflowAlias },
	test: {
		include: ['test/chaos/**/*.chaos.ts', 'test/house/*.heavy.test.ts'],
		testTimeout: 600_000,
		hookTimeout: 120_000,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
