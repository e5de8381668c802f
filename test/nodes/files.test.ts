/** Files of the items that fields name. In a workflow of n8n's: `pictures.test.ts`. */
import { Readable } from 'node:stream';
import type { IBinaryData, INodeExecutionData } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { mayTakeFiles, readFiles, withFiles } from '../../nodes/TextToVideo/submit/files';
import { contextOfItem } from '../../nodes/TextToVideo/submit/parameters';
import { providerById, providers } from '../../providers/registry';
import { hookContext, type HookContextOptions } from '../support/hookContext';

const local = providerById('localGpu');
const picture = (text: string, more: Partial<IBinaryData> = {}): IBinaryData => ({
	...{ mimeType: 'image/png', data: Buffer.from(text).toString('base64') },
	...more,
});
const urlOf = (text: string) => `data:image/png;base64,${Buffer.from(text).toString('base64')}`;
const items: INodeExecutionData[] = [
	{ json: {}, binary: { photo: picture('first') } },
	{ json: {}, binary: { photo: picture('second') } },
];

/** What the field becomes in each item. */
async function read(input_reference: unknown, more: HookContextOptions = {}) {
	const reads: string[] = [];
	const context = hookContext({
		items,
		...more,
		parameters: {
			prompt: 'A boat',
			additionalFields: () => ({ input_reference: valueOf(input_reference) }),
		},
	});
	context.helpers.getBinaryStream = async (id: string) => {
		reads.push(id);
		return await Promise.resolve(Readable.from([Buffer.from('from '), Buffer.from(id)]));
	};
	await readFiles(context, local);
	await readFiles(contextOfItem(context, 1), local);
	const values = (more.items ?? items).map(
		(_item, at) =>
			withFiles(contextOfItem(context, at), local, { input_reference: valueOf(input_reference) })
				.input_reference,
	);
	return { values, reads };
}
const valueOf = (given: unknown): unknown =>
	typeof given === 'function' ? (given as () => unknown)() : given;

describe('a field that names a file', () => {
	it.each(['photo', ' photo '])('holds the file of its own item: %j', async (name) => {
		expect((await read(name)).values).toStrictEqual([urlOf('first'), urlOf('second')]);
	});

	it.each(['https://a.test/b.png', urlOf('x'), 'nothing', '__proto__', 'constructor', 7])(
		'is left as it is where there is no such file: %j',
		async (given) => {
			expect((await read(given)).values).toStrictEqual([given, given]);
		},
	);

	it('holds a file that n8n keeps elsewhere, read once for the run', async () => {
		const stored = { json: {}, binary: { photo: picture('', { id: 'disk' }) } };
		const { values, reads } = await read('photo', { items: [stored] });
		expect(values).toStrictEqual([urlOf('from disk')]);
		expect(reads).toStrictEqual(['disk']);
	});

	it('whose expression fails keeps nobody else from his', async () => {
		const failing = () => {
			throw new Error('No such node');
		};
		await expect(
			readFiles(hookContext({ items, parameters: { additionalFields: failing } }), local),
		).resolves.toBeUndefined();
	});

	it('is read of the first item alone where the node runs once', async () => {
		const { values } = await read('photo', { node: { executeOnce: true } });
		expect(values).toStrictEqual([urlOf('first'), 'photo']);
	});
});

it('nothing is changed where no file was read', () => {
	const values = { input_reference: 'photo' };
	expect(withFiles(hookContext(), local, values)).toBe(values);
});

it('is asked of providers that take files, or whose models do', () => {
	const takes = providers.filter(mayTakeFiles).map(({ id }) => id);
	expect(takes).toContain('localGpu');
	expect(takes).toContain('aimlapi');
	expect(takes).not.toContain('novita');
});
