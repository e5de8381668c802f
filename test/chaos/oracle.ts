/** Holds what a host says against the provider's book. */
import { snapshotAt } from '../simulators/timeline';
import type { RecordedRequest, SimulatedJob } from '../simulators/types';
import type { Simulator } from '../simulators/simulator';
import { CHARGED_USD } from '../simulators/aimlapi';
import { TINY_GIF, TINY_MP4 } from '../simulators/files';
import { jobsBearing, type End, type Evidence } from './evidence';
import { leavesDoubt } from './mishaps';
import type { Scenario } from './scenario';

export interface Verdict {
	jobs: number;
	succeeded: number;
	failed: number;
	doubtful: number;
	/** Not over when the waiting ended, stopped by a person, or halted by another item's error. */
	open: number;
	attached: number;
	/** Jobs that were taken though the answer did not arrive. */
	unheard: number;
	/** Of them, those that the provider's log names in time, once, by our id. */
	findable: number;
	/** Of the findable ones, those whose doubt was left all the same. */
	resolvable: string[];
	paidTwice: string[];
	lost: string[];
	untruthful: string[];
	/** Keys that were seen where they do not belong. */
	strayKeys: string[];
}

/** The requests and jobs of one video of the scenario. */
interface Record {
	item: number;
	prompt: string;
	submits: RecordedRequest[];
	jobs: SimulatedJob[];
}

const FAILED = /^(failed|cancelled)$/;

export function check(scenario: Scenario, sim: Simulator, evidence: Evidence): Verdict {
	const verdict: Verdict = {
		jobs: scenario.prompts.length,
		succeeded: 0,
		failed: 0,
		doubtful: 0,
		open: 0,
		attached: evidence.attached,
		unheard: 0,
		findable: 0,
		resolvable: [],
		paidTwice: [],
		lost: [],
		untruthful: [...evidence.oddities],
		strayKeys: [],
	};
	for (const [item, prompt] of scenario.prompts.entries()) {
		const bears = (part: unknown) => JSON.stringify(part ?? '').includes(prompt);
		const record: Record = {
			item,
			prompt,
			submits: sim.book.of('submit').filter(({ body }) => bears(body)),
			jobs: jobsBearing(sim, prompt),
		};
		const end = evidence.ends.get(item);
		verdict[kindOf(end)] += 1;
		for (const problem of paidTwice(record)) verdict.paidTwice.push(problem);
		for (const problem of lost(record, end, evidence, scenario)) verdict.lost.push(problem);
		if (hasUnheard(record)) {
			verdict.unheard += 1;
			if (isFindable(scenario)) {
				verdict.findable += 1;
				if (saysDoubt(end))
					verdict.resolvable.push(`${prompt}: the log has it, and the doubt is left`);
			}
		}
		for (const problem of falseCost(end, scenario))
			verdict.untruthful.push(`${prompt}: ${problem}`);
		const lie = end ? untruth(record, end, scenario) : 'ends in no way at all';
		if (lie) verdict.untruthful.push(`${prompt}: ${lie}`);
	}
	return verdict;
}

function kindOf(end: End | undefined): 'succeeded' | 'failed' | 'doubtful' | 'open' {
	if (end?.kind === 'job') return end.job.status === 'succeeded' ? 'succeeded' : 'open';
	if (end?.kind === 'error') return end.accepted === 'unknown' ? 'doubtful' : 'failed';
	return end?.kind === 'halted' && end.about ? 'failed' : 'open';
}

/** A second job is right only where the first one was over and had come to nothing. */
function paidTwice({ prompt, jobs }: Record): string[] {
	return jobs.slice(1).flatMap((later, index) => {
		const earlier = jobs[index]!;
		const { status } = snapshotAt(earlier, later.acceptedAtMs);
		return FAILED.test(status)
			? []
			: [`${prompt}: job ${later.id} was made while job ${earlier.id} was ${status}`];
	});
}

