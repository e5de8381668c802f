/**
 * `GET /api/v6/model-search` with the key in the query, and `search`, `feature`, `per_page`. The document names the
 * parameters and not the reply, so it is read in every form that the other lists of the account have.
 */
import { findModel, isForPrompts, modelslabCatalogue } from '../catalogue';
import type { ModelChoice, ModelSearch } from '../contract';
import { idOf, nonEmptyString } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { readFailure } from '../stableDiffusionApi/failures';

export const search: ModelSearch = {
	call: (query) => ({
		method: 'GET',
		url: '/api/v6/model-search',
		query: { feature: 'video_fusion', per_page: '100', ...(query ? { search: query } : {}) },
		keyInQuery: true,
	}),
	read(reply) {
		const rows = rowsOf(reply.body);
		if (reply.status >= 300 || !rows) return { failure: readFailure(reply) };
		return { models: rows.filter(isObject).flatMap(newModel) };
	},
};

/** A list, or one under `data` or `models`, or a page of one (`data.data`). */
function rowsOf(body: unknown): unknown[] | undefined {
	if (Array.isArray(body)) return body as unknown[];
	return isObject(body) ? rowsOf(body.data ?? body.models) : undefined;
}

/** One that the catalogue does not know. */
function newModel(row: Record<string, unknown>): ModelChoice[] {
	const id = idOf(row.model_id) ?? idOf(row.id);
	const label = nonEmptyString(row.model_name) ?? nonEmptyString(row.name) ?? id;
	if (!id || !label || !isForPrompts(id, label) || findModel(modelslabCatalogue, id)) return [];
	return [{ value: id, label, description: 'New: its fields go into Extra Parameters.' }];
}
