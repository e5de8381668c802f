/** Which context store lasts. */
import { describe, expect, it } from 'vitest';
import { persistentStore } from '../../src/runtime/contextValue';

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
