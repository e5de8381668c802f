/** What the two servers answer: the provider's own reply, with the fault that was planned for it. */
import { contentOf, type Desk } from './desk';
import { oneWronglyTyped, wronglyTyped, type Faults } from './faults';
import { expiredFile, missingFile, serveFile, type FileAnswer } from './files';
import { isOver, signatureExpired } from './timeline';
import type {
	Answer,
	ErrorKind,
	FamilySimulator,
	Fault,
	Incoming,
	RecordedRequest,
	Route,
} from './types';

/** `reset` breaks the connection without an answer. */
export type Outcome = Answer | FileAnswer | 'reset';

const NEVER = new Promise<never>(() => undefined);

export async function answerApi(
	desk: Desk,
	families: FamilySimulator[],
	faults: Faults,
	incoming: Incoming,
	record: RecordedRequest,
): Promise<Outcome> {
	const found = families
		.map((family) => ({ family, route: family.route(incoming) }))
		.find(({ route }) => route !== undefined);
	if (!found?.route) return { status: 404, body: '<!DOCTYPE html><title>Not Found</title>' };
	const { family, route } = found;
	record.call = route.call;
	if (route.jobId) record.jobId = route.jobId;
	const about = route.jobId ?? contentOf(incoming.body);
	const fault = faults.take(route.call, route.jobId, { about, path: incoming.path });
	if (fault) record.fault = fault.kind;
	if (fault?.kind === 'error') {
		return family.error(fault.error, { path: incoming.path, ...fault }, desk.context(about));
	}
	const early = await beforeAnswer(desk, fault);
	if (early) return early;
	const answer = answerRoute(desk, family, route, incoming, record);
	if (fault?.kind === 'silent') return await NEVER;
	if (fault?.kind === 'oneWronglyTyped') {
		return { ...answer, body: oneWronglyTyped(answer.body, desk.context(about).random) };
	}
	if (fault?.kind === 'serverErrorAfter')
		return family.error('serverError', fault, desk.context(about));
	return afterAnswer(fault, answer);
}

/** The faults that come instead of an answer, on either server. */
async function beforeAnswer(desk: Desk, fault: Fault | undefined): Promise<Outcome | undefined> {
	switch (fault?.kind) {
		case 'answer': {
			const { status, body, headers } = fault;
			return { status, body, ...(headers ? { headers } : {}) };
		}
		case 'redirect': {
			const location = fault.to ?? `${desk.filesUrl}/elsewhere`;
			return { status: fault.status ?? 307, headers: { location }, body: '' };
		}
		case 'resetBefore':
			return 'reset';
		case 'slow':
			await desk.pause(fault.ms);
	}
	return undefined;
}

function afterAnswer(fault: Fault | undefined, answer: Answer | FileAnswer): Outcome {
	switch (fault?.kind) {
		case 'resetAfter':
			return 'reset';
		case 'webPage':
			return {
				status: 200,
				headers: { 'content-type': 'text/html' },
				body: '<!DOCTYPE html><title>Please log in</title>',
			};
		case 'wronglyTyped':
			return { ...answer, body: wronglyTyped(answer.body) };
		default:
			return answer;
	}
}

function answerRoute(
	desk: Desk,
	family: FamilySimulator,
	route: Route,
	incoming: Incoming,
	record: RecordedRequest,
): Answer | FileAnswer {
	const refuse = (kind: ErrorKind, message?: string): Answer =>
		family.error(kind, { path: incoming.path, ...(message ? { message } : {}) }, desk.context());
	if (!route.keyless && !desk.keyAccepted(family, incoming)) return refuse('invalidKey');
	if (route.call === 'submit') {
		const { answer, job } = desk.submit(family, route, incoming, refuse);
		if (job) record.jobId = job.id;
		return answer;
	}
	if (route.call === 'models') return family.models?.(incoming) ?? refuse('notFound');
	if (route.call === 'account')
		return family.account?.(incoming, desk.context()) ?? refuse('notFound');
	const job = desk.book.jobs.find(
		({ id, provider }) =>
			id === route.jobId && (route.provider === undefined || route.provider.id === provider),
	);
	if (!job || job.deleted || !desk.knows(job)) return refuse('notFound');
	if (route.call === 'content') {
		const now = desk.snapshot(job);
		return now.status === 'succeeded'
			? serveFile(incoming)
			: (family.noContent?.(now) ?? refuse('notFound'));
	}
	if (route.call === 'cancel') {
		// As in OpenAI's format: of a job that is over, it is the end, of its file too.
		const over = isOver(desk.snapshot(job).status);
		if (over || family.forgetsCancelled) job.deleted = true;
		if (!over) job.forced = { status: 'cancelled' };
		return family.cancelled?.(job, desk.snapshot(job), desk.context()) ?? refuse('notFound');
	}
	return family.fetched(job, desk.snapshot(job), desk.context());
}

export async function answerFile(
	desk: Desk,
	faults: Faults,
	incoming: Incoming,
	record: RecordedRequest,
): Promise<Outcome> {
	record.call = 'file';
	const job = desk.jobOfFile(incoming.path);
	if (job) record.jobId = job.id;
	const fault = faults.take('file', job?.id);
	if (fault) record.fault = fault.kind;
	if (fault?.kind === 'error' || fault?.kind === 'serverErrorAfter') {
		return { status: fault.status ?? 503, body: 'Service Unavailable' };
	}
	if (fault?.kind === 'silent') return await NEVER;
	return (await beforeAnswer(desk, fault)) ?? afterAnswer(fault, fileAnswer(desk, incoming));
}

function fileAnswer(desk: Desk, incoming: Incoming): Answer | FileAnswer {
	const { path, query } = incoming;
	if (path === '/elsewhere') return { status: 200, body: { status: 'success' } };
	const job = desk.jobOfFile(path);
	if (!job || desk.snapshot(job).status !== 'succeeded') return missingFile();
	const old = Number(query.get('generation')) < desk.fileGeneration;
	return old || signatureExpired(query, desk.now()) ? expiredFile() : serveFile(incoming);
}
