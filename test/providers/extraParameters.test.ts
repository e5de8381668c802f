/** Free parameters beside the fields: sent as they are, and no name set in two places. */
import { expect, it } from 'vitest';
import { extraParameterIssues, extraParameters } from '../../providers/schema/extraParameters';
import { fieldsOf } from '../../providers/schema/fields';
import { z } from 'zod/v4';

it('are a field of their own that may be left out, spread over the body', () => {
	const [field] = fieldsOf(z.strictObject({ extra_parameters: extraParameters() }));
	expect(field).toMatchObject({ type: 'json', json: true, spread: true, required: false });
	expect(extraParameters().safeParse({ a: { b: [1, null] } }).success).toBe(true);
	expect(extraParameters().safeParse('x').success).toBe(false);
});

it.each([
	[{}, []],
	[{ fps: 24 }, []],
	[{ extra_parameters: 'x', x: 1 }, []],
	[{ extra_parameters: { fps: 30 } }, []],
	[{ fps: 24, extra_parameters: { size: 1 } }, []],
	[
		{ fps: 24, size: 0, extra_parameters: { fps: 30, size: 1, more: 2 } },
		['fps is set by its own field too', 'size is set by its own field too'],
	],
])('of %j, those that are set twice are told', (values, told) => {
	const issues = extraParameterIssues(values as never);
	expect(issues.map(({ allowed }) => allowed.split(',')[0])).toEqual(told);
	expect(issues.every(({ field }) => field === 'extra_parameters')).toBe(true);
});
