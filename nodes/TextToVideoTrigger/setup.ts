/** What is checked when the trigger goes live or is tried in the editor, where a person can read the answer. */
import { NodeOperationError, type IHookFunctions } from 'n8n-workflow';
import { isLocalUrl } from '../../providers/hosts';
import { providerById } from '../../providers/registry';
import { checkSecret } from './address';
import { readCredential, signsMessages } from './credential';

export async function checkSetup(context: IHookFunctions): Promise<boolean> {
	const node = context.getNode();
	const provider = providerById(context.getNodeParameter('provider') as string);
	checkSecret(node);
	if (signsMessages(provider) && (await readCredential(context, provider)).secrets.length === 0) {
		throw new NodeOperationError(
			node,
			`The credential for ${provider.title} has no Webhook Secret, so no message could be trusted.`,
			{
				description:
					'Put the secret that the sender signs with (whsec_…) into the field Webhook Secret of the credential.',
			},
		);
	}
	const address = context.getNodeWebhookUrl('default') ?? '';
	if (provider.account.cloud && isLocalUrl(address)) {
		context.logger.warn(
			`${provider.title} can not reach ${new URL(address).origin}: n8n needs a public address (N8N_WEBHOOK_URL, or WEBHOOK_URL in older versions).`,
		);
	}
	return true;
}
