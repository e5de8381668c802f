import path from 'node:path';
import { defineConfig } from 'vitest/config';

// A real Node-RED of each version, and the real editor in a browser. `npm run test:node-red` at the root.
export default defineConfig({
	root: path.join(import.meta.dirname, '..'),
	test: {
		include: ['node-red/test/**/*.heavy.test.ts'],
		testTimeout: 240_000,
		hookTimeout: 300_000,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
