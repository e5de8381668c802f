/** What the trigger needs of the provider's credential: where to ask, and the Standard Webhooks secrets. */
import type { ICredentialDataDecryptedObject, INode } from 'n8n-workflow';
import type { Account } from '../../jobs/host';
import type { Provider } from '../../providers/contract';
import { readBaseUrl } from '../../providers/baseUrl';
import { BASE_URL_ADVICE, hasCredential } from '../shared/http';

export interface Credential {
	account: Account;
	/** Several while one is being replaced. Empty where there is none. */
	secrets: string[];
}

interface CredentialContext {
	getNode(): INode;
	getCredentials(type: string): Promise<ICredentialDataDecryptedObject>;
}

/** n8n starts a sandbox of its own to read a credential: in a burst of messages that costs more than all the rest. */
const KEEP_MS = 5_000;

const kept = new Map<string, { credential: Credential; untilMs: number }>();

export const signsMessages = ({ capabilities }: Provider): boolean =>
	capabilities.callback?.signature === 'standard-webhooks';

export async function readCredential(
	context: CredentialContext,
	provider: Provider,
): Promise<Credential> {
	const { baseUrl, webhookSecret }: ICredentialDataDecryptedObject = hasCredential(
		context,
		provider,
	)
		? await context.getCredentials(provider.credential)
		: {};
	const address = readBaseUrl(provider, baseUrl);
	if (address.baseUrl === undefined) throw new Error(`${address.problem} ${BASE_URL_ADVICE}`);
	return {
		account: { baseUrl: address.baseUrl },
		secrets: String(webhookSecret ?? '')
			.split(/\s+/)
			.filter((secret) => secret !== ''),
	};
}

/**
 * The same, at most five seconds old.
 *
 * @param place the trigger; the credential that it names is part of the key, so that another one counts at once
 */
export async function recentCredential(
	context: CredentialContext,
	provider: Provider,
	place: string,
	nowMs: number,
): Promise<Credential> {
	const key = `${place} ${context.getNode().credentials?.[provider.credential]?.id}`;
	const known = kept.get(key);
	if (known && nowMs < known.untilMs) return known.credential;
	for (const [old, { untilMs }] of kept) if (nowMs >= untilMs) kept.delete(old);
	const credential = await readCredential(context, provider);
	kept.set(key, { credential, untilMs: nowMs + KEEP_MS });
	return credential;
}
