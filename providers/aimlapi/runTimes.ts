/** How long AI/ML API's models took lately: `GET /models/metrics`, which needs no key (service endpoints, "Model metrics"). */
import type { Reply, RunTimes } from '../contract';
import { finiteNumber } from '../replies/coerce';
import { isObject } from '../schema/wire';

/**
 * Whether the figures are of whole generations or of the submit call alone is not said. No model makes a video in less
 * than this, and a submit is answered in less.
 */
const SHORTEST_VIDEO_SECONDS = 10;

export const runTimes: RunTimes = {
	call: (model) => ({ method: 'GET', url: '/models/metrics', query: { aliases: model } }),
	read(reply: Reply, model) {
		const models = isObject(reply.body) ? reply.body.models : undefined;
		if (reply.status >= 300 || !Array.isArray(models)) return undefined;
		const found = models.filter(isObject).find(({ alias }) => alias === model);
		const metrics = found && isObject(found.metrics) ? found.metrics : {};
		const percentiles = isObject(metrics.duration_ms) ? metrics.duration_ms : {};
		const [usual, longest] = [percentiles.p50, percentiles.p99].map(
			(ms) => (finiteNumber(ms) ?? 0) / 1000,
		) as [number, number];
		return usual >= SHORTEST_VIDEO_SECONDS && longest >= usual ? { usual, longest } : undefined;
	},
};
