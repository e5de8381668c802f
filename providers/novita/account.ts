/**
 * The balance of a Novita account: `GET /openapi/v1/billing/balance/detail`, whose amounts are texts in units of
 * 0.0001 USD. No list of an account's tasks is documented.
 */
import type { AccountQuestion, Balance } from '../contract';
import { finiteNumber } from '../replies/coerce';
import { isObject } from '../schema/wire';
import { readFailure } from './replies';

const UNITS_PER_USD = 10_000;

export const balance: AccountQuestion<Balance> = {
	call: () => ({ method: 'GET', url: '/openapi/v1/billing/balance/detail' }),
	read(reply) {
		const units = isObject(reply.body) ? finiteNumber(reply.body.availableBalance) : undefined;
		if (reply.status >= 300 || units === undefined) return { failure: readFailure(reply) };
		return { value: { amount: units / UNITS_PER_USD, currency: 'USD' } };
	},
};
