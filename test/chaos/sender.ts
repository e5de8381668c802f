/** Brings a scenario's callbacks to a sleeping n8n execution. */
import { createServer, type Server } from 'node:http';
import { listen, closeServer, readBody } from '../simulators/http';
import type { Simulator } from '../simulators/simulator';
import type { WorkflowResult } from '../support/n8nCore';
import { passUntil, untilDone } from './clock';
import { CallbackCalls } from './callbacks';
import type { Scenario } from './scenario';

export class Sender {
	private sleeping: WorkflowResult | undefined;

	private constructor(
		private readonly callbackCalls: CallbackCalls,
		private readonly server: Server,
		private readonly url: string,
	) {}

	static async start(scenario: Scenario, sim: Simulator): Promise<Sender> {
		const server = createServer(async (request, response) => {
			const raw = await readBody(request);
			const { status } = await sender.take(JSON.parse(raw));
			response.writeHead(status).end();
		});
		const callbackCalls = new CallbackCalls(scenario, sim);
		const sender = new Sender(callbackCalls, server, await listen(server));
		return sender;
	}

	close(): Promise<void> {
		return closeServer(this.server);
	}

	/** Lets time pass until the execution no longer sleeps. */
	async wake(result: WorkflowResult): Promise<WorkflowResult> {
		let sleeping = result;
		let asleepSinceMs = Date.now();
		while (sleeping.status === 'waiting') {
			const callbackCall = this.callbackCalls.next();
			const wakeAtMs = sleeping.waitTillMs ?? 0;
			if (callbackCall && callbackCall.atMs < wakeAtMs) {
				await passUntil(callbackCall.atMs);
				// n8n turns away what comes while the node runs.
				this.sleeping = callbackCall.atMs < asleepSinceMs ? undefined : sleeping;
				await untilDone(this.callbackCalls.deliver(callbackCall, this.url));
				sleeping = this.sleeping ?? sleeping;
				continue;
			}
			await passUntil(wakeAtMs);
			sleeping = await untilDone(sleeping.wake());
			asleepSinceMs = Date.now();
		}
		return sleeping;
	}

	private async take(body: unknown): Promise<{ status: number }> {
		if (this.sleeping?.status !== 'waiting') return { status: 409 };
		const { status, resumed } = await this.sleeping.call(body);
		if (resumed) this.sleeping = resumed;
		return { status };
	}
}
