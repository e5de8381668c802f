/** Whether the provider can be asked to call back, and at which address. Said before anything is submitted. */
import type { NodeAPI } from 'node-red';
import { canCallBack } from '../../../providers/callbackAddress';
import { refused } from '../messages/errors';
import type { Translate } from '../i18n/translate';
import type { AccountHandle } from './account';

/**
 * @param warn what makes a callback unlikely to arrive
 * @throws JobError where none can arrive
 */
export function callbackAddress(
	RED: NodeAPI,
	{ provider, account, callbackUrl }: AccountHandle,
	t: Translate,
	warn: (text: string) => void,
): string {
	checkCallbacks(RED, { provider }, t);
	const url = callbackUrl();
	if (!url) throw refused(t('error.no-callback-url'), t('advice.no-callback-url'));
	if (!canCallBack(provider, account.baseUrl, url)) {
		const { origin } = new URL(url);
		warn(t('log.callback-unreachable', { provider: provider.title, origin }));
	}
	return url;
}

/** @throws JobError where the provider, or this Node-RED, has no callbacks at all */
export function checkCallbacks(
	RED: NodeAPI,
	{ provider }: Pick<AccountHandle, 'provider'>,
	t: Translate,
): void {
	if (!provider.capabilities.callback) {
		throw refused(t('error.no-callbacks', { provider: provider.title }), t('advice.no-callbacks'));
	}
	if ((RED.settings.httpNodeRoot as unknown) === false) {
		throw refused(t('error.no-http'), t('advice.no-http'));
	}
}
