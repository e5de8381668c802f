import { defineConfig } from 'vitest/config';

// Crashes, PostgreSQL, a browser, S3: minutes, and programs of the system that the fast suites do without.
export default defineConfig({
	test: {
		root: import.meta.dirname,
		include: ['test/*.heavy.test.ts'],
		globalSetup: ['test/support/build.ts'],
		testTimeout: 120_000,
		hookTimeout: 120_000,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
