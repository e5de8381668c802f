/** Whether a provider could call back to this n8n. */
import type { Account } from '../../../jobs/host';
import type { Provider } from '../../../providers/contract';
import { hostOf, isLocalUrl } from '../../../providers/hosts';

const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0)$/i;
/** The machine itself, as a container on it sees it. */
const SAME_MACHINE =
	/^(host\.docker\.internal|host\.containers\.internal|gateway\.docker\.internal)$/i;

const isLoopback = (url: string): boolean => LOOPBACK.test(hostOf(url) ?? '');
const isSameMachine = (url: string): boolean =>
	isLoopback(url) || SAME_MACHINE.test(hostOf(url) ?? '');

/** `undefined` where nothing speaks against it; a callback that never comes would leave the run asleep. */
export function unreachable(
	provider: Provider,
	account: Account,
	callbackUrl: string,
): { message: string; advice: string } | undefined {
	const fromTheInternet = provider.account.cloud && !isLocalUrl(account.baseUrl);
	const never = fromTheInternet
		? isLocalUrl(callbackUrl)
		: isLoopback(callbackUrl) && !isSameMachine(account.baseUrl);
	if (!never) return undefined;
	return {
		message: `${provider.title} can not call this n8n back: n8n's public address is ${new URL(callbackUrl).origin}, which only this machine or network can reach.`,
		advice:
			'Set WEBHOOK_URL of n8n to an address that the provider can reach, or set When Submitted to "Wait for the Video". A loop of n8n\'s Wait node and Fetch Result works without a public address too.',
	};
}
