import path from 'node:path';
import { defineConfig } from 'vitest/config';

// A real Node-RED of each version, and the real editor in a browser. `npm run test:node-red` at the root.
export default defineConfig({
	root: path.join(__dirname, '..'),
	test: {
		include: ['node-red/test/**/*.heavy.test.ts'],
		testTimeout: 120_000,
		hookTimeout: 240_000,
		maxWorkers: 1,
		fileParallelism: false,
	},
});
