import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import nodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

/** What is compiled into the n8n package, and so is held to the rules that n8n's own scan applies to it. */
const SHIPPED_TO_N8N = [
	'nodes/**/*.ts',
	'credentials/**/*.ts',
	'providers/**/*.ts',
	'jobs/**/*.ts',
];

const community = n8nCommunityNodesPlugin.configs.recommended;

/** n8n's base rules know only the old config format. */
const base = (name) => nodesBase.configs[name].rules;

export default tseslint.config(
	{
		ignores: [
			'**/node_modules/**',
			'**/dist/**',
			'.run/**',
			'gpu-local/worker/**',
			'node-red/resources/**',
			'**/*.html',
		],
	},
	...tseslint.configs.recommended,
	{
		files: ['**/*.{ts,mts,cts,mjs,js}'],
		rules: {
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
			],
			'@typescript-eslint/consistent-type-imports': [
				'error',
				{ disallowTypeAnnotations: false, fixStyle: 'inline-type-imports' },
			],
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'no-console': 'error',
		},
	},
	{
		// These talk to a terminal.
		files: [
			'scripts/**',
			'bench/**',
			'gpu-local/src/cli*',
			'gpu-local/src/cli/**',
			'test/support/**',
			'**/scripts/**',
		],
		rules: { 'no-console': 'off' },
	},
	{
		// An expectation under a condition passes in silence where the condition stops being met.
		files: ['**/*.{test,e2e,chaos}.ts', '**/test/support/**'],
		rules: {
			'no-restricted-syntax': [
				'error',
				...[
					'IfStatement',
					'ConditionalExpression',
					'LogicalExpression',
					'SwitchStatement',
					'CatchClause',
				].map((condition) => ({
					selector: `${condition} CallExpression[callee.name='expect']`,
					message: 'Expect it always: compare with what is right in each case.',
				})),
			],
		},
	},
	{ ...(Array.isArray(community) ? community[0] : community), files: SHIPPED_TO_N8N },
	{
		// Host-independent code can not know n8n's errors; the nodes turn what it throws into them.
		files: ['providers/**/*.ts', 'jobs/**/*.ts'],
		rules: { '@n8n/community-nodes/require-node-api-error': 'off' },
	},
	{
		files: ['**/*.cjs'],
		rules: { '@typescript-eslint/no-require-imports': 'off' },
	},
	{
		files: ['package.json'],
		plugins: { 'n8n-nodes-base': nodesBase, ...community.plugins },
		languageOptions: { parser: tseslint.parser, parserOptions: { extraFileExtensions: ['.json'] } },
		rules: {
			...community.rules,
			...base('community'),
			// A JSON file is one expression.
			'@typescript-eslint/no-unused-expressions': 'off',
		},
	},
	{
		files: ['credentials/**/*.ts'],
		plugins: { 'n8n-nodes-base': nodesBase },
		rules: {
			...base('credentials'),
			// Both are for nodes inside n8n's own repository; a community package has a full documentation URL.
			'n8n-nodes-base/cred-class-field-documentation-url-missing': 'off',
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts'],
		plugins: { 'n8n-nodes-base': nodesBase },
		rules: {
			...base('nodes'),
			// The newer plugin wants NodeConnectionTypes.Main where these two want the literal 'main'.
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-inputs-wrong-trigger-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
		},
	},
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },
	{
		files: ['nodes/**/*.ts', 'credentials/**/*.ts'],
		linterOptions: { noInlineConfig: true },
	},
);
