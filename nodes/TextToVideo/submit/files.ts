/**
 * Files of the items that fields take along by the name of their binary field. Reading a file takes a moment and
 * validating does not wait, so all files of a run are read before its first item is looked at.
 */
import type { IBinaryData, IExecuteData, IExecuteSingleFunctions } from 'n8n-workflow';
import type { Provider } from '../../../providers/contract';
import { fieldsOf } from '../../../providers/schema/fields';
import { isAddressOrFile } from '../../../providers/schema/media';
import { dataUrlOf, mapMedia } from '../../../providers/schema/mediaValues';
import { ofModel } from '../../../providers/schema/ofModel';
import { contextOfItem, inputItems, itemCount, readParameters } from './parameters';

/** Data URLs, by item and name. */
type Files = Map<string, string>;

const read = new WeakMap<IExecuteData, Promise<Files>>();
const ready = new WeakMap<IExecuteData, Files>();

/** Some of its models, or all of them, begin with a picture, a sound or a video. */
export const mayTakeFiles = ({ models, request }: Provider): boolean =>
	models !== undefined || fieldsOf(request).some(({ media }) => media !== undefined);

/** Once for a run, whichever of its items comes first. */
export async function readFiles(
	context: IExecuteSingleFunctions,
	provider: Provider,
): Promise<void> {
	const data = context.getExecuteData();
	const reading = read.get(data) ?? readAll(context, provider);
	read.set(data, reading);
	ready.set(data, await reading);
}

/** The values with the files that they name in place of the names. */
export function withFiles(
	context: IExecuteSingleFunctions,
	provider: Provider,
	values: Record<string, unknown>,
): Record<string, unknown> {
	const files = ready.get(context.getExecuteData());
	if (!files || files.size === 0) return values;
	const item = context.getItemIndex();
	return mapMedia(fieldsOf(ofModel(provider, values).request), values, (value) =>
		typeof value === 'string' ? (files.get(keyOf(item, value)) ?? value) : value,
	);
}

const keyOf = (item: number, name: string): string => `${item} ${name.trim()}`;

async function readAll(context: IExecuteSingleFunctions, provider: Provider): Promise<Files> {
	const files: Files = new Map();
	const items = inputItems(context);
	for (let item = 0; item < itemCount(context); item += 1) {
		const binary = items[item]?.binary ?? {};
		for (const name of namedFiles(contextOfItem(context, item), provider)) {
			const file = Object.hasOwn(binary, name) ? binary[name] : undefined;
			if (file)
				files.set(keyOf(item, name), dataUrlOf(file.mimeType, await bytesOf(context, file)));
		}
	}
	return files;
}

function namedFiles(context: IExecuteSingleFunctions, provider: Provider): string[] {
	const names: string[] = [];
	try {
		const { values } = readParameters(context, provider);
		mapMedia(fieldsOf(ofModel(provider, values).request), values, (value) => {
			if (typeof value === 'string' && !isAddressOrFile(value)) names.push(value.trim());
			return value;
		});
	} catch {
		// An expression that fails is told with the item, when the run is validated.
	}
	return names;
}

/** In memory, or where n8n keeps its files. */
async function bytesOf(
	context: IExecuteSingleFunctions,
	{ id, data }: IBinaryData,
): Promise<Buffer> {
	if (!id) return Buffer.from(data, 'base64');
	const parts: Buffer[] = [];
	for await (const part of await context.helpers.getBinaryStream(id)) parts.push(part as Buffer);
	return Buffer.concat(parts);
}
