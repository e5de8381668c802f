import { defineConfig } from 'vitest/config';

/** The stack with the real Python worker: started by run.ts, which makes the Python environment. */
export default defineConfig({
	test: {
		include: ['gpu-local/test/worker/**/*.heavy.test.ts'],
		testTimeout: 180_000,
		hookTimeout: 300_000,
		maxWorkers: 1,
	},
});
