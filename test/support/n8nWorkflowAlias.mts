import { createRequire } from 'node:module';

/**
 * For a vitest configuration's `resolve.alias`: n8n-core requires the CommonJS build of n8n-workflow; with the other one
 * in the nodes, no `instanceof` would hold.
 */
export const n8nWorkflowAlias = [
	{
		find: /^n8n-workflow$/,
		replacement: createRequire(import.meta.url).resolve('n8n-workflow'),
	},
];
