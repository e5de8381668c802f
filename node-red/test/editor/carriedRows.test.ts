/** A node whose account is changed to one of another provider. */
import { describe, expect, it } from 'vitest';
import { carriedRows } from '../../editor/carriedRows';
import { editorProviders } from '../../src/input/editorData';

const byId = (id: string) => editorProviders().find((provider) => provider.id === id)!;
/** As the editor's own check, for what is tried here. */
const fits = ({ maximum = Infinity }: { maximum?: number | undefined }, literal: string) =>
	!(Number(literal) > maximum);
const str = (value: string) => ({ type: 'str', value });
const num = (value: string) => ({ type: 'num', value });
const carried = (
	rows: Record<string, { type: string; value: unknown }>,
	from: string,
	to: string,
) => carriedRows(rows, byId(from), byId(to), fits);

describe('what a node starts with for another provider', () => {
	it('is the prompt, and what has a field there that takes it', () => {
		const rows = { prompt: str('A boat'), negative_prompt: { type: 'msg', value: 'no' } };
		expect(carried(rows, 'modelslabV6', 'stableDiffusionV4')).toEqual(rows);
	});

	it.each([
		['modelslabV6', 'stableDiffusionV4', { model_id: str('wan2.1') }],
		['stableDiffusionV4', 'modelslabV6', { model_id: { type: 'flow', value: 'model' } }],
		['novitaAnyModel', 'localGpu', { model: str('wan-2.5') }],
		['localGpu', 'aimlapi', { model: str('my-own-model') }],
		['aimlapi', 'novitaAnyModel', { model: str('klingai/video-v3-pro-text-to-video') }],
	])('is never a model of the other one (%s to %s)', (from, to, model) => {
		expect(carried({ ...model, prompt: str('A boat') }, from, to)).toEqual({
			prompt: str('A boat'),
		});
	});

	it('is no list, nothing without a field, and no value that is out of range there', () => {
		const rows = {
			...{
				prompts: { type: 'list', value: [{ prompt: str('A boat') }] },
				closed_loop: str('true'),
			},
			...{ height: num('999999'), seed: num('7') },
		};
		expect(carried(rows, 'novita', 'modelslabV6')).toEqual({ seed: num('7') });
	});
});
