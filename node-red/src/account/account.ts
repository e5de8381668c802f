/** What the account node knows: provider, address, key, and where callbacks arrive. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Account } from '../../../jobs/host';
import { rateLimitOf, type RateLimit } from '../../../jobs/rateLimit';
import { needsKey, type Provider } from '../../../providers/contract';
import { readBaseUrl } from '../../../providers/baseUrl';
import { providerById } from '../../../providers/registry';
import { createHost, sleep, type RuntimeHost } from '../runtime/host';
import { refused } from '../messages/errors';
import type { Translate } from '../i18n/translate';

export interface AccountDef extends NodeDef {
	provider?: string;
	baseUrl?: string;
	callbackBaseUrl?: string;
	/** USD; blank for none. */
	dailyLimit?: string | number;
}

export interface AccountCredentials {
	apiKey?: string;
	webhookSecret?: string;
	callbackToken?: string;
}

export interface AccountNode extends Node<AccountCredentials> {
	textToVideo?: AccountHandle;
}

export interface AccountHandle {
	id: string;
	provider: Provider;
	account: Account;
	host: RuntimeHost;
	hasKey: boolean;
	/** Standard Webhooks secrets; several, parted by blanks or commas, while one is being replaced. */
	secrets: string[];
	/** The unguessable last part of the callback address. */
	callbackToken: string;
	/** The address for the provider; undefined where the account has no callback base URL. */
	callbackUrl(): string | undefined;
	/** Waits until the provider's documented requests a minute allow one more submit. */
	rateLimit: RateLimit;
	/** What its nodes may spend together on one day, in USD, as it stands in the dialog. */
	dailyLimit?: string | number;
}

export const CALLBACK_ROUTE = '/text-to-video';

/** @throws Error where provider or base URL are none */
export function createAccount(
	RED: NodeAPI,
	node: AccountNode,
	{ provider: id = '', baseUrl, callbackBaseUrl, dailyLimit }: AccountDef,
): AccountHandle {
	const provider = providerById(id);
	const credentials = node.credentials ?? {};
	const key = blankless(credentials.apiKey);
	const reading = readBaseUrl(provider, baseUrl);
	if (reading.problem !== undefined) throw new Error(reading.problem);
	const account = { baseUrl: reading.baseUrl };
	const access = { authentication: provider.account.authentication, key };
	const callbackToken = tokenOf(node.id, credentials);
	return {
		id: node.id,
		provider,
		account,
		host: createHost(access, { info: (text) => node.log(text), warn: (text) => node.warn(text) }),
		hasKey: key !== undefined,
		secrets: (credentials.webhookSecret ?? '').split(/[\s,]+/).filter(Boolean),
		callbackToken,
		callbackUrl() {
			const base = blankless(callbackBaseUrl)?.replace(/\/+$/, '');
			const path = callbackPath({ id: node.id, callbackToken });
			return base === undefined ? undefined : `${base}${nodeRoot(RED)}${path}`;
		},
		rateLimit: rateLimitOf(provider, account, { now: Date.now, sleep }),
		...(dailyLimit === undefined ? {} : { dailyLimit }),
	};
}

const callbackPath = ({ id, callbackToken }: { id: string; callbackToken: string }) =>
	`${CALLBACK_ROUTE}/${id}/${callbackToken}`;

/**
 * @throws JobError where the node has no usable account. Said before anything is submitted.
 */
export function accountOf(RED: NodeAPI, accountId: string | undefined, t: Translate) {
	const handle = handleOf(RED, accountId);
	if (!handle) throw refused(t('error.no-account'), t('advice.choose-account'));
	if (lacksKey(handle)) {
		throw refused(t('error.no-key', { provider: handle.provider.title }), t('advice.enter-key'));
	}
	return handle;
}

export function handleOf(RED: NodeAPI, accountId: string | undefined): AccountHandle | undefined {
	const node = accountId ? (RED.nodes.getNode(accountId) as AccountNode | null) : null;
	return node?.textToVideo;
}

export const lacksKey = ({ provider, hasKey }: AccountHandle): boolean =>
	needsKey(provider.account.authentication) && !hasKey;

/** Marks a node that could do nothing with a message, before one comes. */
export function showAccountFault(
	RED: NodeAPI,
	node: Node,
	accountId: string | undefined,
	t: Translate,
): void {
	const handle = handleOf(RED, accountId);
	if (handle && !lacksKey(handle)) return;
	const text = t(handle ? 'status.no-key' : 'status.no-account');
	node.status({ fill: 'red', shape: 'ring', text });
}

/** Where Node-RED hangs the routes of nodes, without the slash at the end. */
export const nodeRoot = (RED: NodeAPI): string => {
	const root: unknown = RED.settings.httpNodeRoot;
	return typeof root === 'string' ? root.replace(/\/+$/, '') : '';
};

/** For accounts that have nothing secret to derive a token from, such as an imported example. */
const processSecret = randomBytes(32);

/** The editor draws one when an account is made. Without it, one is derived that does not change with a restart. */
function tokenOf(nodeId: string, credentials: AccountCredentials): string {
	const own = blankless(credentials.callbackToken);
	if (own !== undefined && /^[\w-]{16,}$/.test(own)) return own;
	const secret = blankless(credentials.apiKey) ?? blankless(credentials.webhookSecret);
	return createHmac('sha256', secret ?? processSecret)
		.update(`text-to-video callback ${nodeId}`)
		.digest('base64url')
		.slice(0, 32);
}

const blankless = (text: string | undefined): string | undefined => text?.trim() || undefined;
