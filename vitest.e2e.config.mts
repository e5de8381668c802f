import { defineConfig } from 'vitest/config';
import { n8nWorkflowAlias } from './test/support/n8nWorkflowAlias.mts';

// A real n8n in every test: one at a time, because each takes most of a gigabyte.
export default defineConfig({
	resolve: { alias: n8nWorkflowAlias },
	test: {
		include: ['test/e2e/**/*.e2e.ts'],
		globalSetup: ['test/e2e/setup.ts'],
		testTimeout: 240_000,
		hookTimeout: 240_000,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
