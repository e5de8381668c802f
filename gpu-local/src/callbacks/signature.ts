import { sign } from '../../../jobs/callback/standardWebhooks';

/** The headers of Standard Webhooks; with several secrets, one signature each, so that they can be changed. */
export function signedHeaders(
	secrets: readonly string[],
	id: string,
	timestampSeconds: number,
	body: string,
): Record<string, string> {
	return {
		'webhook-id': id,
		'webhook-timestamp': String(timestampSeconds),
		'webhook-signature': secrets
			.map((secret) => sign(secret, id, timestampSeconds, body))
			.join(' '),
	};
}
