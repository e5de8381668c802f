/** What `providers/` and `jobs/` say is for people of Node-RED, too. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure } from '../../../providers/replies/failures';
import { JobError } from '../../src/messages/errors';
import { inNodeRedWords } from '../../src/messages/words';

/** Names of things that n8n has and Node-RED has not, or calls otherwise. */
const OF_N8N =
	/\b[Cc]redential\b|Switch the field to Expression|\bParallel Jobs\b|\bMaximum (Size|Jobs)\b|\bFetch Result\b|\b[Ww]orkflow\b/;

const root = path.join(import.meta.dirname, '../../..');
const texts = ['providers', 'jobs']
	.flatMap((folder) =>
		readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith('.ts'))
			.map((file) => readFileSync(path.join(root, folder, file), 'utf8')),
	)
	.flatMap((source) => source.match(/'[^'\n]*'|`[^`]*`/g) ?? [])
	// Refused in n8n alone: in Node-RED braces in a message are text.
	.filter((text) => !text.includes('that was not evaluated'));

describe('words', () => {
	it("are Node-RED's in whatever the core says", () => {
		const meant = texts.filter((text) => OF_N8N.test(text));
		expect(meant.length).toBeGreaterThan(3);
		expect(meant.map(inNodeRedWords).filter((text) => OF_N8N.test(text))).toEqual([]);
	});

	it("are Node-RED's in the failure that Catch gets and in its text", () => {
		const error = new JobError(failure('not_found', 'Gone', { accepted: 'yes' }));
		expect(error.message).toBe(
			'Gone. Check the job id and that the account is the one that submitted the job.',
		);
		expect(error.failure.advice).not.toMatch(OF_N8N);
	});

	it.each(['Done.', 'Really?', 'It said "no."', 'Wait…', '完成。'])(
		'get no second full stop after %s',
		(message) => {
			const { message: text } = new JobError(failure('cancelled', message, { accepted: 'yes' }));
			expect(text.startsWith(`${message} No video`)).toBe(true);
		},
	);
});
