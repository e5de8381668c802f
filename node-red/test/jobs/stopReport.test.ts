/** What a stopping Node-RED says that it loses. */
import { describe, expect, it } from 'vitest';
import { lossText } from '../../src/jobs/stopReport';
import { english } from '../support/texts';

describe('the warning at a stop', () => {
	it('is empty where nothing is lost', () => {
		expect(lossText({ jobIds: [], submits: 0, queued: 0 }, english)).toBe('');
	});

	it('names every job, counts submits without an answer, and messages in line', () => {
		const text = lossText({ jobIds: ['a', 'b'], submits: 3, queued: 2 }, english);
		expect(text).toContain('no context store lasts: a, b.');
		expect(text).toContain('Submits without an answer yet: 3.');
		expect(text).toContain('Messages in line that are dropped: 2.');
	});

	it('says nothing of what is not lost', () => {
		const text = lossText({ jobIds: [], submits: 0, queued: 1 }, english);
		expect(text).toMatch(/dropped: 1\. Nothing was paid for them\.$/);
		expect(text).not.toMatch(/jobs under way|Submits/i);
	});
});
