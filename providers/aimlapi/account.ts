/**
 * What an AI/ML API account can be asked: its balance (`GET /v2/billing`) and its log (`GET /v2/logs`), whose rows bear
 * the client request id and, as `inference_id`, the id of the generation.
 */
import type { AccountQuestion, Balance, SubmitLog } from '../contract';
import { finiteNumber, idOf, nonEmptyString } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { readFailure } from './replies';

export const balance: AccountQuestion<Balance> = {
	call: () => ({ method: 'GET', url: '/v2/billing' }),
	read(reply) {
		const body = isObject(reply.body) ? reply.body : {};
		const amount = finiteNumber(body.current_balance);
		if (reply.status >= 300 || amount === undefined) return { failure: readFailure(reply) };
		return { value: { amount, currency: nonEmptyString(body.currency) ?? 'USD' } };
	},
};

export const submitLog: SubmitLog = {
	title: "The account's log",
	bearsRequestId: true,
	// A day: who comes back tomorrow to a submit in doubt still finds it.
	call: () => ({ method: 'GET', url: '/v2/logs', query: { period: '24h', limit: '100' } }),
	read(reply) {
		const body: unknown = reply.body;
		const rows = Array.isArray(body) ? body : isObject(body) ? (body.data ?? body.logs) : undefined;
		if (reply.status >= 300 || !Array.isArray(rows)) return { failure: readFailure(reply) };
		const entries = rows.filter(isObject).flatMap((row) => {
			const jobId = idOf(row.inference_id);
			const requestId = nonEmptyString(row.client_request_id);
			return jobId ? [{ jobId, ...(requestId ? { requestId } : {}) }] : [];
		});
		return { entries };
	},
};
