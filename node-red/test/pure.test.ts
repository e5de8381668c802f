/** The decisions that need no Node-RED. */
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../jobs/host';
import { withKey } from '../src/runtime/authentication';
import { persistentStore } from '../src/runtime/contextValue';
import { cancelRequest, jsonSafe } from '../src/messages/message';

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

describe('a store that outlives the process', () => {
	it.each([
		['none', undefined, undefined],
		['memory alone', { default: { module: 'memory' } }, undefined],
		['the default one', { default: { module: 'localfilesystem' } }, 'default'],
		[
			'the one that default names',
			{ default: 'disk', disk: { module: 'localfilesystem' } },
			'disk',
		],
		[
			'another beside a default in memory',
			{ default: 'fast', fast: { module: 'memory' }, disk: { module: 'localfilesystem' } },
			'disk',
		],
	])('is found: %s', (_name, settings, store) => {
		expect(persistentStore(settings)).toBe(store);
	});
});

describe('messages', () => {
	it('are kept over a restart without what is not data and without what is too large', () => {
		const msg = {
			...{ _msgid: 'm', topic: 'boats', payload: 'x'.repeat(100_000) },
			...{ req: { socket: true }, file: Buffer.from('x'), call: () => 1 },
		};
		expect(jsonSafe(msg)).toEqual({ _msgid: 'm', topic: 'boats' });
	});

	it('ask for the end of all jobs or of some', () => {
		const job = { provider: 'p', jobId: '7', status: 'queued' as const, videos: [] };
		expect(cancelRequest({ cancel: true })).toBe('all');
		expect(cancelRequest({ reset: 'a' })).toEqual(['a']);
		expect(cancelRequest({ cancel: ['a', 12, { ...job, submittedAt: '' }] })).toEqual([
			'a',
			'12',
			'7',
		]);
		for (const cancel of [undefined, false, '', null]) {
			expect(cancelRequest({ cancel })).toBeUndefined();
		}
	});
});
