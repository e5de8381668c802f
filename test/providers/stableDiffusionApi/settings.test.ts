/** What the provider really used, and where that is not what it was asked for. */
import { describe, expect, it } from 'vitest';
import { settingsOf, unlikeAsked } from '../../../providers/stableDiffusionApi/settings';

describe('the settings of a job', () => {
	it('are what "meta" says of the video', () => {
		const meta = { model_id: 'midjourney', W: 512, seed: 7, temp: 'no', strength: 0 };
		expect(settingsOf(meta)).toStrictEqual(meta);
	});

	it.each(['key', 'webhook', 'track_id', 'id', 'outdir', 'file_prefix', 'full_url'])(
		'never have %s in them',
		(name) => {
			expect(settingsOf({ [name]: 'x', seed: 7 })).toStrictEqual({ seed: 7 });
		},
	);

	it('have nothing in them that is empty or more than one value', () => {
		const meta = { clip_skip: null, scheduler: '', prompt: 'A boat', list: [1], object: { a: 1 } };
		expect(settingsOf(meta)).toStrictEqual({ prompt: 'A boat' });
		expect(settingsOf({ scheduler: '' })).toBeUndefined();
		expect(settingsOf({})).toBeUndefined();
	});
});

describe('a warning', () => {
	it.each([
		['model_id', 'model_id'],
		['width', 'width'],
		['width', 'W'],
		['height', 'height'],
		['height', 'H'],
		['scheduler', 'scheduler'],
		['num_inference_steps', 'num_inference_steps'],
		['num_inference_steps', 'steps'],
		['guidance_scale', 'guidance_scale'],
		['strength', 'strength'],
		['seconds', 'seconds'],
		['num_frames', 'num_frames'],
		['fps', 'fps'],
		['seed', 'seed'],
		['output_type', 'output_type'],
	])('tells where %s was not heeded, as "%s" says', (name, echo) => {
		expect(unlikeAsked({ [name]: '30' }, { [echo]: 20 })).toStrictEqual([
			`The provider used ${name} 20 instead of 30.`,
		]);
		for (const used of [30, '30', '30.0']) {
			expect(unlikeAsked({ [name]: '30' }, { [echo]: used })).toStrictEqual([]);
			expect(unlikeAsked({ [name]: 30 }, { [echo]: used })).toStrictEqual([]);
		}
	});

	it('is given for each of several', () => {
		const asked = { model_id: 'a', width: 512, height: 512 };
		expect(unlikeAsked(asked, { model_id: 'b', W: 640, H: 512 })).toHaveLength(2);
	});

	it('is not given where nothing was asked for, or nothing is told', () => {
		expect(unlikeAsked({}, { seed: 7 })).toStrictEqual([]);
		expect(unlikeAsked({ seed: 7 }, {})).toStrictEqual([]);
		expect(unlikeAsked({ seed: 7 }, undefined)).toStrictEqual([]);
		expect(unlikeAsked({ prompt: 'A boat' }, { prompt: 'A boat, best quality' })).toStrictEqual([]);
		expect(unlikeAsked({ model_id: 'a' }, { model_id: 'a' })).toStrictEqual([]);
	});
});
