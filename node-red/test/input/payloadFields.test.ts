/** What an object in the payload means, by what the rows of the node do with it. */
import { describe, expect, it } from 'vitest';
import { providerById } from '../../../providers/registry';
import { fieldsOf } from '../../../providers/schema/fields';
import { payloadFields } from '../../src/input/payloadFields';
import { withPrompt, type Rows } from '../../src/input/rows';

const FIELDS = fieldsOf(providerById('localGpu').request);
const meaning = (payload: unknown, rows: Rows = {}) =>
	payloadFields(payload, FIELDS, withPrompt(FIELDS, rows));
const fixed = { prompt: { type: 'str', value: 'fixed' } };

describe('an object in msg.payload', () => {
	it('is fields, known or not, where the prompt is the payload', () => {
		const payload = { prompt: 'A fox', colour: 'red' };
		expect(meaning(payload)).toEqual({ values: payload });
	});

	it('is fields with a fixed prompt, or one from elsewhere, where one of them is known', () => {
		const payload = { seed: 7, colour: 'red' };
		for (const prompt of [
			{ type: 'str', value: 'x' },
			{ type: 'msg', value: 'text' },
		]) {
			expect(meaning(payload, { prompt })).toEqual({ values: payload });
		}
	});

	it('is of no use with a fixed prompt where none is known', () => {
		expect(meaning({ temperature: 20 }, fixed)).toEqual({ values: {}, unused: true });
	});

	it.each([
		{ type: 'msg', value: 'payload.prompt' },
		{ type: 'msg', value: 'payload["prompt"]' },
		{ type: 'jsonata', value: 'payload.prompt & ", " & payload.name' },
	])('is data of the flow where a row picks from it: $value', (prompt) => {
		const payload = { name: 'harbour', prompt: 'A harbour', seed: 7 };
		// The row says what becomes of the prompt; the seed goes before the node's; a name is not sent.
		expect(meaning(payload, { prompt })).toEqual({ values: { seed: 7 } });
	});

	it.each([
		['a text', 'A fox'],
		['nothing', undefined],
		['a list', [1]],
		['bytes', Buffer.from('x')],
	])('is something else than %s', (_name, payload) => {
		expect(meaning(payload)).toBeUndefined();
		expect(meaning(payload, fixed)).toBeUndefined();
	});

	it('is something else than a job that an earlier node left', () => {
		const job = { provider: 'localGpu', jobId: '1', status: 'succeeded', videos: [], seed: 3 };
		expect(meaning(job, fixed)).toBeUndefined();
	});
});
