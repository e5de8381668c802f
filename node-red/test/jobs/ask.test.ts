/** A question after a job that may be another account's. */
import { expect, it } from 'vitest';
import { ask, otherProvider } from '../../src/jobs/ask';
import type { AccountHandle } from '../../src/account/account';
import { jobOf, LoneNode } from '../support/loneNode';
import { english } from '../support/texts';

const { signal } = new AbortController();

it('is asked of the provider where the job goes on, and of nobody where it is over', async () => {
	const lone = new LoneNode('ask');
	lone.says('a', 'in_progress', { progress: 7 });
	const handle = lone.account as AccountHandle;
	expect((await ask(handle, jobOf('a'), english, signal)).job).toMatchObject({ progress: 7 });
	const over = jobOf('a', { status: 'failed' });
	expect(await ask(handle, over, english, signal)).toEqual({ job: over });
	expect(lone.asked('GET')).toEqual(['a']);
});

it('names both providers where the job is another one’s, and asks nobody', async () => {
	const lone = new LoneNode('ask another');
	const handle = lone.account as AccountHandle;
	const other = jobOf('a', { provider: 'novita' });
	const asked = ask(handle, other, english, signal);
	await expect(asked).rejects.toMatchObject({
		...{ code: 'invalid_request', job: other, failure: { accepted: 'yes' } },
	});
	expect(lone.requests).toEqual([]);
	expect(otherProvider(handle.provider, other, english).message).toMatch(
		/^The job belongs to the provider "novita", but the account is for Local GPU\. .+/,
	);
});
