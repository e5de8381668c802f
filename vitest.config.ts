import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

// The fast suites: no browser, no real n8n, no Python. The heavier ones have a config of their own beside this one.
export default defineConfig({
	resolve: {
		// n8n-core requires the CommonJS build; with the other one in the nodes, no `instanceof` would hold.
		alias: [{ find: /^n8n-workflow$/, replacement: require.resolve('n8n-workflow') }],
	},
	test: {
		include: ['test/**/*.test.ts', 'node-red/test/**/*.test.ts', 'gpu-local/test/**/*.test.ts'],
		exclude: ['**/node_modules/**', '**/*.heavy.test.ts', 'test/e2e/**'],
		testTimeout: 30_000,
		hookTimeout: 60_000,
		maxWorkers: 2,
	},
});