/** A job that was paid must be named somewhere; where the answer did not arrive, the doubt must be. */
function lost(
	{ item, prompt, jobs, submits }: Record,
	end: End | undefined,
	{ texts }: Evidence,
	{ hostName, interruption }: Scenario,
): string[] {
	// In the middle of a node's run a real n8n has saved nothing yet, so the log alone must do.
	const logOnly = hostName === 'n8n' && interruption?.kind === 'kill';
	return jobs.flatMap((job) => {
		const names = ({ where, text }: Evidence['texts'][number]) =>
			(where === 'log' || !logOnly) && text.includes(job.id);
		if (texts.some(names)) return [];
		const submit = submits.find(({ jobId }) => jobId === job.id);
		const unheard = submit !== undefined && leavesDoubt(submit);
		if (unheard && (saysDoubt(end) || texts.some((text) => logsDoubt(text, item)))) return [];
		return [`${prompt}: job ${job.id} is named nowhere${unheard ? ' and no doubt is shown' : ''}`];
	});
}

/** The answer to a submit that made a job did not arrive. */
const hasUnheard = ({ jobs, submits }: Record): boolean =>
	submits.some((submit) => leavesDoubt(submit) && jobs.some(({ id }) => id === submit.jobId));

/** Who is stopped or killed does not look any further. */
const isFindable = ({ provider, money, interruption }: Scenario): boolean =>
	provider.submitLog?.bearsRequestId === true &&
	interruption === undefined &&
	money !== 'log unreachable' &&
	money !== 'two rows';

/** What a job says it cost is what was charged, whatever the list said before. */
function falseCost(end: End | undefined, { money, provider }: Scenario): string[] {
	const usd = end?.kind === 'job' ? end.job.cost?.usd : undefined;
	if (usd === undefined || !provider.pricing) return [];
	const charged = CHARGED_USD * (money === 'charged double' ? 2 : 1);
	return usd === charged ? [] : [`says that it cost ${usd} USD, and ${charged} were charged`];
}

const DOUBT = /may have been accepted/;

const saysDoubt = (end: End | undefined): boolean =>
	(end?.kind === 'error' && end.accepted === 'unknown') ||
	(end?.kind === 'halted' && DOUBT.test(end.text));

const logsDoubt = ({ where, text }: Evidence['texts'][number], item: number): boolean =>
	where === 'log' && DOUBT.test(text) && new RegExp(`\\bitem ${item + 1}\\b`, 'i').test(text);

function untruth(
	{ item, jobs, submits }: Record,
	end: End,
	scenario: Scenario,
): string | undefined {
	const own = (id: string) => jobs.find((job) => job.id === id);
	switch (end.kind) {
		case 'job': {
			const job = own(end.job.jobId);
			if (!job) return `gives job ${end.job.jobId}, which was never charged for it`;
			return end.job.status === 'succeeded' ? falseSuccess(job, end) : falseOpen(end.job.status);
		}
		case 'error':
			if (end.accepted === 'no' && jobs.some((job) => !hasFailed(job)))
				return 'says that the job was not taken, and it was';
			if (end.accepted === 'unknown' && !submits.some(leavesDoubt))
				return 'speaks of doubt where there was none';
			if (end.accepted === 'yes' && !jobs.some(({ id }) => end.text.includes(id)))
				return `says that a job was taken and names none of its own: ${end.text}`;
			return undefined;
		case 'halted':
			if (!end.about) return undefined;
			if (DOUBT.test(end.text) && !submits.some(leavesDoubt))
				return `speaks of doubt where there was none: ${end.text}`;
			if (
				!DOUBT.test(end.text) &&
				jobs.some((job) => !hasFailed(job) && !end.text.includes(job.id))
			)
				return `keeps silent about a job that was charged: ${end.text}`;
			return undefined;
		case 'stopped':
			return scenario.interruption?.kind === 'stop'
				? undefined
				: `was never stopped (item ${item})`;
	}
}

const hasFailed = (job: SimulatedJob): boolean => FAILED.test(snapshotAt(job, Date.now()).status);

function falseSuccess(job: SimulatedJob, { video, fileless }: Extract<End, { kind: 'job' }>) {
	const { status } = snapshotAt(job, Date.now());
	if (status !== 'succeeded') return `says that job ${job.id} succeeded, and it is ${status}`;
	if (fileless) return undefined;
	if (!video) return `says that job ${job.id} succeeded, and has no video`;
	const whole = [TINY_MP4, TINY_GIF].some((bytes) => bytes.equals(video));
	return whole ? undefined : `gives ${video.length} bytes that are not the video of job ${job.id}`;
}

const falseOpen = (status: string): string | undefined =>
	status === 'queued' || status === 'processing' ? undefined : `is passed on as ${status}`;
