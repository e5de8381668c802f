/** Whatever goes wrong with a provider, the words for a person name it and the HTTP status, in both hosts. */
import { describe, expect, it } from 'vitest';
import { providerFailure } from '../../nodes/shared/errors';
import { toolProblem } from '../../nodes/shared/tool';
import { providerError } from '../../node-red/src/messages/errors';
import type { Job, Provider, ProviderFailure } from '../../providers/contract';
import { providers } from '../../providers/registry';
import { failure, successWithoutVideo } from '../../providers/replies/failures';
import { failureText, loggedFailure, sentence } from '../../providers/replies/failureText';
import { newJob } from '../../providers/replies/job';

const context = { nowMs: 0, baseUrl: 'https://api.example.com' };
const BODIES: Array<[string, unknown]> = [
	['no body', ''],
	['a web page', '<!DOCTYPE html><p>Bad gateway</p>'],
	['an error object', { error: { message: 'Unauthorized' } }],
	['words with a full stop', { message: 'Failed, Try Again.', status: 'error' }],
	['words with two full stops', { message: 'Internal error..', error: 'Internal error..' }],
	['words without one', { detail: 'Nope', message: 'Nope' }],
];
const STATUSES = [200, 301, 400, 401, 402, 403, 404, 408, 422, 429, 500, 502, 503];

/** Every failure that the provider's own readers make of a reply. */
function repliesOf(provider: Provider): Array<[string, ProviderFailure, Job | undefined]> {
	const job = newJob(provider.id, 'job-7', 0);
	return STATUSES.flatMap((status) =>
		BODIES.flatMap(([what, body]): Array<[string, ProviderFailure, Job | undefined]> => {
			const reply = { status, headers: {}, body };
			const submit = provider.readSubmit(reply, { prompt: 'A boat' }, context).failure;
			const fetch = provider.readFetch(reply, job, context).failure;
			return [
				...(submit ? [[`submit ${status} ${what}`, submit, undefined] as const] : []),
				...(fetch ? [[`fetch ${status} ${what}`, fetch, job] as const] : []),
			] as Array<[string, ProviderFailure, Job | undefined]>;
		}),
	);
}

const inHosts = (provider: Provider, reason: ProviderFailure, job?: Job) => {
	const n8n = providerFailure(provider, reason, job);
	return {
		n8n: n8n.message,
		nodeRed: providerError(provider, reason, job).message,
		agent: String(toolProblem(n8n, 0).json.problem),
	};
};

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s', (_id, it_) => {
	const replies = repliesOf(it_);

	it('is named, with the HTTP status of its reply', () => {
		expect(replies.length).toBeGreaterThan(100);
		for (const [what, reason, job] of replies) {
			const texts = inHosts(it_, reason, job);
			for (const text of Object.values(texts)) {
				expect(text, what).toContain(it_.account.title);
				expect(text, what).toMatch(new RegExp(`\\b${String(reason.httpStatus)}\\b`));
				expect(text, what).not.toMatch(/\.\s*\.(\s|$)/);
				expect(text, what).toContain(job?.jobId ?? '');
			}
			expect(texts.n8n, what).not.toMatch(/\.\.$/);
		}
	});

	it.each([
		['no connection', failure('network', 'The service could not be reached.', { accepted: 'no' })],
		['a failed job', failure('generation_failed', 'Out of memory', { accepted: 'yes' })],
		['no video', successWithoutVideo({ status: 200, headers: {}, body: {} })],
	])('is named for %s', (_what, reason) => {
		const texts = inHosts(it_, reason, newJob(it_.id, 'job-7', 0));
		for (const text of Object.values(texts)) {
			expect(text).toContain(`${it_.account.title}, job job-7`);
			expect(text).not.toMatch(/HTTP undefined/);
		}
	});
});

describe('the words of a failure', () => {
	it.each([
		[{ message: 'Unauthorized', httpStatus: 401 }, {}, 'HTTP 401: Unauthorized'],
		[
			{ message: 'Unauthorized', httpStatus: 401 },
			{ title: 'Novita' },
			'Novita (HTTP 401): Unauthorized',
		],
		[
			{ message: 'The service answered with HTTP 502.', httpStatus: 502 },
			{ title: 'Novita', jobId: '7' },
			'Novita, job 7: The service answered with HTTP 502.',
		],
		[
			{ message: 'Novita does not know job 7', httpStatus: 404 },
			{ title: 'Novita', jobId: '7' },
			'HTTP 404: Novita does not know job 7',
		],
		[{ message: 'Out of memory. ..' }, { title: 'Local GPU' }, 'Local GPU: Out of memory.'],
		[{ message: 'Step 1.. failed' }, {}, 'Step 1.. failed'],
		[{ message: ' ', httpStatus: 500 }, { jobId: '7' }, 'job 7 (HTTP 500)'],
		[{ message: 'Failed after 1500 s', httpStatus: 500 }, {}, 'HTTP 500: Failed after 1500 s'],
		[{ message: 'Failed' }, {}, 'Failed'],
	])('%j of %j are %j', (reason, source, text) => {
		expect(failureText(reason, source)).toBe(text);
	});

	it('leave the fields for programs as they are', () => {
		const reason = failure('invalid_key', 'Unauthorized', { accepted: 'no', httpStatus: 401 });
		const [provider] = providers;
		expect(providerFailure(provider!, reason).failure).toBe(reason);
		expect(providerError(provider!, reason).failure.message).toBe('Unauthorized');
	});

	it.each([
		['Gone', 'Gone.'],
		['Gone.', 'Gone.'],
		['Gone?', 'Gone?'],
		['Gone. Really', 'Gone. Really.'],
		['  Gone ', 'Gone.'],
		['走了。', '走了。'],
		['He said "gone."', 'He said "gone."'],
		['', ''],
	])('%j stands before an advice as %j', (text, expected) => {
		expect(sentence(text)).toBe(expected);
	});
});

describe('a failure in a log', () => {
	const refused = failure('prompt_refused', 'The prompt "secret" is refused', {
		accepted: 'no',
		httpStatus: 400,
	});

	it('has no words of a reply, which may repeat the prompt', () => {
		expect(loggedFailure(refused, { title: 'Novita', jobId: '7' })).toBe(
			'Novita, job 7 (HTTP 400): prompt refused.',
		);
		expect(loggedFailure(refused)).toBe('HTTP 400: prompt refused.');
	});

	it('has our own words where no reply came', () => {
		const unheard = failure('network', 'The service could not be reached', { accepted: 'no' });
		expect(loggedFailure(unheard, { title: 'Novita' })).toBe(
			'Novita: The service could not be reached.',
		);
	});
});
