/** The two properties that every account of a provider on the internet has. */
import type { INodeProperties } from 'n8n-workflow';

export interface AccountWords {
	/** What the provider documents. */
	baseUrl: string;
	baseUrlDescription?: string;
	apiKeyDescription?: string;
}

const OTHER_SERVER =
	'Change it only to use another server that speaks the same API, such as your own GPU';

export const accountProperties = ({
	baseUrl,
	baseUrlDescription = OTHER_SERVER,
	apiKeyDescription,
}: AccountWords): INodeProperties[] => [
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
		default: baseUrl,
		description: baseUrlDescription,
	},
];
