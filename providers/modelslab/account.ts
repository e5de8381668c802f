/**
 * What a ModelsLab account can be asked: its balance (`POST /api/wallet_balance`), its queue
 * (`POST /api/v6/processing/request_count`, at most 30 times a minute) and its newest videos
 * (`POST /api/assets_generated`), whose rows bear nothing of ours.
 */
import type { AccountQuestion, Balance, SubmitLog } from '../contract';
import { finiteNumber, idOf, nonEmptyString } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { readFailure } from '../stableDiffusionApi/failures';

export const balance: AccountQuestion<Balance> = {
	call: () => ({ method: 'POST', url: '/api/wallet_balance' }),
	read(reply) {
		const data = isObject(reply.body) && isObject(reply.body.data) ? reply.body.data : {};
		const amount = finiteNumber(data.balance);
		if (reply.status >= 300 || amount === undefined) return { failure: readFailure(reply) };
		return { value: { amount, currency: nonEmptyString(data.currency) ?? 'USD' } };
	},
};

export const queueUse: AccountQuestion<number> = {
	call: () => ({ method: 'POST', url: '/api/v6/processing/request_count' }),
	read(reply) {
		const count = isObject(reply.body) ? finiteNumber(reply.body.processing_count) : undefined;
		return reply.status >= 300 || count === undefined
			? { failure: readFailure(reply) }
			: { value: count };
	},
};

export const submitLog: SubmitLog = {
	title: "The account's list of videos",
	bearsRequestId: false,
	call: () => ({
		method: 'POST',
		url: '/api/assets_generated',
		body: { type: 'video', per_page: 10, page: 1 },
	}),
	read(reply) {
		const rows = isObject(reply.body) ? reply.body.data : undefined;
		if (reply.status >= 300 || !Array.isArray(rows)) return { failure: readFailure(reply) };
		const entries = rows.filter(isObject).flatMap(({ id }) => {
			const jobId = idOf(id);
			return jobId ? [{ jobId }] : [];
		});
		return { entries };
	},
};
