/** Questions that the runtime asks the provider, with the account as it stands in the editor. */

interface Choice {
	value: string;
	label: string;
	description?: string;
}

/** As far as what was asked for has them. */
export interface Answer {
	models?: Choice[];
	nextCursor?: string;
	/** In words, by model. */
	prices?: Record<string, string>;
	state?: { balance?: number; currency?: string; queued?: number; hint?: string };
	problem?: string;
}

/** An account that is being edited: what stands in its dialog goes before what was deployed. */
export interface AskedAccount {
	id?: string;
	provider?: unknown;
	baseUrl?: unknown;
	credentials?: Record<string, string | boolean>;
}

export async function askRuntime(
	question: 'models' | 'prices' | 'account',
	asked: unknown,
	more: object = {},
): Promise<Answer> {
	const account: AskedAccount | null =
		typeof asked === 'string' ? RED.nodes.node(asked) : (asked as AskedAccount | null);
	const apiKey = account?.credentials?.apiKey;
	try {
		return (await $.ajax({
			url: `text-to-video/${question}`,
			method: 'POST',
			contentType: 'application/json',
			data: JSON.stringify({
				account: account?.id,
				provider: account?.provider,
				baseUrl: account?.baseUrl,
				// A key that was typed and not deployed yet; a deployed one never comes back to the editor.
				...(typeof apiKey === 'string' && apiKey !== '__PWRD__' ? { apiKey } : {}),
				...more,
			}),
		})) as Answer;
	} catch (failed) {
		const { responseJSON, statusText } = failed as JQuery.jqXHR;
		return { problem: responseJSON?.problem ?? statusText };
	}
}
