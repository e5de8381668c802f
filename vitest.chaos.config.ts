import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

// A thousand jobs and more, one after another in one process with a clock of its own; and n8n's scan of the tarball.
export default defineConfig({
	resolve: {
		// n8n-core requires the CommonJS build; with the other one in the nodes, no `instanceof` would hold.
		alias: [{ find: /^n8n-workflow$/, replacement: require.resolve('n8n-workflow') }],
	},
	test: {
		include: ['test/chaos/**/*.chaos.ts', 'test/house/*.heavy.test.ts'],
		testTimeout: 600_000,
		hookTimeout: 120_000,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
