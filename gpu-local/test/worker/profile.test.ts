import { describe, expect, it } from 'vitest';
import { checkProfile } from '../../src/models/profile.ts';

describe('a profile', () => {
	it.each([
		'',
		'fast',
		'balanced, memory=tiling',
		'exact,storage=fp8',
		'memory=group_offload,vae=whole,attention=_native_cudnn,compile=auto,tf32=off,light_vae=on',
		'cache=off',
		'cache=first_block:0.08',
		'cache=mag:.06',
		'cache=sea:2e-1',
		'cache=sea:20',
		'cache=taylorseer:2',
		'cache=taylorseer:0',
		'compute=fp8_weight_only,storage=plain',
		'storage=fp8,compute=fp8,compute=plain',
		'storage=fp8,storage=plain,compute=fp8',
	])('may be "%s"', (profile) => {
		expect(() => checkProfile(profile)).not.toThrow();
	});

	it.each([
		['fastest', '--profile has "fastest". Give fast, balanced, exact, or settings'],
		['balanced,memory', '"memory". memory is one of: full, tiling'],
		['memory=tilling', '"memory=tilling". memory is one of: full, tiling, text_offload'],
		['attention=Sage', 'attention is one of: auto'],
		['compile=yes', 'compile is one of: on, off, auto.'],
		['toString=on', '"toString=on". Give fast'],
		['cache=on', 'cache is one of: off, first_block:0.08, mag:0.06, sea:0.25, taylorseer:5.'],
		['cache=valueOf:1', 'cache is one of'],
		['cache=first_block', 'first_block takes a number from 0 to 20, such as'],
		['cache=sea:20.1', 'sea takes a number from 0 to 20'],
		['cache=sea:-1', 'sea takes a number'],
		['cache=sea:0x1', 'sea takes a number'],
		['cache=sea:1:2', 'sea takes a number'],
		['cache=taylorseer:1', 'taylorseer takes a whole number from 2 to 20'],
		['cache=taylorseer:2.5', 'taylorseer takes a whole number'],
		['storage=fp8,compute=fp8', 'storage=fp8 and compute=fp8; both say how weights are kept'],
	])('can not be "%s"', (profile, why) => {
		expect(() => checkProfile(profile)).toThrow(why);
	});
});
