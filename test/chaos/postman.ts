/** Brings the provider's callbacks to a sleeping n8n execution: in time, twice, too early, forged, or never. */
import { createServer, type Server } from 'node:http';
import type { CallbackOptions } from '../simulators/callbacks';
import { listen, closeServer, readBody } from '../simulators/http';
import type { Simulator } from '../simulators/simulator';
import type { SimulatedJob } from '../simulators/types';
import type { WorkflowResult } from '../support/n8nCore';
import { untilDone } from './clock';
import type { Delivery, Story } from './story';

/** Before the end of the job. */
const EARLY_MS = 2_000;

interface Letter {
	job: SimulatedJob;
	atMs: number;
	options: CallbackOptions;
}

export class Postman {
	private sleeping: WorkflowResult | undefined;
	private readonly delivered = new Set<string>();

	private constructor(
		private readonly story: Story,
		private readonly sim: Simulator,
		private readonly server: Server,
		private readonly url: string,
	) {}

	static async start(story: Story, sim: Simulator): Promise<Postman> {
		const server = createServer(async (request, response) => {
			const raw = await readBody(request);
			const { status } = await postman.take(JSON.parse(raw));
			response.writeHead(status).end();
		});
		const postman = new Postman(story, sim, server, await listen(server));
		return postman;
	}

	close(): Promise<void> {
		return closeServer(this.server);
	}

	/** Lets time pass until the execution no longer sleeps. */
	async wake(result: WorkflowResult): Promise<WorkflowResult> {
		this.sleeping = result;
		while (this.sleeping.status === 'waiting') {
			const letter = this.nextLetter();
			const deadlineMs = this.sleeping.waitTillMs ?? 0;
			if (!letter || letter.atMs >= deadlineMs) {
				await until(deadlineMs);
				this.sleeping = await untilDone(this.sleeping.passDeadline());
				continue;
			}
			await until(letter.atMs);
			this.delivered.add(keyOf(letter));
			await untilDone(this.sim.callback(letter.job.id, { ...letter.options, url: this.url }));
		}
		return this.sleeping;
	}

	private async take(body: unknown): Promise<{ status: number }> {
		if (this.sleeping?.status !== 'waiting') return { status: 409 };
		const { status, resumed } = await this.sleeping.call(body);
		if (resumed) this.sleeping = resumed;
		return { status };
	}

	private nextLetter(): Letter | undefined {
		return this.sim.book.jobs
			.flatMap((job) => this.lettersOf(job))
			.filter((letter) => !this.delivered.has(keyOf(letter)))
			.sort((a, b) => a.atMs - b.atMs)[0];
	}

	private lettersOf(job: SimulatedJob): Letter[] {
		const item = this.story.prompts.findIndex((prompt) =>
			JSON.stringify(job.request).includes(prompt),
		);
		const endMs = job.acceptedAtMs + job.durationMs;
		const right: Letter = { job, atMs: endMs, options: {} };
		const wrong = (options: CallbackOptions): Letter => ({
			job,
			atMs: Math.max(job.acceptedAtMs, endMs - EARLY_MS),
			options,
		});
		const letters: Record<Delivery, Letter[]> = {
			once: [right],
			lost: [],
			doubled: [{ ...right, options: { times: 2 } }],
			forged: [wrong({ forged: true }), right],
			early: [wrong({ as: { status: 'succeeded', progress: 100 } }), right],
		};
		return letters[this.story.deliveries[item] ?? 'lost'];
	}
}

const keyOf = ({ job, options }: Letter): string => `${job.id} ${JSON.stringify(options)}`;

async function until(atMs: number): Promise<void> {
	const leftMs = atMs - Date.now();
	if (leftMs > 0) await untilDone(new Promise((resolve) => setTimeout(resolve, leftMs)));
}
