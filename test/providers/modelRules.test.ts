/** Rules of a model over several of its fields, by real ones of the catalogue: refused, only told, or fine. */
import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../providers/catalogue/types';
import type { RequestValues } from '../../providers/contract';
import type { Field } from '../../providers/schema/fields';
import { modelIssues, modelWarnings } from '../../providers/schema/modelRules';

const modelWith = (rule: string, more: Partial<ModelEntry> = {}) =>
	({ id: 'm', title: 'Model M', status: 'usable', rules: [rule], ...more }) as ModelEntry;
const FIELDS = [
	{ name: 'duration', type: 'integer', required: false, default: 5 },
	{ name: 'resolution', type: 'choice', required: false, default: '720p' },
	{ name: 'type', type: 'choice', required: false, default: 'video' },
] as Field[];
const refused = (rule: string, values: RequestValues) =>
	modelIssues(modelWith(rule), FIELDS, values).map(({ field, value }) => [field, value]);
const told = (rule: string, values: RequestValues) =>
	modelWarnings(modelWith(rule), FIELDS, values).length;

describe('a rule of a document', () => {
	it.each([
		['no-8-seconds-in-1080p', { resolution: '1080p', duration: 8 }, ['duration', 8]],
		[
			'first-frame-or-references',
			{ image_url: 'a', reference_images: ['b'] },
			['reference_images', ['b']],
		],
		['last-frame-means-8-seconds', { last_image_url: 'a', duration: 4 }, ['duration', 4]],
		['last-frame-means-8-seconds', { last_image_url: 'a' }, ['duration', 5]],
		['hdr-5-seconds', { hdr: true, duration: 5, resolution: '480p' }, ['resolution', '480p']],
		['exr-needs-hdr', { exr_export: true }, ['hdr', undefined]],
		['axis-needs-amount', { movement_type: 'pan' }, ['movement_value', undefined]],
		['audio-needs-picture-or-video', { audio_url: 'a' }, ['image_url', undefined]],
		['prompt-or-shots', {}, ['prompt', undefined]],
		['prompt-or-shots', { prompt: 'a', multi_prompt: ['b'] }, ['prompt', 'a']],
	] as Array<[string, RequestValues, unknown[]]>)('%s refuses %j', (rule, values, field) => {
		expect(refused(rule, values)).toEqual([field]);
	});

	it.each([
		['no-8-seconds-in-1080p', { resolution: '1080p', duration: 5 }],
		['no-8-seconds-in-1080p', { resolution: '720p', duration: 8 }],
		['first-frame-or-references', { reference_images: ['b'] }],
		['first-frame-or-references', { image_url: 'a' }],
		['last-frame-means-8-seconds', { last_image_url: 'a', duration: 8 }],
		['last-frame-means-8-seconds', { duration: 4 }],
		['hdr-5-seconds', { hdr: true }],
		['hdr-5-seconds', { hdr: false, duration: 9 }],
		['exr-needs-hdr', { exr_export: true, hdr: true }],
		['axis-needs-amount', { movement_type: 'pan', movement_value: 2 }],
		['audio-needs-picture-or-video', { audio_url: 'a', video_url: 'b' }],
		['prompt-or-shots', { multi_prompt: ['b'] }],
		['loop-new-videos', { loop: true }],
	] as Array<[string, RequestValues]>)('%s takes %j', (rule, values) => {
		expect(refused(rule, values)).toEqual([]);
		expect(told(rule, values)).toBe(0);
	});

	it('is told once, as a refusal and not as a warning', () => {
		expect(refused('exr-needs-hdr', { exr_export: true })).toHaveLength(1);
		expect(told('exr-needs-hdr', { exr_export: true })).toBe(0);
	});

	it('says what is allowed in its own words, without a full stop', () => {
		const [issue] = modelIssues(modelWith('exr-needs-hdr'), FIELDS, { exr_export: true });
		expect(issue?.allowed).toMatch(/[^.]$/);
		expect(String(issue?.allowed).length).toBeGreaterThan(10);
	});
});

describe('what is only told', () => {
	it.each([
		[
			'a field that is paid no heed to',
			'video-decides-duration',
			{ video_url: 'a', duration: 5 },
			1,
		],
		['nothing where that field is not set', 'video-decides-duration', { video_url: 'a' }, 0],
		['nothing where the other one is not set', 'video-decides-duration', { duration: 5 }, 0],
		[
			'what was not set, and makes another useless',
			'source-sound-needs-video',
			{ audio_setting: 'origin' },
			1,
		],
		['what only follows from the sense', 'change-needs-video', { type: 'video_edit' }, 1],
		[
			'nothing where the sense is met',
			'change-needs-video',
			{ type: 'video_edit', video_url: 'a' },
			0,
		],
		['nothing where no value of the list is chosen', 'change-needs-video', { type: 'video' }, 0],
		[
			'a duration that its neighbour does not have',
			'no-10-seconds-in-1080P',
			{ resolution: '1080P', duration: 10 },
			1,
		],
	] as Array<[string, string, RequestValues, number]>)('%s', (_what, rule, values, count) => {
		expect(refused(rule, values)).toEqual([]);
		expect(told(rule, values)).toBe(count);
	});

	it('that a model is retired, by its name', () => {
		const gone = modelWith('prompt-or-shots', { status: 'retired' });
		expect(modelWarnings(gone, FIELDS, { prompt: 'a' })).toEqual(['Model M is retired.']);
	});
});
