/** How many videos one request makes. Pure. */
import type { Provider, RequestValues } from '../contract';
import { fieldsOf } from './fields';
import { ofModel } from './ofModel';

/** @param values validated */
export function videoCountOf(provider: Provider, values: RequestValues): number {
	const field = fieldsOf(ofModel(provider, values).request).find(({ role }) => role === 'count');
	return Number((field && values[field.name]) ?? field?.default ?? 1);
}
