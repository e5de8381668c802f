/** What version 0.1.0 left behind (`test/fixtures/0.1.0`), taken up by the code of today. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConnections, INode } from 'n8n-workflow';
import nock from 'nock';
import type { Simulator } from '../simulators/simulator';
import type { SimulatedJob } from '../simulators/types';

export const RELEASE_010 = join(import.meta.dirname, '..', 'fixtures', '0.1.0');

/** The simulated provider of a fixture as it stood when the fixture was made. */
export interface RecordedProvider {
	url: string;
	filesUrl: string;
	key: string;
	webhookSecret: string;
	jobs: SimulatedJob[];
	callbacks: Array<{ jobId: string; url: string; body: unknown; status: number }>;
}

export interface RecordedWorkflow {
	id: string;
	name: string;
	nodes: INode[];
	connections: IConnections;
	settings: Record<string, unknown>;
}

/** Rows of n8n's own database. */
export interface RecordedExecution {
	execution_entity: { id: number; status: string; waitTill: string | null };
	execution_data: { workflowData: string; data: string };
}

export const recordedJson = <T>(...path: string[]): T =>
	JSON.parse(readFileSync(join(RELEASE_010, ...path), 'utf8')) as T;

export const recordedWorkflows = (): RecordedWorkflow[] =>
	readdirSync(join(RELEASE_010, 'n8n', 'workflows')).map((file) =>
		recordedJson<RecordedWorkflow>('n8n', 'workflows', file),
	);

/**
 * The text as if it had been written a moment ago: what is kept for a while then is still kept, and a deadline in a year
 * never comes. Shifts Unix milliseconds and ISO times.
 */
export function atPresent(text: string, { jobs }: RecordedProvider): string {
	const byMs = Date.now() - Math.max(...jobs.map(({ acceptedAtMs }) => acceptedAtMs));
	return text
		.replaceAll(/\b1[78]\d{11}\b/g, (ms) => String(Number(ms) + byMs))
		.replaceAll(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, (iso) =>
			new Date(Date.parse(iso) + byMs).toISOString(),
		);
}

/** The simulator goes on as the recorded provider: it knows the jobs that were accepted then. */
export function goOnAs(sim: Simulator, { jobs }: RecordedProvider): void {
	for (const job of jobs) {
		// JSON has no endless duration.
		sim.book.jobs.push({
			...job,
			durationMs: job.durationMs ?? Infinity,
			queueMs: job.queueMs ?? Infinity,
		});
	}
}

/** What goes to the address that the provider had then reaches the simulator of now. */
export function forward(from: string, to: string): void {
	const door = nock(from).persist();
	for (const method of ['get', 'post', 'delete', 'head'] as const) {
		door[method](/.*/).reply(async (request: Request) => {
			const { pathname, search } = new URL(request.url);
			const headers = new Headers(request.headers);
			for (const name of ['host', 'content-length']) headers.delete(name);
			const body = request.method === 'POST' ? { body: await request.arrayBuffer() } : {};
			const sent = { method: request.method, headers, redirect: 'manual' as const, ...body };
			const reply = await fetch(`${to}${pathname}${search}`, sent);
			const answer = Buffer.from(await reply.arrayBuffer());
			return [reply.status, answer, Object.fromEntries(reply.headers)] as const;
		});
	}
}
