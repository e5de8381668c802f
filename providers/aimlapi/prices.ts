/**
 * Prices of AI/ML API: `GET /v1/models?include=pricing&id=…`, which needs no key. A block is `fixed`, by `variants`, or
 * `variable` (https://docs.aimlapi.com/api-references/service-endpoints/complete-model-list).
 */
import type { JsonObject, JsonValue, Pricing, Reply, RequestValues } from '../contract';
import type { Price, PriceUnit } from '../prices/price';
import { finiteNumber, nonEmptyString } from '../replies/coerce';
import { isObject } from '../schema/wire';

/** @param defaults what a model takes where a field is left out, as documented */
export const pricingWith = (defaults: (model: string) => RequestValues): Pricing => ({
	call: (model) => ({ method: 'GET', url: '/v1/models', query: { include: 'pricing', id: model } }),
	callAll: () => ({
		method: 'GET',
		url: '/v1/models',
		query: { output_modalities: 'video', include: 'pricing' },
	}),
	read: readPrice,
	priced(values) {
		const model = String(values.model);
		const known = defaults(model);
		const seconds = finiteNumber(values.duration ?? known.duration);
		return {
			model,
			values,
			defaults: known,
			...(seconds === undefined ? {} : { seconds }),
		};
	},
});

/** The price of the model that was asked for, by its id or one of its aliases. */
function readPrice(reply: Reply, model: string): Price | undefined {
	const data = isObject(reply.body) ? reply.body.data : undefined;
	if (reply.status >= 300 || !Array.isArray(data)) return undefined;
	const found = data.filter(isObject).find((entry) => namesOf(entry).includes(model));
	return found && isObject(found.pricing) ? readBlock(found.pricing) : undefined;
}

const namesOf = ({ id, aliases }: JsonObject): unknown[] => [
	id,
	...(Array.isArray(aliases) ? aliases : []),
];

function readBlock(block: JsonObject): Price | undefined {
	if (block.kind === 'variable') return { kind: 'variable' };
	if (block.kind === 'fixed') {
		const units = list(block.units).map((entry) => unitOf(entry, entry.measure ?? entry.name));
		return units.every((unit) => unit !== undefined) ? { kind: 'fixed', units } : undefined;
	}
	if (block.kind !== 'variants') return undefined;
	const variants = list(block.variants).map((entry) => {
		const unit = unitOf(entry, entry.unit);
		return unit && isObject(entry.when)
			? { ...unit, when: entry.when as Record<string, JsonValue> }
			: undefined;
	});
	const dimensions = Array.isArray(block.dimensions) ? block.dimensions.map(String) : [];
	return variants.every((variant) => variant !== undefined)
		? { kind: 'variants', dimensions, variants }
		: undefined;
}

const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

function unitOf(entry: JsonObject, name: unknown): PriceUnit | undefined {
	const usd = finiteNumber(entry.price);
	const unit = nonEmptyString(name);
	const per = finiteNumber(entry.per ?? 1);
	return usd !== undefined && usd >= 0 && unit && per !== undefined && per > 0
		? { unit, usd, per }
		: undefined;
}
