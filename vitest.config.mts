import { defineConfig } from 'vitest/config';
import { n8nWorkflowAlias } from './test/support/n8nWorkflowAlias.mts';

// The fast suites: no browser, no real n8n, no Python. The heavier ones have a config of their own beside this one.
export default defineConfig({
	resolve: { alias: n8nWorkflowAlias },
	test: {
		include: ['test/**/*.test.ts', 'node-red/test/**/*.test.ts', 'gpu-local/test/**/*.test.ts'],
		exclude: ['**/node_modules/**', '**/*.heavy.test.ts', 'test/e2e/**'],
		globalSetup: ['gpu-local/test/support/template.ts'],
		setupFiles: process.env.PROOF_ROWS ? ['test/support/countRandomValues.ts'] : [],
		testTimeout: 30_000,
		hookTimeout: 60_000,
		maxWorkers: 2,
	},
});
