/** How a key travels, from the provider's declaration. */
import type {
	IAuthenticateGeneric,
	ICredentialDataDecryptedObject,
	IHttpRequestOptions,
} from 'n8n-workflow';
import type { Provider } from '../../providers/contract';

export function authenticateBy({ account }: Provider): IAuthenticateGeneric {
	const { authentication } = account;
	return {
		type: 'generic',
		properties:
			authentication.kind === 'bearer'
				? { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } }
				: { body: { [authentication.property]: '={{$credentials.apiKey}}' } },
	};
}

/** For a key that may be left out: an empty Authorization header would be refused. */
export async function authenticateIfKey(
	{ apiKey }: ICredentialDataDecryptedObject,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	if (!apiKey) return options;
	const headers = { ...options.headers, Authorization: `Bearer ${String(apiKey)}` };
	return { ...options, headers };
}
