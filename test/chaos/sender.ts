/** Brings a story's callbacks to a sleeping n8n execution. */
import { createServer, type Server } from 'node:http';
import { listen, closeServer, readBody } from '../simulators/http';
import type { Simulator } from '../simulators/simulator';
import type { WorkflowResult } from '../support/n8nCore';
import { passUntil, untilDone } from './clock';
import { Letters } from './callbacks';
import type { Story } from './scenario';

export class Postman {
	private sleeping: WorkflowResult | undefined;

	private constructor(
		private readonly letters: Letters,
		private readonly server: Server,
		private readonly url: string,
	) {}

	static async start(story: Story, sim: Simulator): Promise<Postman> {
		const server = createServer(async (request, response) => {
			const raw = await readBody(request);
			const { status } = await postman.take(JSON.parse(raw));
			response.writeHead(status).end();
		});
		const letters = new Letters(story, sim);
		const postman = new Postman(letters, server, await listen(server));
		return postman;
	}

	close(): Promise<void> {
		return closeServer(this.server);
	}

	/** Lets time pass until the execution no longer sleeps. */
	async wake(result: WorkflowResult): Promise<WorkflowResult> {
		let sleeping = result;
		let asleepSinceMs = Date.now();
		while (sleeping.status === 'waiting') {
			const letter = this.letters.next();
			const wakeAtMs = sleeping.waitTillMs ?? 0;
			if (letter && letter.atMs < wakeAtMs) {
				await passUntil(letter.atMs);
				// n8n turns away what comes while the node runs.
				this.sleeping = letter.atMs < asleepSinceMs ? undefined : sleeping;
				await untilDone(this.letters.deliver(letter, this.url));
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
