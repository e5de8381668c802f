/** What `providers/` and `jobs/` say in n8n's words, in Node-RED's. Pure. */

const WORDS: Array<[RegExp, string]> = [
	[
		/that the credential belongs to the account that submitted/g,
		'that the account is the one that submitted',
	],
	[/\bin the credential\b/g, 'in the account'],
	[/\bthe credential\b/g, 'the account'],
	[/\bParallel Jobs\b/g, 'the jobs at once in the node'],
	[/\bMaximum Size\b/g, 'the largest size in the node'],
	[/\bUse Fetch Result\b/g, 'Use the fetch result node'],
	[/\bwith Fetch Result\b/g, 'with the fetch result node'],
	[/\bFetch Result\b/g, 'the fetch result node'],
];

export const inNodeRedWords = (text: string): string =>
	WORDS.reduce((words, [theirs, ours]) => words.replace(theirs, ours), text);
