/** `POST /v1/videos/estimate` of the local executor: how long a job would run, by the last runs of its model. */
import type { Provider, Reply } from '../contract';
import { finiteNumber } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { readFailure } from './replies';

export const runTime: NonNullable<Provider['runTime']> = {
	url: '/v1/videos/estimate',
	read(reply: Reply) {
		const body = isObject(reply.body) ? reply.body : {};
		if (reply.status >= 300 || body.object !== 'video.estimate') {
			return { failure: readFailure(reply) };
		}
		return { seconds: finiteNumber(body.seconds) };
	},
};
