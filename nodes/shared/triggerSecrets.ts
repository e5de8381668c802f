/** Standard Webhooks secrets from the provider's credential. */
import type { ICredentialDataDecryptedObject, INode } from 'n8n-workflow';
import type { Provider } from '../../providers/contract';
import { hasCredential } from './http';

export const signsMessages = ({ abilities }: Provider): boolean =>
	abilities.callback?.signature === 'standard-webhooks';

/** Several while one is being replaced. Empty where there is none. */
export async function webhookSecrets(
	context: {
		getNode(): INode;
		getCredentials(type: string): Promise<ICredentialDataDecryptedObject>;
	},
	provider: Provider,
): Promise<string[]> {
	if (!hasCredential(context, provider)) return [];
	const { webhookSecret } = await context.getCredentials(provider.credential);
	return String(webhookSecret ?? '')
		.split(/\s+/)
		.filter((secret) => secret !== '');
}
