import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

/** The stack with the real Python worker: started by run.ts, which makes the Python environment. */
export default defineConfig({
	resolve: {
		// n8n-core requires the CommonJS build; with the other one in the nodes, no `instanceof` would hold.
		alias: [{ find: /^n8n-workflow$/, replacement: require.resolve('n8n-workflow') }],
	},
	test: {
		include: ['gpu-local/test/worker/**/*.heavy.test.ts'],
		// Nothing here is about time; a busy machine takes minutes to import torch.
		testTimeout: 600_000,
		hookTimeout: 600_000,
		maxWorkers: 1,
	},
});
