/** The two properties that every account of a provider on the internet has. */
import type { INodeProperties } from 'n8n-workflow';
import type { Provider } from '../../providers/contract';

export interface AccountWords {
	baseUrlDescription?: string;
	apiKeyDescription?: string;
}

const OTHER_SERVER =
	'Change it only to use another server that speaks the same API, such as your own GPU';

export const accountProperties = (
	{ account }: Provider,
	{ baseUrlDescription = OTHER_SERVER, apiKeyDescription }: AccountWords = {},
): INodeProperties[] => [
	{
		displayName: 'API Key',
		name: 'apiKey',
		type: 'string',
		typeOptions: { password: true },
		required: true,
		default: '',
		...(apiKeyDescription ? { description: apiKeyDescription } : {}),
	},
	{
		displayName: 'Base URL',
		name: 'baseUrl',
		type: 'string',
		required: true,
		default: account.defaultBaseUrl,
		description: baseUrlDescription,
	},
	ignoreSslProperty,
];

/** n8n's own name for it, in its own credentials too. */
export const ignoreSslProperty: INodeProperties = {
	displayName: 'Ignore SSL Issues (Insecure)',
	name: 'allowUnauthorizedCerts',
	type: 'boolean',
	default: false,
	description:
		'Whether to connect even if the certificate of the server is not trusted, such as a self-signed one of your own server',
};
