import { join } from 'node:path';
import { ensureN8nHost, type Progress } from '../n8n-host/install';
import { startN8n, type RunningN8n } from '../n8n-host/instance';
import { claimPort } from '../n8n-host/preflight';
import { Problem } from '../n8n-host/problem';
import { N8nRest } from '../n8n-host/rest';
import { buildIfNeeded } from './build';
import { loadIntoN8n, readExamples, type CredentialSpec } from './examples';
import { startExecutor, type Executor } from './executor';
import { makeVideo } from './firstVideo';
import type { StartOptions } from './options';
import { probeVideo, type VideoFacts } from './probe';
import { claimFolder } from './runningMark';

/** What runs after a start, and the video that proved it. */
export interface Started {
	video: VideoFacts;
	n8n: RunningN8n;
	executor: Executor;
	/** Ends everything in order. */
	stop: () => Promise<void>;
	/** Settles when one of the programs ended without being asked to, with what to say about it. */
	broken: Promise<Problem>;
}

/**
 * The main job: install, build, start the local executor and n8n, load credentials and examples,
 * make the first video and look into the file.
 */
export async function startMainJob(options: StartOptions, progress: Progress): Promise<Started> {
	const inState = (...names: string[]) => join(options.stateFolder, ...names);
	const port = await claimPort(options.port, 'n8n', '--port');
	const executorPort = await claimPort(
		options.executorPort,
		'the local executor',
		'--executor-port',
	);
	const release = await claimFolder(inState('running.json'), `http://127.0.0.1:${port}`);
	const endings: Array<() => Promise<void>> = [release];
	const stop = async () => {
		for (const end of endings.splice(0).reverse()) await end();
	};

	try {
		const host = await ensureN8nHost(progress);
		progress.say(`[1/5] n8n ${host.version} is installed in ${host.folder}`);
		const built = await buildIfNeeded(inState('build.txt'));
		progress.say(`[2/5] The package is built${built ? '' : ' (nothing changed)'}`);

		const examples = await readExamples();
		const [first] = examples;
		if (!first?.id) throw new Error('There is no example workflow with an id.');
		// The two do not need each other to start. Both must have an ending before either may fail.
		const starts = await Promise.allSettled([
			startExecutor({
				port: executorPort,
				folder: inState('executor'),
				logFile: inState('logs', 'executor.log'),
				callbackOrigins: [`http://127.0.0.1:${port}`, `http://localhost:${port}`],
			}).then((executor) => {
				endings.push(() => executor.program.stop());
				return executor;
			}),
			startN8n({
				host,
				folder: inState('n8n'),
				filesFolder: inState('videos'),
				port,
				openTarget: `/workflow/${first.id}`,
			}).then((n8n) => {
				endings.push(() => n8n.program.stop());
				return n8n;
			}),
		]);
		const [executor, n8n] = starts.map((start) => {
			if (start.status === 'rejected') throw start.reason;
			return start.value;
		}) as [Executor, RunningN8n];
		progress.say(`[3/5] The local executor (preview engine) answers at ${executor.url}`);

		const rest = new N8nRest(n8n.url, n8n.secrets);
		await rest.login();
		await loadIntoN8n(
			rest,
			localCredentials(executor.url),
			examples,
			inState('loaded-examples.json'),
		);
		progress.say(`[4/5] n8n answers at ${n8n.url}, with ${examples.length} example workflow(s)`);

		const path = await makeVideo(rest, first, n8n.filesFolder);
		const video = await probeVideo(path);
		progress.say(`[5/5] The workflow "${first.name}" ran`);
		return { video, n8n, executor, stop, broken: firstToEnd(executor, n8n) };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** The credentials that need no account anywhere. */
function localCredentials(executorUrl: string): CredentialSpec[] {
	return [
		{
			name: 'Local GPU (this computer)',
			type: 'textToVideoLocalGpuApi',
			data: { baseUrl: executorUrl, apiKey: '' },
		},
	];
}

async function firstToEnd(executor: Executor, n8n: RunningN8n): Promise<Problem> {
	return await Promise.race(
		[
			{ name: 'The local executor', program: executor.program },
			{ name: 'n8n', program: n8n.program },
		].map(async ({ name, program }) => {
			const { code, signal } = await program.exited;
			return new Problem(
				`${name} ended by itself (${signal ?? `exit code ${code}`}). Its last lines:\n${program.logTail()}`,
				'Start again with "npm start".',
			);
		}),
	);
}
