/**
 * `npm start`: a real n8n with this package makes a video on this computer.
 * `npm start -- --once` does the same, stops everything and exits.
 */
import { explain, Problem } from './n8n-host/problem';
import { startMainJob, type Started } from './start/mainJob';
import { readOptions, USAGE } from './start/options';
import { describeVideo } from './start/probe';
import { terminalProgress } from './start/terminal';

/** The exit code that shells give to a program ended by Ctrl-C. */
const INTERRUPTED = 130;

async function main(): Promise<number> {
	const options = readOptions(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
	if (options.help) {
		console.log(USAGE);
		return 0;
	}
	const asked = stopSignal();
	const started = await Promise.race([startMainJob(options, terminalProgress()), asked]);
	// Asked to end in the middle of the start: what was started ends with this process.
	if (!started) return INTERRUPTED;
	printResult(started, options.once);
	if (options.once) {
		await started.stop();
		return 0;
	}
	console.log('\nStop everything with Ctrl-C.');
	const problem = await Promise.race([asked, started.broken]);
	await started.stop();
	if (!(problem instanceof Problem)) return 0;
	console.error(`\n${explain(problem)}`);
	return 1;
}

function printResult({ video, n8n, executor }: Started, willStop: boolean): void {
	const { ownerEmail, ownerPassword } = n8n.secrets;
	console.log(`
Video     ${video.path}
          ${describeVideo(video)}
Editor    ${n8n.openUrl}
          The link signs you in; the login form takes ${ownerEmail} and ${ownerPassword}
Executor  ${executor.url}`);
	if (willStop) console.log('\nBoth are stopped again now. "npm start" leaves them running.');
}

/** Settles at Ctrl-C or when the system asks to end. */
function stopSignal(): Promise<void> {
	return new Promise((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
			process.once(signal, () => resolve());
	});
}

main().then(
	(exitCode) => process.exit(exitCode),
	(error: unknown) => {
		console.error(`\n${explain(error)}`);
		if (!(error instanceof Problem)) console.error((error as Error).stack ?? '');
		process.exit(1);
	},
);
