/** A machine that speaks as Local GPU does, without a network: for stories in which time is virtual. */
import { Readable } from 'node:stream';
import type { IHttpRequestOptions } from 'n8n-workflow';

export interface MachineJob {
	id: string;
	status: 'queued' | 'in_progress' | 'completed' | 'failed' | 'cancelled';
	request: Record<string, unknown>;
	/** Members of the job beside these. */
	more: object;
}

interface Asked {
	call: 'submit' | 'ask' | 'cancel' | 'estimate' | 'file';
	options: IHttpRequestOptions;
}

export interface Machine {
	jobs: MachineJob[];
	asked: Asked[];
	/** How many calls of a kind there were. */
	count(call: Asked['call']): number;
	/** Answers the next call of the kind in place of the machine. */
	next(call: Asked['call'], answer: () => unknown): void;
	http(options: IHttpRequestOptions): unknown;
}

const VIDEO = { statusCode: 200, headers: { 'content-type': 'video/mp4' } };
const reply = (body: unknown, statusCode = 200) => ({
	statusCode,
	headers: {},
	body: JSON.stringify(body),
});

/**
 * @param begins how a job stands when it is taken
 * @param more members of each job besides
 */
export function machineInMemory(
	begins: MachineJob['status'] = 'queued',
	more: object = {},
): Machine {
	const jobs: MachineJob[] = [];
	const asked: Asked[] = [];
	const answers: Array<{ call: Asked['call']; answer: () => unknown }> = [];
	const told = ({ id, status, more }: MachineJob) =>
		reply({ id, object: 'video', status, ...more });
	const answerTo = (call: Asked['call'], { url, body }: IHttpRequestOptions) => {
		if (call === 'file') return { ...VIDEO, body: Readable.from([Buffer.alloc(8, 1)]) };
		if (call === 'estimate') return reply({ object: 'video.estimate', seconds: 12 });
		if (call === 'submit') {
			const request = body as Record<string, unknown>;
			const id = `video_${jobs.length + 1}`;
			const job: MachineJob = { id, status: begins, request, more };
			jobs.push(job);
			return told(job);
		}
		const job = jobs.find(({ id }) => url.endsWith(id));
		if (!job) return reply({ error: { message: 'No such video.' } }, 404);
		if (call === 'cancel') job.status = 'cancelled';
		return told(job);
	};
	return {
		...{ jobs, asked },
		count: (kind) => asked.filter(({ call }) => call === kind).length,
		next: (call, answer) => void answers.push({ call, answer }),
		http(options) {
			const { method, url, encoding } = options;
			const posted = url.endsWith('/estimate') ? 'estimate' : 'submit';
			const got = encoding === 'stream' ? 'file' : 'ask';
			const call = method === 'POST' ? posted : method === 'DELETE' ? 'cancel' : got;
			asked.push({ call, options });
			const at = answers.findIndex((answer) => answer.call === call);
			return at < 0 ? answerTo(call, options) : answers.splice(at, 1)[0]!.answer();
		},
	};
}

/** An answer of the service, with this status. */
export const answerOf =
	(statusCode: number, body: unknown = {}) =>
	(): unknown =>
		reply(body, statusCode);

/** The connection is cut after the request has left. */
export const cut = (): never => {
	throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
};
