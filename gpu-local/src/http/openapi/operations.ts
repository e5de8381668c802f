import { operation } from './operation.ts';

/** For those who run the server. */
export const operationPaths = (): Record<string, object> => ({
	'/v1/status': {
		get: operation('operations', {
			id: 'getStatus',
			summary: 'The queue and the machines.',
			gives: 'Status',
		}),
	},
	'/healthz': {
		get: operation('operations', {
			id: 'getHealth',
			summary: 'Whether the server lives.',
			gives: 'Health',
		}),
	},
	'/readyz': {
		get: operation('operations', {
			id: 'getReadiness',
			summary: 'Whether a job would run.',
			gives: 'Readiness',
		}),
	},
	'/metrics': {
		get: operation('operations', {
			id: 'getMetrics',
			summary: 'Numbers for Prometheus.',
			gives: { types: ['text/plain'], what: 'The text format of Prometheus.' },
		}),
	},
});
