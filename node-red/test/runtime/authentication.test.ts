/** Where the key goes. */
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../jobs/host';
import { withKey } from '../../src/runtime/authentication';

describe('the key', () => {
	const post: HttpRequest = {
		...{ method: 'POST', url: 'https://a.example.com/', authenticate: true },
		body: { prompt: 'A fox' },
	};

	it('goes into the header or into the body, as the provider wants it', () => {
		expect(withKey(post, { kind: 'bearer' }, 'k').headers).toEqual({ authorization: 'Bearer k' });
		expect(withKey(post, { kind: 'bodyKey', property: 'key' }, 'k').body).toEqual({
			prompt: 'A fox',
			key: 'k',
		});
	});

	it('goes nowhere where it may not, and into no download', () => {
		const foreign = { ...post, authenticate: false };
		const download: HttpRequest = { method: 'GET', url: 'https://a/', authenticate: true };
		for (const kind of [{ kind: 'bearer' }, { kind: 'bodyKey', property: 'key' }] as const) {
			expect(JSON.stringify(withKey(foreign, kind, 'secret'))).not.toContain('secret');
		}
		const body = withKey(download, { kind: 'bodyKey', property: 'key' }, 'secret');
		expect(JSON.stringify(body)).not.toContain('secret');
	});
});
