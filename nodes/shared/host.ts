/** n8n as the host of a job's life: its HTTP helpers, its sleep, its log. */
import { sleep, type Logger } from 'n8n-workflow';
import type { Host, HttpStream } from '../../jobs/host';
import type { Provider } from '../../providers/contract';
import {
	commonOptions,
	openStream,
	sendRequest,
	type CommonOptions,
	type RequestContext,
} from './http';

export type N8nHost = Host & { stream: HttpStream };

export function hostOf(
	context: RequestContext & { logger: Logger },
	provider: Provider,
	options: CommonOptions,
): N8nHost {
	const common = commonOptions(options);
	return {
		http: (request, signal) => sendRequest(context, provider, request, common, signal),
		stream: (request, signal) => openStream(context, provider, request, common, signal),
		now: Date.now,
		random: Math.random,
		sleep: sleepOrStop,
		log: (level, message) => context.logger[level](message),
		advice: {
			certificate: IGNORE_SSL,
			...(common.proxy ? { connection: proxyAdvice(common.proxy) } : {}),
		},
	};
}

const IGNORE_SSL =
	'If the server is your own, turn on Ignore SSL Issues in the credential, or in the node under Settings, Request Options. If not, check Base URL in the credential: somebody else may have answered.';

const proxyAdvice = ({
	protocol = 'http',
	host,
	port,
}: Exclude<CommonOptions['proxy'], undefined>) =>
	`All requests go through the proxy ${protocol}://${host}:${port} (in the node under Settings, Request Options): check it first, then Base URL in the credential.`;

/** n8n's sleep takes the signal in newer versions only; the race makes Stop immediate in all of them. */
export async function sleepOrStop(ms: number, signal?: AbortSignal): Promise<void> {
	if (!signal) return await sleep(ms);
	let stop: () => void = () => undefined;
	const stopped = new Promise<never>((_resolve, reject) => {
		stop = () => reject(new DOMException('The execution was stopped', 'AbortError'));
		if (signal.aborted) stop();
		signal.addEventListener('abort', stop, { once: true });
	});
	try {
		await Promise.race([sleep(ms, signal), stopped]);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}
