/** Whether a provider could call back to this address of the user's own server. */
import type { Provider } from './contract';
import { hostOf, isLocalUrl } from './hosts';

const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0)$/;
/** The machine itself, as a container on it sees it. */
const SAME_MACHINE =
	/^(host\.docker\.internal|host\.containers\.internal|gateway\.docker\.internal)$/;

const isLoopback = (url: string): boolean => LOOPBACK.test(hostOf(url) ?? '');
const isSameMachine = (url: string): boolean =>
	isLoopback(url) || SAME_MACHINE.test(hostOf(url) ?? '');

/** A callback that never comes would leave a job unheard of. Only what certainly can not work is said. */
export function canCallBack(provider: Provider, baseUrl: string, callbackUrl: string): boolean {
	const fromTheInternet = provider.account.cloud && !isLocalUrl(baseUrl);
	return fromTheInternet
		? !isLocalUrl(callbackUrl)
		: !isLoopback(callbackUrl) || isSameMachine(baseUrl);
}
